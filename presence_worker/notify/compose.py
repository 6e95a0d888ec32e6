"""Messages are built here, from what an allow-list has: nothing personal can be in them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from .. import __version__
from ..errors import ExitCode, Suspect
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
    ExitCode.USAGE: "The command or the configuration has an error. Nothing was sent.",
    ExitCode.REFUSED: "The file is refused. Nothing was sent.",
    ExitCode.STOPPED: "The run could not begin. Nothing was sent.",
    ExitCode.LOCKED: "Another run is at work on this SuperOffice. Nothing was sent.",
    ExitCode.INTERRUPTED: "The program was interrupted before a run began. Nothing was sent.",
    ExitCode.TERMINATED: "The program was terminated before a run began. Nothing was sent.",
}
CAUSES = {
    Suspect.SIGN_IN: "SuperOffice rejected the credentials.",
    Suspect.TARGET: "The address of SuperOffice may be wrong.",
    Suspect.LOGIN: "The login address may be wrong.",
    Suspect.PROXY: "The address of the proxy may be wrong.",
}
TESTED = "This is a test message. Messages from this machine arrive here."


class News(NamedTuple):
    """What happened, and the message about it as it is for all channels."""

    happened: Occurrence
    message: Message


def news_of_run(journal: Journal, target: str) -> News:
    """Return how the run of a journal has ended."""
    run = journal.run()
    reasons = _count_reasons(journal)
    message = Message(
        id=f"{run.run_id}.{run.state}.{run.endings}",
        target=target,
        run_id=run.run_id,
        label=run.input.label,
        state=run.state,
        exit_code=run.exit_code,
        headline=" ".join(filter(None, (headline_of(journal, run.state), _name_cause(run)))),
        counts={str(result): number for result, number in journal.results.counts().items()},
        reasons=reasons,
        since=None,
        repeated=0,
        link=None,
        next=run.next,
        version=__version__,
        detail=explain_refusal(run.message or "") if run.state == State.REFUSED else None,
        rows=_first_rows(journal),
    )
    began = journal.sessions.work().started_at or run.created_at  # as the summary says
    return News(happened=_occurrence_of(run, reasons, began), message=message)


def _occurrence_of(run: RunRecord, reasons: Iterable[str], began: str) -> Occurrence:
    return Occurrence(
        state=run.state,
        exit_code=run.exit_code,
        reasons=frozenset(reasons),
        began=began,
        is_job=is_job(run),
        is_plan=_is_plan(run),
    )


def _name_cause(run: RunRecord) -> str | None:
    """Return what a person has to correct before the run goes on, in words of ours."""
    suspect = run.input.suspect if run.state == State.STOPPED else None
    return CAUSES[suspect] if suspect else None


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


def news_without_run(target: str, code: int, state: str, next_step: NextStep | None, now: datetime) -> News:
    """Return that a command came to nothing before it had a run."""
    message = build_message(
        f"{target}.{code}.{run_id(now)}",
        target,
        state=state,
        code=code,
        headline=WITHOUT_RUN[ExitCode(code)],
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


KINDS = (  # words of a refusal, and what they come to; the first that fits counts
    ("more than safety.max_invalid", "Too many rows are invalid."),
    ("input.max_age allows", "The file is older than input.max_age allows."),
    ("the file is empty", "The file is empty."),
    ("no rows", "The file has no rows."),
    ("no cells", "The file has no rows."),
    ("no such file", "The file does not exist."),
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
SETTING = re.compile(r"\b(input|safety)\.([a-z_]+)")
LINE = re.compile(r"\bline (\d{1,9})\b")


def explain_refusal(words: str) -> str:
    """Return why a file was refused, by the *words* of the refusal, which may quote the file."""
    sentence = next((meaning for part, meaning in KINDS if part in words), OTHERWISE)
    found = LINE.search(words)
    settings = dict.fromkeys(
        f"{section}.{key}" for section, key in SETTING.findall(words) if key in SECTIONS[section].names()
    )
    more = [f"See line {found[1]}."] if found else []
    more += [f"See {series([*settings], 'and')}."] if settings else []
    return " ".join([sentence, *more])
