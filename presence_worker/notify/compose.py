"""Messages are built here, from what an allow-list has: nothing personal can be in them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from .. import __version__
from ..errors import Cause, ExitCode, Suspect
from ..journal import Journal, RunRecord, run_id
from ..model import Result
from ..next_step import NextStep
from ..report.headline import headline_of
from ..run_states import Intent, State, Step
from ..runs.lookup import is_job
from ..settings.sections import SECTIONS
from ..wording import series
from .message import Message
from .when_due import Decision, Occurrence

TEST = "test"  # state of a message that is about nothing
MOST_ROWS = 20
DETAILED = (Result.INVALID, Result.REJECTED, Result.FAILED, Result.UNKNOWN)
WELL_AGAIN = "Well again."
WITHOUT_RUN = {  # the headline of a command that ended before there was a run
    ExitCode.CRASHED: "The program crashed before a run began. Nothing was sent.",
    ExitCode.USAGE: "The command or the configuration has an error. `presence-worker doctor` shows it. "
    "Nothing was sent.",
    ExitCode.REFUSED: "The file is refused. Nothing was sent.",
    ExitCode.STOPPED: "The run could not begin. Nothing was sent.",
    ExitCode.LOCKED: "Another run is at work on this SuperOffice. Nothing was sent.",
    ExitCode.INTERRUPTED: "The program was interrupted before a run began. Nothing was sent.",
    ExitCode.TERMINATED: "The program was terminated before a run began. Nothing was sent.",
}
REFUSALS: Mapping[str | None, str] = {  # why a file was refused; the headline says that nothing was sent
    Cause.MISSING: "The file is missing.",
    Cause.UNREADABLE: "The file cannot be opened.",
    Cause.EMPTY: "The file has no rows.",
    Cause.TOO_OLD: "The file is older than input.max_age allows.",
    Cause.TOO_MANY_INVALID: "Too many rows are invalid.",
}
CAUSES: Mapping[str | None, str] = {  # why a run stopped
    Suspect.SIGN_IN: "SuperOffice rejected the credentials.",
    Suspect.TARGET: "The address of SuperOffice may be wrong.",
    Suspect.LOGIN: "The login address may be wrong.",
    Suspect.PROXY: "The address of the proxy may be wrong.",
    Cause.OUTAGE: "SuperOffice gave no useful answer.",
    Cause.REJECTED_ALIKE: "SuperOffice rejected all rows in the same way. Check the rights and the settings.",
    Cause.TOO_MANY_FAILURES: "Too many rows failed.",
    Cause.DEADLINE: "The deadline came.",
}
WHY = {State.REFUSED: REFUSALS, State.STOPPED: CAUSES}
CHECK_FIRST = "Check the planned changes before you apply the run."
TESTED = "This is a test message. Messages from this machine arrive here."


class News(NamedTuple):
    """What happened, and the message about it as it is for all channels."""

    happened: Occurrence
    message: Message


def news_of_run(journal: Journal, target: str, public_url: str | None) -> News:
    """Return how the run of a journal has ended; its page is at the service's *public_url*."""
    run = journal.run()
    reasons = _count_reasons(journal)
    message = Message(
        id=f"{run.run_id}.{run.state}.{run.endings}",
        target=target,
        run_id=run.run_id,
        label=run.input.label,
        state=run.state,
        exit_code=run.exit_code,
        headline=" ".join((headline_of(journal, run.state), *_explain(run))),
        counts={str(result): number for result, number in journal.results.counts().items()},
        reasons=reasons,
        since=None,
        repeated=0,
        link=f"{public_url}/runs/{run.run_id}" if public_url else None,
        next=run.next,
        version=__version__,
        detail=explain_refusal(run) if run.state == State.REFUSED else None,
        rows=_first_rows(journal),
    )
    began = journal.sessions.work().started_at or run.created_at  # as the summary says
    return News(happened=_occurrence_of(run, reasons, began), message=message)


def _occurrence_of(run: RunRecord, reasons: Iterable[str], began: str) -> Occurrence:
    return Occurrence(
        state=run.state,
        exit_code=run.exit_code,
        reasons=frozenset([*reasons, *_causes(run)]),
        began=began,
        is_job=is_job(run),
        is_plan=_is_plan(run),
    )


def _explain(run: RunRecord) -> Iterator[str]:
    """Yield why a run did not come to its end, in words of ours."""
    if run.state == State.HELD:
        yield CHECK_FIRST
    yield from (words for cause in _causes(run)[:1] if (words := WHY[State(run.state)].get(cause)))


def _causes(run: RunRecord) -> list[str]:
    """Return why a run did not come to its end; another cause is another trouble."""
    return [str(cause) for cause in (run.input.suspect, run.input.cause) if cause and run.state in WHY]


def _is_plan(run: RunRecord) -> bool:
    """Return whether nothing was to be sent; a plan that was applied is a run like any other."""
    return run.intent == Intent.PLAN and (run.step == Step.READ or run.state == State.PLANNED)


def _count_reasons(journal: Journal) -> dict[str, int]:
    reasons = Counter[str]()
    for each in journal.results.count_not_done():
        if each.reason:
            reasons[each.reason] += each.rows
    return dict(reasons)


def _first_rows(journal: Journal) -> Sequence[int] | None:
    return journal.results.first_rows(MOST_ROWS, *DETAILED) or None


def news_without_run(
    target: str, code: int, state: str, next_step: NextStep | None, now: datetime, headline: str | None = None
) -> News:
    """Return that a command came to nothing before it had a run."""
    message = build_message(
        f"{target}.{code}.{run_id(now)}",
        target,
        state=state,
        code=code,
        headline=headline or WITHOUT_RUN[ExitCode(code)],
        next_step=next_step,
    )
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return News(happened=Occurrence(state=state, exit_code=code, began=stamp), message=message)


def build_test(target: str, now: datetime) -> Message:
    """Return a message that says that messages arrive."""
    return build_message(
        f"{target}.{TEST}.{run_id(now)}",
        target,
        state=TEST,
        code=None,
        headline=TESTED,
        next_step=None,
    )


def build_message(
    message_id: str, target: str, *, state: str, code: int | None, headline: str, next_step: NextStep | None
) -> Message:
    """Return a message that is about no run."""
    return Message(
        id=message_id,
        target=target,
        run_id=None,
        label=None,
        state=state,
        exit_code=code,
        headline=headline,
        counts={},
        reasons={},
        since=None,
        repeated=0,
        link=None,
        next=next_step,
        version=__version__,
    )


def fit(message: Message, decision: Decision, *, details: bool) -> Message:
    """Return a message as one channel sends it: by its memory, and with details or without."""
    opening = f"{WELL_AGAIN} " if decision.is_well_again else ""
    return replace(
        message,
        headline=f"{opening}{message.headline}",
        since=decision.since,
        repeated=decision.repeated,
        detail=message.detail if details else None,
        rows=message.rows if details else None,
    )


KINDS = (  # words of ours in a refusal, and what they come to; the first that fits counts
    ("changed while it was read", "The file changed while it was read."),
    ("was replaced while", "The file changed while it was read."),
    ("damaged or cut off", "The file is damaged or cut off."),
    ("with a password", "The file has a password."),
    ("a second header", "The file has a second header."),
    ("merged with", "The sheet has merged cells."),
    ("not used", "The file has data that no setting uses."),
    ("sheet", "The sheet with the rows is not certain."),
    ("not the header", "The header of the file is not certain."),
    ("columns", "The columns of the file are not certain."),
    ("column", "A column of the file is not certain."),
    ("encoding", "The encoding of the file is not certain."),
    ("delimiter", "The delimiter of the file is not certain."),
    ("date", "The dates in the file are not certain."),
    ("days", "The dates in the file are not certain."),
)
OTHERWISE = "The file cannot be read without doubt."
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
PLACE = re.compile(r"(?:, sheet )?(?:, line (\d{1,9}))?: ")  # behind the name of the file
SETTING = re.compile(r"\b(input|safety)\.([a-z_]+)")


def explain_refusal(run: RunRecord) -> str:
    """Return why a file was refused, without what the refusal quotes of it: its name, cells and columns."""
    if sentence := REFUSALS.get(run.input.cause):
        return sentence
    name = re.split(r"[/\\]", run.input.name)[-1]
    unquoted = QUOTED.sub("", (run.message or "").partition(name)[2])
    place = PLACE.match(unquoted)
    is_certain = place and not {"'", '"'} & {
        *unquoted
    }  # else what is quoted has such a sign, and no clear end
    words = unquoted[place.end() :] if place and is_certain else ""
    said = re.split(r"[.:;] ", words)[0]  # before any list of columns
    sentence = next((meaning for part, meaning in KINDS if part in said), OTHERWISE)
    line = f"See line {place[1]}." if place and place[1] else ""
    return " ".join(filter(None, (sentence, line, _name_settings(words))))


def _name_settings(words: str) -> str:
    found = (
        f"{section}.{key}" for section, key in SETTING.findall(words) if key in SECTIONS[section].names()
    )
    named = [*dict.fromkeys(found)]
    return f"See {series(named, 'and')}." if named else ""
