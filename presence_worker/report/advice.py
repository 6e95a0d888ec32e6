"""What to do now: decided in one place, for the words of terminal and page and for the command to copy."""

from enum import StrEnum

from ..errors import MAY_LOCK, Suspect
from ..journal import Journal
from ..model import Reason, Result
from ..run_states import Intent, State, Step
from .reason_texts import REFUSED_US, Mender, mender, text_key

MOVED = (Reason.MOVED_SINCE_PLAN, Reason.MOVED_SINCE_RUN)
TO_MEND = (Result.INVALID, Result.REJECTED)


class Advice(StrEnum):
    """Something to do, in words."""

    CHECK = "correct the file and check it"
    APPLY = "look at what would be changed; if it is right, apply the run"
    PLAN_ON = "resume the run: it makes the plan, and sends nothing"
    LET_IN = "have the permission given, or the configuration corrected; resume the run after that"
    BEGIN_ANEW = "correct the address, then run the file: nothing was sent to the right place"
    SIGN_IN = (
        "correct the credentials first, because trying the same ones again may lock the account; then resume "
        "the run: it tries nothing while they are the same"
    )
    RESUME = "resume the run"
    MEND = "correct the rows in failed.csv and run that file"
    ADMINISTER = "ask the CRM administrator, or take the rows out of failed.csv; run that file after that"
    LOOK_AGAIN = "look at who was left alone: if that is right, leave it; else plan failed.csv"
    SCHEDULE = "look at `schedule`: what follows from earlier files is not done"


def advise(journal: Journal, state: str) -> list[Advice]:
    """Return what is to be done after a run that ended in a state, in this order; none after a good night."""
    if state == State.REFUSED:
        return [Advice.CHECK]
    unsettled = journal.results.to_send()
    if state in (State.PLANNED, State.HELD):
        return [Advice.APPLY] if unsettled else []
    going_on = [_advise_on_rows_to_send(journal)] if unsettled else []
    return going_on if Advice.BEGIN_ANEW in going_on else [*going_on, *_advise_on_failed_rows(journal)]


def advice_words(journal: Journal, state: str) -> str:
    """Return the same in sentences, empty where nothing is to be done."""
    said = [f"then {step}" if number else step for number, step in enumerate(advise(journal, state))]
    return " ".join(f"{words[:1].upper()}{words[1:]}." for words in said)


def _advise_on_rows_to_send(journal: Journal) -> Advice:
    run = journal.run()
    if run.input.suspect is Suspect.TARGET and may_begin_anew(journal):
        return Advice.BEGIN_ANEW
    if run.input.suspect in MAY_LOCK:
        return Advice.SIGN_IN
    if run.intent == Intent.PLAN and run.step == Step.READ:
        return Advice.PLAN_ON
    refused = any(text_key(reason, result) == REFUSED_US for result, reason, *_ in journal.results.reasons())
    return Advice.LET_IN if refused else Advice.RESUME


def may_begin_anew(journal: Journal) -> bool:
    """Return whether the right service can have seen nothing of the run yet."""
    run, counts = journal.run(), journal.results.counts()
    proven = run.intent == Intent.UNDO or run.step == Step.COMPARE  # by what was read before
    return not (proven or counts[Result.UPDATED] or counts[Result.UNCHANGED])


def _advise_on_failed_rows(journal: Journal) -> list[Advice]:
    counts, to_mend = journal.results.counts(), journal.results.to_mend()
    others = counts[Result.INVALID] + counts[Result.REJECTED] - to_mend
    return [*([_advise_on_failed_csv(journal)] if to_mend else []), *([Advice.SCHEDULE] if others else [])]


def _advise_on_failed_csv(journal: Journal) -> Advice:
    """Return what is to be done with failed.csv, by what is wrong with its rows."""
    wrong = [(reason, result) for result, reason, *_ in journal.results.reasons() if result in TO_MEND]
    if any(reason in MOVED for reason, _ in wrong):
        return Advice.LOOK_AGAIN
    theirs = all(mender(reason, result) is Mender.CRM for reason, result in wrong)
    return Advice.ADMINISTER if theirs else Advice.MEND
