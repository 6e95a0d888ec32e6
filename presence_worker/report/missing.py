"""A run that was expected, and did not come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ..clock import is_from_the_future, local_time
from ..json_form import FLAT
from ..run_states import State
from ..wording import plain_duration
from .run_list import Listed, day_and_time

GRACE = 0.05  # of the time between two runs: 72 minutes of a day, for one that begins late or is at work


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


def find_missing(target: str, every: float | None, runs: Sequence[Listed], now: datetime) -> Missing | None:
    """Return which job has not finished for longer than *every* so many seconds; None where all is well.

    The *runs* are those of the target, newest first. One from the future proves nothing: its clock was
    wrong, or ours is.
    """
    if every is None:
        return None
    jobs = (run for run in runs if run.is_job and run.state == State.FINISHED)
    last = next((job for job in jobs if not is_from_the_future(job.created_at, now)), None)
    oldest = now - timedelta(seconds=every * (1 + GRACE))
    if last and datetime.fromisoformat(last.created_at) >= oldest:
        return None
    return Missing(
        target=target,
        expected_every=every,
        last_finished=last.id if last else None,
        since=last.created_at if last else None,
        at_work=next((run.id for run in runs if run.state == State.RUNNING), None),
    )
