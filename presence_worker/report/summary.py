"""The summary of a run: what `--json` prints and summary.json holds, in this order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ..journal import Comparison, DroppedEntry
from ..json_form import FLAT, MAY_LACK
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..run_states import FilteredValue, UnknownStatus

SCHEMA_VERSION = 1
NONE: Mapping[str, str] = MappingProxyType({})


class InputFile(NamedTuple):
    """The file of a job, and how it was read."""

    name: str | None = None
    sha256: str | None = None
    rows: int | None = None
    format: str | None = None  # None: nothing was read, or could be
    encoding: str | None = None
    delimiter: str | None = None


class FaultyRow(NamedTuple):
    """A row that is wrong, of a job that names people by their associateIds."""

    row: int
    line: int | None
    associate_id: int | str | None
    reason: str | None
    detail: str | None


class FaultyNamedRow(NamedTuple):
    """A row that is wrong, of a job that names people by login or e-mail address."""

    row: int
    line: int | None
    associate_id: int | str | None
    identity: str | None
    reason: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """Rows that are not done, by result and reason."""

    result: str
    reason: str | None
    rows: int
    first: Sequence[FaultyRow | FaultyNamedRow] | None = field(default=None, metadata=MAY_LACK)


class Requests(NamedTuple):
    """The requests of all sessions."""

    put: int | None = None
    get: int | None = None
    retried: int | None = None  # of the PUTs


class Rate(NamedTuple):
    """Requests per second."""

    configured: float | None = None
    achieved: float | None = None


class Effort(NamedTuple):
    """What all sessions of a run took."""

    requests: Requests = Requests()
    rate: Rate = Rate()
    started_at: str | None = None  # UTC, ISO 8601
    finished_at: str | None = None
    duration_s: float | None = None


class Throughput(NamedTuple):
    """What took a run's time."""

    limit: str
    latency_ms: float
    words: str


class JobReading(NamedTuple):
    """How the rows of a file were read; values of cells may be reasons of absence."""

    unused_columns: Sequence[str] = ()
    rows_without_end: int = 0
    filtered: Sequence[FilteredValue] = ()  # most rows first
    filtered_others: int = 0  # rows whose value is not listed
    unmapped: Sequence[UnknownStatus] = ()
    unmapped_others: int = 0  # rows whose word is not listed
    mapped: Mapping[str, str] = NONE  # status by word, as configured
    allowed: Sequence[str] = ()  # statuses


class PlannedChange(NamedTuple):
    """What a run that waits for `apply` would change of one associate."""

    row: int
    associate_id: int
    identity: str | None
    before_status: str | None  # None: not read
    status: str
    comment: str | None  # only whether it is set, changed, removed or kept: it may be a reason of absence
    returns: bool  # present again, since the last day of an earlier row is over


class PlannedChanges(NamedTuple):
    """What it would change of all."""

    changes: Sequence[PlannedChange] = ()
    changes_left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingLeave:
    """A row that waits for its first day."""

    row: int
    associate_id: int | str | None
    identity: str | None
    status: str | None
    starts: str | None  # ISO 8601, like the next one
    ends: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAbsences:
    """Rows that wait for their first day, soonest first, and those that were dropped."""

    upcoming: Sequence[UpcomingLeave] = ()
    upcoming_left_out: int = 0
    dropped: Sequence[DroppedEntry] = ()
    dropped_left_out: int = 0


class RowPlace(NamedTuple):
    """Where a row stands in its file."""

    row: int
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSentence:
    """A sentence about rows that are wrong, without their values."""

    reason: str | None
    words: str
    rows: int
    such_as: str | None  # an example of what varies
    first: Sequence[RowPlace] | None = field(default=None, metadata=MAY_LACK)


class ExplainedColumn(NamedTuple):
    """A column, and what it is taken for."""

    name: str
    meaning: str | None  # None: it is not used
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """A row as it is understood, and its result today."""

    row: int
    line: int | None
    associate_id: int | str | None
    identity: str | None
    status: str | None
    message_length: int
    message: str | None = field(default=None, metadata=MAY_LACK)
    starts: str | None
    ends: str | None
    result: str
    today: str


class Explanation(NamedTuple):
    """How a job is understood, and the settings to keep."""

    format: str | None
    sheet: str | None
    rows_path: str | None
    delimiter: str | None
    encoding: str | None
    header: int | None
    columns: Sequence[ExplainedColumn]
    missing: Sequence[str]  # who, status
    rows: Sequence[ExplainedRow]
    configuration: str
    still_refused: str | None  # why, with these settings, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run as programs read it; by default, nothing of it is known: a command may end without a run."""

    schema_version: int = SCHEMA_VERSION
    run_id: str | None = None
    order: int | None = None  # of two runs, the one with the higher number began later
    state: str
    exit_code: int | None  # None: it has not ended
    target: str | None = None  # the service's root
    target_name: str | None = None  # in the configuration; None: it has only one target
    label: str | None = None  # the caller's reference
    approved_by: str | None = None  # the name of the token that had a planned or held run sent
    input: InputFile = field(default=InputFile())
    done: int | None = None  # rows, when the run ended
    open: int | None = None  # rows that still are not done, also in later runs that correct them
    corrected_by: str | None = None  # the newest run that corrects this one
    counts: Mapping[str, int] = field(default_factory=dict)  # rows by result
    reasons: Sequence[ReasonCount] = ()  # most rows first
    effort: Effort = field(default=Effort(), metadata=FLAT)
    throughput: Throughput | None = None
    files: Mapping[str, str] = field(default_factory=dict)  # path by name
    next: NextStep | None
    help: ManualPage | None  # the page of the manual for this ending
    message: str | None
    notes: Sequence[str] = ()
    scheduled: int = 0  # of the rows: those that follow from earlier jobs
    reading: JobReading = field(default=JobReading(), metadata=FLAT)
    compared: Comparison | None = None
    explained: Explanation | None = None  # only of `check --explain`
    # None: not read, such as in a list of runs
    planned: PlannedChanges | None = field(default=PlannedChanges(), metadata=FLAT)
    coming: PlannedAbsences | None = field(default=PlannedAbsences(), metadata=FLAT)
    sentences: Sequence[FaultSentence] | None = field(default=(), metadata=MAY_LACK)

    @property
    def is_handed_on(self) -> bool:
        """Return whether later runs have all rows that were left: nothing is to do in this one."""
        return self.corrected_by is not None and self.next is None
