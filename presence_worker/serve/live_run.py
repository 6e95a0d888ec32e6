"""A run at work, as those see it who watch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Result

SECOND = 1.0  # between two events with the progress of a run
LOOKS = 10  # seconds over which the speed is taken


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
