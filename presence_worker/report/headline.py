"""How a run went, in the one sentence that a manager reads, and what to do now: for words and commands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from ..errors import MAY_LOCK, Suspect
from ..journal import Journal, ResultCount
from ..model import Reason, Result
from ..run_states import Intent, State, Step
from ..wording import as_sentence
from .reason_texts import NOTHING_SENT, REFUSED_US, Mender, mender, text_key

MOVED = (Reason.MOVED_SINCE_PLAN, Reason.MOVED_SINCE_RUN)
TO_MEND = (Result.INVALID, Result.REJECTED)
FEW = 2  # kinds of trouble that the sentence names; of more it says who can mend them
OPENINGS = {
    State.RUNNING: "Not ended yet: ",
    State.STOPPED: "Stopped early: ",
}
LEFT = "{people} {are} still to be sent"
IN_TROUBLE = "{people} {are} not confirmed by SuperOffice"
NOT_IN_SUPEROFFICE = "{people} {are} not in SuperOffice"
CHANGED_BY_OTHERS = "{people} {are} left as a later run, or somebody else, wants them"
CLAUSES: dict[str | None, str] = {
    Reason.BAD_ASSOCIATE_ID: "{rows} {have} no valid associateId",
    Reason.UNKNOWN_STATUS: "{rows} {have} an unknown status",
    Reason.STATUS_NOT_ALLOWED: "{rows} {have} a status that is not allowed",
    Reason.BAD_MESSAGE: "{rows} {have} a message that is no text",
    Reason.MESSAGE_TOO_LONG: "{rows} {have} a message that is too long",
    Reason.CONTROL_CHARACTERS: "{rows} {have} control characters in the message",
    Reason.RAGGED_ROW: "{rows} {have} more or fewer cells than the header",
    Reason.BAD_DATE: "{rows} {have} a date that cannot be read for certain",
    Reason.FORMULA_WITHOUT_VALUE: "{rows} {have} a formula without a value",
    Reason.NO_COVERAGE: "{rows} {have} a first day to come, but input.coverage is not set",
    Reason.NO_IDENTITY: "{rows} {have} no login or e-mail address",
    Reason.CONFLICT: "different things are asked for {people}",
    Reason.PROTECTED: "{people} {are} protected",
    Reason.UNKNOWN_IDENTITY: NOT_IN_SUPEROFFICE,
    Reason.UNKNOWN_ASSOCIATE: NOT_IN_SUPEROFFICE,
    Reason.AMBIGUOUS_IDENTITY: "{people} cannot be told from others of the same name",
    Reason.INACTIVE_ASSOCIATE: "{people} {are} not active in SuperOffice",
    Reason.NO_SERVICE_USER: "{people} {have} no part in Service",
    Reason.BEFORE_UNKNOWN: "of {people} it is not known what was there before",
    Reason.REFUSED: "SuperOffice said no to {people}",
    REFUSED_US: "SuperOffice refused this program, not the {people} it asked for",
    Reason.MOVED_SINCE_PLAN: CHANGED_BY_OTHERS,
    Reason.MOVED_SINCE_RUN: CHANGED_BY_OTHERS,
}


def headline_of(journal: Journal, state: str) -> str:
    """Return how the run of a journal went that is, or is about to be, in a state."""
    counts, undoes = journal.results.counts(), journal.run().undoes
    return headline(
        state, counts, journal.results.count_done(counts), journal.results.reasons(), undoes=undoes
    )


def headline(
    state: str,
    counts: Mapping[Result, int],
    done: int,
    troubles: Sequence[ResultCount],
    *,
    undoes: str | None = None,
) -> str:
    """Return how a run went, of whose rows *done* are done, and which may take back the run *undoes*."""
    if state == State.REFUSED:
        return "Nothing was sent: the file cannot be used as it is."
    if state in NOTHING_SENT:
        return _plan_headline(state, troubles)
    opening, rows = OPENINGS.get(State(state), ""), sum(counts.values())
    if done < rows:
        what = f"changes of run {undoes} put back" if undoes else "done"
        return f"{opening}{done} of {rows} {what}; {_describe_troubles(troubles)}."
    of, what = (f" of run {undoes}", "put back") if undoes else ("", "done")
    thing = "change" if undoes else "row"
    if rows == 1:
        return f"{opening}The one {thing}{of} is {what}."
    return f"{opening}All {rows} {thing}s{of} are {what}."


def _plan_headline(state: str, troubles: Sequence[ResultCount]) -> str:
    waiting = sum(each.people for each in troubles if each.result == Result.NOT_SENT)
    if not waiting:
        start = "Nothing to send: nobody would be changed"
    elif state == State.HELD:
        start = f"Nothing was sent: a safety limit holds back the change of {_number(waiting, 'person')}"
    else:
        start = f"Nothing was sent yet: {_number(waiting, 'person')} would be changed"
    others = [each for each in troubles if each.result != Result.NOT_SENT]
    return f"{start}; {_describe_troubles(others)}." if others else f"{start}."


def _describe_troubles(troubles: Sequence[ResultCount]) -> str:
    """Name the kinds of trouble, or whoever can mend them where there are more than a few."""
    rows, people, menders = Counter[str](), Counter[str](), Counter[Mender]()
    for each in troubles:
        known = CLAUSES.get(text_key(each.reason, each.result), IN_TROUBLE)
        clause = LEFT if each.result == Result.NOT_SENT else known
        rows[clause] += each.rows
        people[clause] += each.people
        menders[mender(each.reason, each.result)] += each.rows
    if len(rows) <= FEW:
        return " and ".join(_clause(clause, rows[clause], people[clause]) for clause in rows)
    if len(menders) == 1:
        return f"{menders.total()} need attention by {_who(next(iter(menders)))}"
    shares = [f"{who} {menders[who]}" for who in Mender if menders[who]]
    return f"{menders.total()} need attention: {', '.join(shares)}"


def _clause(clause: str, rows: int, people: int) -> str:
    number = people if "{people}" in clause else rows
    return clause.format(
        rows=_number(rows, "row"),
        people=_number(people, "person"),
        are="is" if number == 1 else "are",
        have="has" if number == 1 else "have",
    )


def _number(number: int, noun: str) -> str:
    plural = {"person": "people", "row": "rows"}[noun]
    return f"{number} {noun if number == 1 else plural}"


def _who(who: Mender) -> str:
    return "the CRM administrator" if who is Mender.CRM else str(who)


def message_of(journal: Journal, state: State, words: str | None) -> str:
    """Return how the run went, why, and what to do now; *words* say what ended it early.

    The words that refuse a file say all of this themselves, and are the same in `check`.
    """
    if state is State.REFUSED and words:
        return words
    said = (headline_of(journal, state), words and as_sentence(words), advice_words(journal, state))
    return " ".join(filter(None, said))


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
