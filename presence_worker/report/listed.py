"""A run as a list of runs shows it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ..days import local
from ..errors import ExitCode
from ..model import State
from ..wording import plain_duration
from .summary import Summary

UNREADABLE = "unreadable"  # state of a run whose journal cannot be read
ENDINGS = {ExitCode.CRASHED: "died"}  # exit codes that nobody saw


@dataclass(frozen=True, slots=True)
class Listed:
    """A run in the list of all."""

    summary: Summary
    is_job: bool = False  # it has a file of its own: it undoes nothing, and is no failed.csv sent again

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.summary["run_id"])

    @property
    def state(self) -> str:
        """Its state."""
        return str(self.summary["state"])

    @property
    def target(self) -> str:
        """The service it is for; "" where it cannot be read."""
        return str(self.summary.get("target", ""))

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.summary.get("counts", {}).values())

    @property
    def not_done(self) -> int:
        """How many of them are not done."""
        return self.rows - int(self.summary.get("done", 0))

    @property
    def seconds(self) -> float:
        """How long it delivered; 0 where that is not known."""
        return float(self.summary.get("duration_s", 0))

    @property
    def is_good(self) -> bool:
        """Whether it is a whole job, and every row is done."""
        return self.is_job and (self.state, self.summary["exit_code"]) == (State.FINISHED, ExitCode.DONE)

    @property
    def ending(self) -> str:
        """Its exit code; of a run that was killed nobody knows it."""
        code = self.summary.get("exit_code")
        return "" if code is None else ENDINGS.get(code, str(code))

    @property
    def todo(self) -> str:
        """The name of the command to run next; "" for none."""
        return " ".join((self.summary.get("next") or "").split(" ")[1:2])

    def began(self, zone: str | None) -> datetime | None:
        """When it began, as clocks show it in a time *zone*."""
        moment = self.summary.get("started_at")
        return moment and local(datetime.fromisoformat(moment), zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A run that was expected, and did not come."""

    target: str
    expected_every: float  # seconds
    last_finished: str | None  # the run
    since: str | None  # when that began, UTC, ISO 8601
    at_work: str | None  # a run that may still come to its end

    def words(self, zone: str | None, now: datetime | None = None) -> str:
        """Say it in a sentence, with times of a *zone*."""
        words = f"no run of {self.target or 'any SuperOffice'} has finished"
        if self.since:
            began = datetime.fromisoformat(self.since)
            age = plain_duration(((now or datetime.now(UTC)) - began).total_seconds())
            words += f" since that of {day_and_time(local(began, zone))}, {age} ago"
        else:
            words += " yet"
        words += f"; one is expected every {whole(self.expected_every)}"
        return f"{words}. Run {self.at_work} is at work" if self.at_work else words

    def as_record(self, zone: str | None) -> dict[str, Any]:
        """Give it as programs read it."""
        return {**asdict(self), "message": self.words(zone)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The runs of a state directory, or a part of them."""

    runs: list[Listed]  # newest first
    missing: Missing | None = None
    notes: Sequence[str] = ()  # what is odd about them
    zone: str | None = None  # in which times are told; None: this machine's
    is_part: bool = False

    def by_target(self) -> dict[str, list[Listed]]:
        """Give the runs of each target, that of the newest one first; what cannot be read comes last."""
        groups: dict[str, list[Listed]] = {}
        for run in sorted(self.runs, key=lambda run: not run.target):
            groups.setdefault(run.target, []).append(run)
        return groups

    def as_record(self) -> dict[str, Any]:
        """Give the list as programs read it."""
        missing = self.missing and self.missing.as_record(self.zone)
        return {"runs": [run.summary for run in self.runs], "missing": missing, "notes": list(self.notes)}


def day_and_time(moment: datetime) -> str:
    """Give a moment for people: "Tue 24 Nov 2026, 06:00"."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def whole(seconds: float) -> str:
    """Say a duration without what is nothing: "24 h"."""
    return plain_duration(seconds).removesuffix(" 0 min").removesuffix(" 0 s")


def short(seconds: float) -> str:
    """Say a duration in five characters: "0.4s", "42s", "3m20s", "2h05m"."""
    if seconds < 10:  # noqa: PLR2004 - below it, tenths matter
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
