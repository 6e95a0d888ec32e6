"""What a run keeps of its job: the file, how it was read, and what follows from earlier jobs."""

from dataclasses import dataclass, field, fields
from datetime import date

from ..errors import Suspect
from ..json_form import FLAT, MAY_LACK, Json, json_object
from ..model import FilteredValue, UnknownStatus


@dataclass(frozen=True, slots=True)
class DroppedEntry:
    """Something that was to come, and that this job no longer asks for."""

    id: str
    associate_id: int
    identity: str | None
    status: str | None
    starts: str | None  # first day, ISO 8601
    ends: str | None  # last one
    why: str  # withdrawn or not_in_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What has to be corrected before the run goes on."""

    suspect: Suspect | None = None
    refused: tuple[str | None, ...] | None = None  # salt and fingerprint of the credentials that were refused


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInput:
    """A job as the journal keeps it; what older journals lack has its default."""

    day: date | None = field(
        default=None, metadata=MAY_LACK
    )  # on which rows are due; None: written before rows had days
    name: str = ""  # of the file, with its place
    stdin: bool = False
    sha256: str | None = None
    rows: int = 0  # also those that follow from earlier jobs
    format: str | None = None  # None: nothing was read, or could be
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    rows_path: str | None = None
    header: int | None = None  # line of the columns' names
    columns: tuple[str, ...] | None = None
    came_back: bool = False  # it is a failed.csv or unprocessed.csv of ours
    identity: str | None = None  # "login" or "email", where it names people so
    unmapped: tuple[UnknownStatus, ...] = ()
    unmapped_others: int = 0  # rows whose word is not listed
    dated: bool = False  # it has a column of days
    unused: tuple[str, ...] = ()  # columns
    without_end: int = 0  # rows that set somebody away and have no last day
    filtered: tuple[FilteredValue, ...] = ()  # most rows first
    filtered_others: int = 0  # rows whose value is not listed
    half_days: int = 0  # rows
    scheduled: int | None = None  # rows that follow from earlier jobs; None: not looked up yet
    pending: bool | None = field(default=None, metadata=MAY_LACK)  # something is, or was, to come
    dropped: tuple[DroppedEntry, ...] = ()  # at most 1000
    dropped_rows: int = 0  # all of them
    correction: Correction | None = field(default=None, metadata=FLAT)
    over: bool | None = field(default=None, metadata=MAY_LACK)  # nothing follows from it any more

    @property
    def suspect(self) -> Suspect | None:
        """What has to be corrected before the run goes on."""
        return self.correction.suspect if self.correction else None

    def as_json(self) -> dict[str, Json]:
        """Return what the journal holds; what is not known yet is not in it."""
        found = json_object(self)
        names = [*(READ if self.format else UNREAD), *(ADDED if self.scheduled is not None else ())]
        told = {name: found[name] for name in names if name in found}
        later = ("pending", "suspect", "refused", "over")
        return told | {name: found[name] for name in later if name in found}


UNREAD = ("name", "day", "rows", "sha256", "format", "encoding", "delimiter", "columns")
ADDED = ("scheduled", "pending", "dropped", "dropped_rows")
READ = tuple(each.name for each in fields(JobInput) if each.name not in (*ADDED, "correction", "over"))
