"""What a run keeps of its job: the file, how it was read, and what follows from earlier jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from ..errors import Suspect
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

    def as_json(self) -> dict[str, str | int | None]:
        """Return what journal and summary hold."""
        return {IN_JSON.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "DroppedEntry":
        """Return the entry of which *found* was written."""
        return cls(*(found[IN_JSON.get(field.name, field.name)] for field in fields(cls)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What has to be corrected before the run goes on."""

    suspect: Suspect | None
    refused: tuple[str, str | None] | None  # salt and fingerprint of the credentials that were refused

    @classmethod
    def from_json(cls, suspect: str | None, refused: Sequence[Any] | None) -> "Correction":
        """Return what was written under these two keys."""
        salt, fingerprint = refused or (None, None)
        return cls(suspect=(suspect and Suspect(suspect)) or None, refused=salt and (salt, fingerprint))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInput:
    """A job as the journal keeps it; what older journals lack has its default."""

    day: date | None = None  # on which rows are due; None: written before rows had days
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
    pending: bool | None = None  # whether something is, or was, to come; None: not known
    dropped: tuple[DroppedEntry, ...] = ()  # at most 1000
    dropped_rows: int = 0  # all of them
    correction: Correction | None = None
    over: bool | None = None  # whether nothing follows from it any more; None: nobody looked

    @property
    def suspect(self) -> Suspect | None:
        """What has to be corrected before the run goes on."""
        return self.correction.suspect if self.correction else None

    def as_json(self) -> dict[str, Any]:
        """Return what the journal holds; what is not known yet is not in it."""
        found = asdict(self)
        names = [*(READ if self.format else UNREAD), *(ADDED if self.scheduled is not None else ())]
        told = {name: found[name] for name in names if name != "day" or self.day}
        told |= {name: write(self) for name, write in LISTS.items() if name in told}
        if "pending" not in told and self.pending is not None:
            told["pending"] = self.pending
        told |= found["correction"] or {}
        return told if self.over is None else {**told, "over": self.over}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "JobInput":
        """Return the job of which *found* was written; raise ValueError where it is none."""
        known = {
            name: _checked(name, value)
            for name, value in found.items()
            if value is not None and name in KINDS
        }
        if "suspect" in found:
            known["correction"] = Correction.from_json(found["suspect"], found.get("refused"))
        return cls(**known)


IN_JSON = {"starts": "from", "ends": "until"}  # `from` is a word of Python
UNREAD = ("name", "day", "rows", "sha256", "format", "encoding", "delimiter", "columns")
ADDED = ("scheduled", "pending", "dropped", "dropped_rows")
READ = tuple(field.name for field in fields(JobInput) if field.name not in (*ADDED, "correction", "over"))
KINDS: dict[str, Any] = {field.name: field.type for field in fields(JobInput) if field.name != "correction"}
LISTS: dict[str, Callable[[JobInput], object]] = {
    "unmapped": lambda job: [each._asdict() for each in job.unmapped],
    "filtered": lambda job: [each._asdict() for each in job.filtered],
    "dropped": lambda job: [each.as_json() for each in job.dropped],
}
NESTED: dict[str, Callable[[Any], object]] = {
    "day": date.fromisoformat,
    "columns": tuple,
    "unused": tuple,
    "unmapped": lambda found: tuple(UnknownStatus(**each) for each in found),
    "filtered": lambda found: tuple(FilteredValue(**each) for each in found),
    "dropped": lambda found: tuple(map(DroppedEntry.from_json, found)),
}


def _checked(name: str, value: Any) -> Any:
    try:
        if name in NESTED:
            return NESTED[name](value)
        if isinstance(value, KINDS[name]):
            return value
    except (TypeError, KeyError) as error:
        raise ValueError(f"{name}: {error}") from error
    raise ValueError(f"{name}: expected {KINDS[name]}")
