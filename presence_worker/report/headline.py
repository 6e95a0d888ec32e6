"""How a run went, in the few words that a manager reads, and what to do now: for words and commands."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from ..errors import MAY_LOCK, Suspect
from ..journal import Journal, ResultCount
from ..model import Reason, Result
from ..run_states import Intent, State, Step
from ..wording import amount, as_sentence, figure
from .reason_texts import NOTHING_SENT, REFUSED_US, Owner, owner_of, text_key

MOVED = (Reason.MOVED_SINCE_PLAN, Reason.MOVED_SINCE_RUN)
TO_CORRECT = (Result.INVALID, Result.REJECTED)
OPENINGS = {
    State.RUNNING: "Not finished yet.",
    State.STOPPED: "Stopped early.",
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
    """Return how a run went, of whose rows *done* are done, and which may undo the run *undoes*."""
    if state == State.REFUSED:
        return "The file is refused. Nothing was sent."
    if state in NOTHING_SENT:
        return " ".join(_plan_sentences(state, troubles))
    opening = OPENINGS.get(State(state))
    sentences = (_progress(counts, done, undoes), *_open_sentences(troubles))
    return " ".join([opening, *sentences] if opening else sentences)


def _progress(counts: Mapping[Result, int], done: int, undoes: str | None) -> str:
    rows = sum(counts.values())
    thing, what = ("change", f"of run {undoes} undone") if undoes else ("row", "done")
    if done < rows:
        return f"{figure(done)} of {amount(rows, thing)} {what}."
    if rows and counts[Result.SKIPPED] == rows:
        return f"{_all(rows, thing)} skipped. Nothing was sent."
    return f"{_all(rows, thing)} {what}."


def _all(number: int, thing: str) -> str:
    return f"{'All ' if number > 1 else ''}{amount(number, thing)}"


def _plan_sentences(state: str, troubles: Sequence[ResultCount]) -> Iterator[str]:
    """Yield how many changes wait: of each person at most one is sent."""
    changes = sum(each.people for each in troubles if each.result == Result.NOT_SENT)
    wait = "waits" if changes == 1 else "wait"
    if not changes:
        yield "Nothing to change. Nothing was sent."
    elif state == State.HELD:
        yield f"A safety limit holds this job: {amount(changes, 'change')} {wait}. Nothing was sent."
    else:
        yield f"{amount(changes, 'change')} planned. Nothing was sent."
    yield from _attention([each for each in troubles if each.result != Result.NOT_SENT])


def _open_sentences(troubles: Sequence[ResultCount]) -> Iterator[str]:
    """Yield what happened to the rows that are not done."""
    unsent = sum(each.rows for each in troubles if each.result == Result.NOT_SENT)
    moved = sum(each.rows for each in troubles if each.reason in MOVED)
    if unsent:
        yield f"{figure(unsent)} not sent yet."
    if moved:
        yield f"{figure(moved)} left alone, because of a later change."
    yield from _attention(
        [each for each in troubles if each.result != Result.NOT_SENT and each.reason not in MOVED]
    )


def _attention(troubles: Sequence[ResultCount]) -> Iterator[str]:
    """Yield how many rows need attention, and by whom."""
    rows = Counter[Owner]()
    for each in troubles:
        rows[owner_of(each.reason, each.result)] += each.rows
    if total := rows.total():
        shares = ", ".join(f"{who} {figure(rows[who])}" for who in Owner if rows[who])
        yield f"{figure(total)} {'needs' if total == 1 else 'need'} attention: {shares}."


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

    CHECK = "Correct the file, then check it."
    APPLY = "Check the planned changes. If they are right, apply the run."
    PLAN_ON = "Resume the run. It makes the plan and sends nothing."
    LET_IN = "Correct the permission or the settings, then resume the run."
    BEGIN_AGAIN = "Correct the address, then run the file. No row reached the right SuperOffice."
    SIGN_IN = (
        "Correct the credentials, then resume the run. The same ones again may lock the account, "
        "so the command tries nothing while they are the same."
    )
    RESUME = "Resume the run."
    CORRECT = "Correct the rows in failed.csv, then run that file."
    ADMINISTER = "Correct what is listed for the CRM administrator. Then run failed.csv."
    CHECK_USERS = "Check the users that were left alone. If they are right, stop here. Else plan failed.csv."
    SCHEDULE = "Check `presence-worker schedule`. Rows of earlier files are not done."


def advise(journal: Journal, state: str) -> list[Advice]:
    """Return what to do after a run that ended in a state, in this order; nothing after a good night."""
    if state == State.REFUSED:
        return [Advice.CHECK]
    unsettled = journal.results.to_send()
    if state in (State.PLANNED, State.HELD):
        return [Advice.APPLY] if unsettled else []
    going_on = [_advise_on_rows_to_send(journal)] if unsettled else []
    return going_on if Advice.BEGIN_AGAIN in going_on else [*going_on, *_advise_on_failed_rows(journal)]


def advice_words(journal: Journal, state: str) -> str:
    """Return the same in sentences, empty where there is nothing to do."""
    first, *others = [*advise(journal, state), ""]
    return " ".join([first, *(f"Then {each[0].lower()}{each[1:]}" for each in others if each)])


def _advise_on_rows_to_send(journal: Journal) -> Advice:
    run = journal.run()
    if run.input.suspect is Suspect.TARGET and may_begin_again(journal):
        return Advice.BEGIN_AGAIN
    if run.input.suspect in MAY_LOCK:
        return Advice.SIGN_IN
    if run.intent == Intent.PLAN and run.step == Step.READ:
        return Advice.PLAN_ON
    refused = any(text_key(reason, result) == REFUSED_US for result, reason, *_ in journal.results.reasons())
    return Advice.LET_IN if refused else Advice.RESUME


def may_begin_again(journal: Journal) -> bool:
    """Return whether the right service can have seen nothing of the run yet."""
    run, counts = journal.run(), journal.results.counts()
    proven = run.intent == Intent.UNDO or run.step == Step.COMPARE  # by what was read before
    return not (proven or counts[Result.UPDATED] or counts[Result.UNCHANGED])


def _advise_on_failed_rows(journal: Journal) -> list[Advice]:
    counts, to_correct = journal.results.counts(), journal.results.to_correct()
    others = counts[Result.INVALID] + counts[Result.REJECTED] - to_correct
    return [*([_advise_on_failed_csv(journal)] if to_correct else []), *([Advice.SCHEDULE] if others else [])]


def _advise_on_failed_csv(journal: Journal) -> Advice:
    """Return what to do with failed.csv, by what is wrong with its rows."""
    wrong = [(reason, result) for result, reason, *_ in journal.results.reasons() if result in TO_CORRECT]
    if any(reason in MOVED for reason, _ in wrong):
        return Advice.CHECK_USERS
    theirs = all(owner_of(reason, result) is Owner.CRM for reason, result in wrong)
    return Advice.ADMINISTER if theirs else Advice.CORRECT
