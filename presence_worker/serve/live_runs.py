"""The runs that are at work now, as their events describe them, for those who watch."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..events import Emit
from ..model import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A run that is at work."""

    run_id: str  # "": it has no id yet
    job_id: str
    target: str
    command: str
    activity: str | None = None  # reading, sending; None: between two steps
    done: int = 0  # rows of the step
    total: int = 0
    results: Mapping[Result, int] = field(default_factory=dict)
    requests_per_second: float = 0.0
    began_at: str = ""  # UTC, ISO 8601
    waiting_until: str | None = None  # nothing is sent until then
    waiting_for: str | None = None  # why, in words
    is_stopping: bool = False


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What a watcher hears."""

    kind: str  # state (anything may have changed), progress, ended
    run: LiveRun | None = None
    target: str | None = None  # None: any


class LiveRuns:
    """Owns what is known of the runs at work, and who watches them."""

    def current(self) -> Sequence[LiveRun]:
        """Return the runs that are at work now."""
        raise NotImplementedError

    def hear(self, job_id: str, target: str) -> Emit:
        """Return the subscriber to the events of a run of a job."""
        raise NotImplementedError

    def notify(self, target: str | None) -> None:
        """Let the watchers know that jobs or runs of a target have changed."""
        raise NotImplementedError

    def watch(self) -> AsyncIterator[LiveEvent]:
        """Yield what happens, the progress of a run once a second. A slow watcher loses progress alone."""
        raise NotImplementedError
