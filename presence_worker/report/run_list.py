"""A run as a list of runs shows it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from ..clock import local_time
from ..errors import ExitCode
from ..next_step import NextStep
from ..run_states import State
from ..wording import TENTHS, amount, is_or_are
from .summary import Summary

UNREADABLE = "unreadable"  # state of a run whose journal cannot be read
NEED_ACTION = (State.HELD, State.REFUSED, UNREADABLE)
ENDINGS: dict[int, str] = {ExitCode.CRASHED: "died"}  # exit codes of processes that were killed


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRun:
    """A run of which only its folder is known."""

    run_id: str
    state: str = UNREADABLE
    message: str  # why its journal cannot be read
    order: int | None = None
    open: int = 0
    corrected_by: str | None = None


class Corrected(NamedTuple):
    """How it stands with a run whose failed.csv or unprocessed.csv came back."""

    by: str  # the newest run with rows of it
    done: int  # rows that were not done, and are by now
    taken_over: int  # of the others: those that a later run has, and shows as its own

    def words(self, still_open: int) -> str:
        """Return it in words, with how many rows of the run are *still_open*."""
        if not still_open:
            return f"Corrected by run {self.by}. All rows are done."
        rows = f"{amount(still_open, 'row')} {is_or_are(still_open)}"
        words = f"Corrected by run {self.by}. {rows} still not done."
        return words if still_open > self.taken_over else f"{words} Later runs have them."


@dataclass(frozen=True, slots=True)
class Listed:
    """A run in the list of all."""

    known: Summary | UnreadableRun
    is_job: bool = False  # it has its own file: it undoes nothing, and does not send a failed.csv again
    corrected: Corrected | None = None  # None: no row of it came back
    is_plan: bool = False  # of `plan`, and nothing of it has been applied
    lists_changes: bool = False  # its file has only changes: the next file does not take its place
    had_no_file: bool = False  # it was refused because its file was not there
    is_continued: bool = False  # it has ended more than once: it was resumed, or applied
    undone_by: str | None = None  # the run that has put back all that this one changed before it stopped
    created_at: str = ""  # when it was staged, UTC, ISO 8601; "" where it cannot be read

    @property
    def id(self) -> str:
        """Its id."""
        return self.known.run_id or ""

    @property
    def state(self) -> str:
        """Its state."""
        return self.known.state

    @property
    def message(self) -> str:
        """How it went, in words."""
        if self.undone_by:
            return f"Stopped early, and undone by run {self.undone_by}."
        return self.corrected.words(self.open) if self.corrected else self.known.message or ""

    @property
    def summary(self) -> Summary | None:
        """Its summary; None where it cannot be read."""
        return self.known if isinstance(self.known, Summary) else None

    @property
    def target(self) -> str:
        """The service it is for; "" where it cannot be read."""
        return (self.summary and self.summary.target) or ""

    @property
    def label(self) -> str:
        """The caller's reference; "" where there is none."""
        return (self.summary and self.summary.label) or ""

    @property
    def approved_by(self) -> str:
        """The token that had it sent by the service; "" where none did."""
        return (self.summary and self.summary.approved_by) or ""

    @property
    def input_name(self) -> str:
        """The name of its file; "" where it cannot be read."""
        return (self.summary and self.summary.input.name) or ""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.summary.counts.values()) if self.summary else 0

    @property
    def not_done(self) -> int:
        """How many of them were not done when it ended."""
        return self.rows - (self.summary.done or 0) if self.summary else 0

    @property
    def open(self) -> int:
        """How many still are not done, also in later runs that correct it."""
        return self.not_done - (self.corrected.done if self.corrected else 0)

    @property
    def open_here(self) -> int:
        """How many of these no later run has: of all runs together, each open row counts once."""
        return self.open - (self.corrected.taken_over if self.corrected else 0)

    @property
    def corrected_by(self) -> str | None:
        """The newest run that its failed.csv or unprocessed.csv came back in."""
        return self.corrected.by if self.corrected else None

    @property
    def seconds(self) -> float:
        """How long it delivered; 0 where that is not known."""
        return (self.summary and self.summary.effort.duration_s) or 0.0

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None where that is not known."""
        return self.summary.exit_code if self.summary else None

    @property
    def is_good(self) -> bool:
        """Return whether it is a whole job, and every row is done."""
        return self.is_job and (self.state, self.exit_code) == (State.FINISHED, ExitCode.DONE)

    @property
    def needs_action(self) -> bool:
        """Return whether a person has to do something; a plan may wait, unless it is held or refused."""
        if self.undone_by or (self.corrected and not self.open_here):
            return False
        if self.state == State.STOPPED:
            return not self.is_plan
        return self.state in NEED_ACTION or (self.state == State.FINISHED and self.open_here > 0)

    @property
    def ending(self) -> str:
        """Its exit code, or that it died: of a run that was killed the code is not known."""
        code = self.exit_code
        return "" if code is None else ENDINGS.get(code, str(code))

    @property
    def state_and_ending(self) -> str:
        """Its state, and whether its process was killed."""
        return f"{self.state} ({self.ending})" if self.ending in ENDINGS.values() else self.state

    @property
    def next(self) -> NextStep | None:
        """The command to run next; None where it is undone, or later runs have all its open rows."""
        if self.summary is None or self.undone_by or (self.corrected and not self.open_here):
            return None
        return self.summary.next

    @property
    def todo(self) -> str:
        """The name of that command; "" for none."""
        return self.next.words[0] if self.next and self.next.words else ""

    @property
    def started_at(self) -> str | None:
        """When it began, UTC, ISO 8601."""
        return self.summary.effort.started_at if self.summary else None

    @property
    def ended_at(self) -> str | None:
        """When it ended, UTC, ISO 8601; of a process that died, when it began."""
        return (self.summary and self.summary.effort.finished_at) or self.started_at

    def began_before(self, moment: datetime) -> bool:
        """Return whether it was staged before a *moment*, by the clock."""
        return bool(self.created_at) and datetime.fromisoformat(self.created_at) < moment

    def began(self, zone: str | None) -> datetime | None:
        """Return when it began, as clocks show it in a time *zone*."""
        return local_time(datetime.fromisoformat(self.started_at), zone) if self.started_at else None


def correct(summary: Summary, corrected: Corrected | None) -> Summary:
    """Return a summary that says how far later runs have *corrected* its run."""
    run = Listed(summary, corrected=corrected)
    return replace(
        summary,
        next=run.next,
        help=summary.help if run.next or not corrected else None,
        message=run.message or None,
        open=run.open,
        corrected_by=run.corrected_by,
    )


def day_and_time(moment: datetime) -> str:
    """Return a moment for people: "Tue 24 Nov 2026, 06:00"."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def short_duration(seconds: float) -> str:
    """Return a duration in five characters: "0.4s", "42s", "3m20s", "2h05m"."""
    if seconds < TENTHS:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
