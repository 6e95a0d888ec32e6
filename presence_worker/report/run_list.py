"""A run as a list of runs shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ..clock import local_time
from ..errors import ExitCode
from ..json_form import FLAT
from ..next_step import NextStep
from ..run_states import State
from ..wording import TENTHS, plain_duration
from .summary import Summary

UNREADABLE = "unreadable"  # state of a run whose journal cannot be read
ENDINGS: dict[int, str] = {ExitCode.CRASHED: "died"}  # exit codes of processes that were killed


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRun:
    """A run of which only its folder is known."""

    run_id: str
    state: str = UNREADABLE
    message: str  # why its journal cannot be read
    order: int | None = None


class Corrected(NamedTuple):
    """How it stands with a run whose failed.csv or unprocessed.csv came back."""

    by: str  # the newest run with rows of it
    open: int  # rows that still are not done
    taken_over: int  # of these: rows that a later run has, and shows as its own


@dataclass(frozen=True, slots=True)
class Listed:
    """A run in the list of all."""

    known: Summary | UnreadableRun
    is_job: bool = False  # it has its own file: it undoes nothing, and does not send a failed.csv again
    corrected: Corrected | None = None  # None: no row of it came back

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
        return self.known.message or ""

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
    def input_name(self) -> str:
        """The name of its file; "" where it cannot be read."""
        return self.summary.input.name if self.summary else ""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.summary.counts.values()) if self.summary else 0

    @property
    def not_done(self) -> int:
        """How many of them were not done when it ended."""
        return self.rows - self.summary.done if self.summary else 0

    @property
    def open(self) -> int:
        """How many still are not done, also in later runs that correct it."""
        return self.corrected.open if self.corrected else self.not_done

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
        return self.summary.effort.duration_s if self.summary else 0.0

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
        """Return whether a person has to do something."""
        return (
            self.state == UNREADABLE
            or bool(self.next)
            or (self.state == State.FINISHED and self.not_done > 0)
        )

    @property
    def ending(self) -> str:
        """Its exit code, or that it died: of a run that was killed the code is not known."""
        code = self.exit_code
        return "" if code is None else ENDINGS.get(code, str(code))

    @property
    def next(self) -> NextStep | None:
        """The command to run next."""
        return self.summary.next if self.summary else None

    @property
    def todo(self) -> str:
        """The name of that command; "" for none."""
        return self.next.words[0] if self.next and self.next.words else ""

    @property
    def started_at(self) -> str | None:
        """When it began, UTC, ISO 8601."""
        return self.summary.effort.started_at if self.summary else None

    def began(self, zone: str | None) -> datetime | None:
        """Return when it began, as clocks show it in a time *zone*."""
        return local_time(datetime.fromisoformat(self.started_at), zone) if self.started_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A run that was expected, and did not come."""

    target: str
    expected_every: float  # seconds
    last_finished: str | None  # the run
    since: str | None  # when that began, UTC, ISO 8601
    at_work: str | None  # a run that may still come to its end

    def words(self, zone: str | None, now: datetime | None = None) -> str:
        """Return it as a sentence, with times of a *zone*."""
        words = f"no run of {self.target or 'any SuperOffice'} has finished"
        if self.since:
            began = datetime.fromisoformat(self.since)
            age = plain_duration(((now or datetime.now(UTC)) - began).total_seconds())
            words += f" since that of {day_and_time(local_time(began, zone))}, {age} ago"
        else:
            words += " yet"
        words += f"; one is expected every {plain_duration(self.expected_every)}"
        return f"{words}. Run {self.at_work} is at work" if self.at_work else words

    def as_data(self, zone: str | None) -> "MissingData":
        """Return it as programs read it."""
        return MissingData(missing=self, message=self.words(zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingData:
    """The same with its sentence."""

    missing: Missing = field(metadata=FLAT)
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingData:
    """A list of runs as programs read it."""

    runs: Sequence[Summary | UnreadableRun]
    missing: MissingData | None
    notes: Sequence[str]
    overview: str | None  # the page it was written to


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The runs of a state directory, or a part of them."""

    runs: list[Listed]  # newest first
    missing: Missing | None = None
    notes: Sequence[str] = ()  # what is odd about them
    zone: str | None = None  # of all times; None: this machine's
    is_part: bool = False

    def by_target(self) -> dict[str, list[Listed]]:
        """Return the runs of each target, that of the newest one first; what cannot be read comes last."""
        groups: dict[str, list[Listed]] = {}
        for run in sorted(self.runs, key=lambda run: not run.target):
            groups.setdefault(run.target, []).append(run)
        return groups

    def as_data(self, overview: Path | None) -> ListingData:
        """Return the list as programs read it."""
        return ListingData(
            runs=[run.known for run in self.runs],
            missing=self.missing.as_data(self.zone) if self.missing else None,
            notes=self.notes,
            overview=str(overview) if overview else None,
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
