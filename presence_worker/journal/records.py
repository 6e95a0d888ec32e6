"""What the journal tells of: a run, its sessions, and each row with what became of it."""

import time
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ..errors import ExitCode
from ..model import Intent, Presence, State, Step
from ..next_step import NextStep, read_step, stored_step
from .job_input import Comparison, JobInput, StoredSettings

AS_JSON = ("input", "settings", "notes", "compared")


class Fate(NamedTuple):
    """A row and what became of it, as reports tell it."""

    row: int
    line: int | None
    associate_id: int | str | None
    status: str | None
    message: str
    cells: str
    duplicate_of: int | None
    identity: str | None
    starts: str | None  # first day on which it is due, ISO 8601
    ends: str | None  # last one
    scheduled_by: str | None  # the run whose row it follows from, where no file brought it
    before_status: str | None
    result: str
    reason: str | None
    detail: str | None
    http_status: int | None
    attempts: int
    wire_puts: int
    duration_ms: float | None
    finished_at: str | None


class Fault(NamedTuple):
    """What is wrong with a row."""

    row: int
    line: int | None
    reason: str | None
    detail: str | None


class RunRecord(NamedTuple):
    """A run as a whole."""

    run_id: str
    created_at: str
    target: str
    state: str
    exit_code: int | None
    message: str | None
    next: NextStep | None
    input: JobInput
    settings: StoredSettings
    notes: list[str]
    compared: Comparison | None = None
    intent: str = Intent.RUN
    step: str = Step.SEND
    undoes: str | None = None
    order: int | None = None  # which run is later, whatever the clock said; None: older than such numbers

    @classmethod
    def read(cls, values: Iterable[Any]) -> "RunRecord":
        """Return the record that the table holds, in the order of its columns; raise ValueError for none."""
        pairs = zip(cls._fields, values, strict=True)
        return cls.from_json([orjson.loads(value) if name in AS_JSON else value for name, value in pairs])

    @classmethod
    def from_json(cls, values: Iterable[Any]) -> "RunRecord":
        """Return the record that `as_json` wrote; raise ValueError where it is none."""
        found = dict(zip(cls._fields, values, strict=False))
        found["input"] = JobInput.from_json(found["input"])
        found["settings"] = StoredSettings(found["settings"])
        found["compared"] = Comparison.from_json(found["compared"]) if found.get("compared") else None
        found["next"] = read_step(found["next"]) if found["next"] else None
        return cls(**found)

    def as_json(self) -> list[Any]:
        """Return what the table holds, in the order of its columns, before JSON is made of some."""
        told = self._asdict() | {"input": self.input.as_json(), "settings": self.settings.sections}
        return [*(told | {"next": self.next and stored_step(self.next)}).values()]

    def written(self) -> list[Any]:
        """Give what the table holds, in the order of its columns."""
        pairs = zip(self._fields, self.as_json(), strict=True)
        return [orjson.dumps(value).decode() if name in AS_JSON else value for name, value in pairs]


class Ending(NamedTuple):
    """What a run's record says at its end; None: it has not ended."""

    state: State
    exit_code: ExitCode | None
    message: str | None
    next: NextStep | None


class Wish(NamedTuple):
    """A row that is still to be sent, and what it was planned on."""

    row: int
    associate_id: int
    wanted: Presence
    before: Presence | None  # None: nothing was read
    knows_comment: bool  # whether the comment of *before* is known
    identity: str | None  # the name that the job has for the associate
    expected: Presence | None = None  # what must still be there, else it is left alone


class Scheduled(NamedTuple):
    """What a row of a run follows from, if no file brought it."""

    row: int
    run_id: str  # of the run that had asked for it,
    of_row: int  # with this row
    kind: str  # start or return
    expected: Presence | None  # what must still be there; None: whatever is there


class ScheduledFate(NamedTuple):
    """What became of such a row."""

    person: int  # the associate's id
    run_id: str
    of_row: int
    kind: str
    result: str
    reason: str | None


class Named(NamedTuple):
    """How a run's file speaks of an associate."""

    valid: int  # rows about them that are not invalid, and ask for something
    undated: int  # those of them that are due whenever they come


class Unnamed(NamedTuple):
    """A row that names a person whose associate is not known yet."""

    row: int
    known_as: str  # the name as it is compared
    valid: bool  # it asks for something, now or later
    withdraws: bool


class Dated(NamedTuple):
    """A row that is due on days, as its run left it."""

    row: int
    associate_id: int
    identity: str | None
    wanted: Presence
    starts: date | None
    ends: date | None
    result: str
    reason: str | None


class Finding(NamedTuple):
    """What a read showed of a row, as the journal keeps it; *status* None: no presence at all."""

    row: int
    status: str | None
    message: str | None  # None: not known


class Session(NamedTuple):
    """A session in which something was sent."""

    session: int
    command: str
    started_at: str
    rate: float  # requests per second, configured
    last_at: str  # the moment of its last outcome


class Delivery(NamedTuple):
    """When and how a row that was tried came to its outcome."""

    session: int
    finished_at: str
    duration_ms: float  # of all tries together
    attempts: int
    result: str


class Sending(NamedTuple):
    """How the requests of a run went that was sent in one session."""

    rate: float  # requests per second, configured
    is_as_staged: bool  # else other settings may have been in force than those stored with the run
    seconds: float  # of the session, with what was read before; 0 while it is at work, or where it died
    gets: int
    rows: int  # that were tried
    tries: int
    busy: float  # seconds that all tries took together
    apart: float  # seconds between the first outcome and the last one

    @property
    def latency(self) -> float:
        """Seconds that a try took on average."""
        return self.busy / self.tries

    @property
    def span(self) -> float:
        """Seconds in which tries were under way."""
        return self.apart + self.latency


class Work(NamedTuple):
    """All sessions of a run taken together."""

    started_at: str | None
    ended_at: str | None
    seconds: float
    rate: float | None
    gets: int


def now() -> str:
    """Give the present moment as the journal writes it: UTC, ISO 8601, milliseconds."""
    second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_until_seconds(second)}.{nanoseconds // 1_000_000:03d}Z"


@lru_cache(maxsize=1)
def _until_seconds(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
