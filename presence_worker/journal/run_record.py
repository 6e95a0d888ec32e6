"""A run as a whole: its job, its settings, and how it ended."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NamedTuple

import orjson

from ..errors import Cause, ExitCode, Suspect
from ..json_form import FLAT, MAY_LACK, Json, from_json, json_object, to_json
from ..model import NOT_PRESENT, PRESENT
from ..next_step import NextStep, read_step, write_step
from ..run_states import FilteredValue, Intent, JobCommand, JobOfRun, State, Step, UnknownStatus
from .database import SqlRow, SqlValue


@dataclass(frozen=True, slots=True)
class DroppedEntry:
    """Something that was to come, and that this job no longer asks for."""

    id: str
    associate_id: int
    identity: str | None
    status: str | None
    starts: str | None  # first day, ISO 8601
    ends: str | None  # last one
    why: str | None = field(default=None, metadata=MAY_LACK)  # None: an older journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What has to be corrected before the run goes on."""

    suspect: Suspect | None = None
    refused: tuple[str | None, ...] | None = (
        None  # salt and fingerprint of the credentials that were rejected
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInput:
    """A job as the journal keeps it; what older journals lack has its default."""

    day: date | None = field(
        default=None, metadata=MAY_LACK
    )  # on which rows are due; None: written before rows had days
    name: str = ""  # of the file, with its place
    label: str | None = field(default=None, metadata=MAY_LACK)  # the caller's reference
    withheld: tuple[str, ...] | None = field(default=None, metadata=MAY_LACK)  # of its `--set`, by name
    jobs: tuple[JobOfRun, ...] = ()  # of the queue, that made the run or went on with it; oldest first
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
    without_end: int = 0  # rows that set a user not available and have no last day
    filtered: tuple[FilteredValue, ...] = ()  # most rows first
    filtered_others: int = 0  # rows whose value is not listed
    half_days: int = 0  # rows
    scheduled: int | None = None  # rows that follow from earlier jobs; None: not looked up yet
    pending: bool | None = field(default=None, metadata=MAY_LACK)  # something is, or was, to come
    dropped: tuple[DroppedEntry, ...] = ()  # at most 1000
    dropped_rows: int = 0  # all of them
    correction: Correction | None = field(default=None, metadata=FLAT)
    over: bool | None = field(default=None, metadata=MAY_LACK)  # nothing follows from it any more
    cause: Cause | None = field(default=None, metadata=MAY_LACK)  # why the run ended early

    @property
    def approved_by(self) -> str | None:
        """Return who had the run sent that had waited: the name of a token; None: no token did."""
        approvals = [job.by for job in self.jobs if job.command == JobCommand.APPLY]
        return approvals[-1] if approvals else None

    @property
    def suspect(self) -> Suspect | None:
        """What has to be corrected before the run goes on."""
        return self.correction.suspect if self.correction else None

    @property
    def are_credentials_refused(self) -> bool:
        """Return whether the run ended because SuperOffice, or a proxy, refused the credentials."""
        return bool(self.correction and self.correction.refused)

    def as_json(self) -> dict[str, Json]:
        """Return what the journal holds; what is not known yet is not in it."""
        found = json_object(self)
        names = [*(READ if self.format else UNREAD), *(ADDED if self.scheduled is not None else ())]
        form = {name: found[name] for name in names if name in found}
        return form | {name: found[name] for name in LATER if found.get(name, []) != []}


UNREAD = ("name", "day", "rows", "sha256", "format", "encoding", "delimiter", "columns")
ADDED = ("scheduled", "pending", "dropped", "dropped_rows")
LATER = (
    "label",
    "withheld",
    "jobs",
    "pending",
    "suspect",
    "refused",
    "over",
    "cause",
)  # only where they are known
READ = tuple(
    each.name for each in fields(JobInput) if each.name not in (*ADDED, *LATER[-2:], "correction", "jobs")
)


AS_JSON = ("input", "settings", "notes", "compared")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A job beside the last finished one of its target."""

    run_id: str  # of the last one
    rows_before: int
    rows: int
    same_file: bool
    columns_added: tuple[str, ...]
    columns_gone: tuple[str, ...]
    stale_after: float | None = None  # seconds since the file was sent, where a new one was due by now
    stale_run: str | None = None  # the run that sent it then


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """The settings a run was made with, without secrets; an older journal may lack some."""

    sections: Mapping[str, Mapping[str, Json]]  # as the configuration file has them

    @property
    def include_messages(self) -> bool:
        """Return whether comments stand in reports."""
        return self._of("report", "include_messages") is True

    @property
    def concurrency(self) -> int | None:
        """How many requests may be under way at once."""
        found = self._of("delivery", "concurrency")
        return found if isinstance(found, int) else None

    @property
    def read_before(self) -> Json:
        """What was read before anything was written."""
        return self._of("delivery", "read_before")

    @property
    def verify(self) -> Json:
        """Which changes were read back."""
        return self._of("delivery", "verify")

    @property
    def covers_everyone(self) -> bool:
        """Return whether the file is complete: planned absences of people not in it are dropped."""
        return self._of("input", "coverage") == "everyone"

    @property
    def statuses(self) -> dict[str, str]:
        """What words mean, by the configuration."""
        found = self._of("input", "statuses")
        return {word: str(meaning) for word, meaning in found.items()} if isinstance(found, dict) else {}

    @property
    def allowed_statuses(self) -> list[str]:
        """Which statuses may be set."""
        found = self._of("input", "allowed_statuses")
        return [*map(str, found)] if isinstance(found, list) else [PRESENT, NOT_PRESENT]

    def of_input(self, name: str) -> str | None:
        """Return a setting of [input] that is a text; None where it is not set."""
        found = self._of("input", name)
        return found if isinstance(found, str) else None

    def _of(self, section: str, name: str) -> Json:
        return self.sections.get(section, {}).get(name)


class Ending(NamedTuple):
    """What a run's record says at its end; None: it has not ended."""

    state: State
    exit_code: ExitCode | None
    message: str | None
    next: NextStep | None


def _leave_out(names: Collection[str], form: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in form.items() if name not in names}


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
    target_name: str | None = None  # in the configuration; None: it has only one
    endings: int = 0  # how often it has ended: a run that is resumed ends again

    @classmethod
    def read(cls, columns: SqlRow) -> "RunRecord":
        """Return the record that the table holds; raise ValueError where it is none."""
        pairs = zip(cls._fields, columns, strict=True)
        return cls.from_json([orjson.loads(value) if name in AS_JSON else value for name, value in pairs])

    @classmethod
    def from_json(cls, values: SqlRow) -> "RunRecord":
        """Return the record that `as_json` wrote; raise ValueError where it is none."""
        found = dict(zip(cls._fields, values, strict=False))
        found["input"] = from_json(JobInput, found["input"])
        found["settings"] = StoredSettings(found["settings"])
        found["compared"] = from_json(Comparison, found["compared"]) if found.get("compared") else None
        found["next"] = read_step(found["next"]) if found["next"] else None
        return cls(**found)

    def as_json(self, *, without: Collection[str] = ()) -> list[Json]:
        """Return what the table holds, in its order; of input and settings, not the keys *without*."""
        form = self._asdict()
        form["next"] = self.next and write_step(self.next)
        form["input"] = _leave_out(without, self.input.as_json())
        sections = self.settings.sections
        form["settings"] = {
            name: _leave_out(without if name == "input" else (), keys) for name, keys in sections.items()
        }
        form["compared"] = to_json(self.compared)
        return [*form.values()]

    def as_columns(self) -> list[SqlValue]:
        """Return the same with JSON as text."""
        form = dict(zip(self._fields, self.as_json(), strict=True))
        columns = self._asdict() | {name: orjson.dumps(form[name]).decode() for name in AS_JSON}
        return [*(columns | {"next": form["next"]}).values()]
