"""A run as a whole: what its record in the journal tells."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from ..errors import ExitCode
from ..json_form import Json, from_json, to_json
from ..model import NOT_PRESENT, PRESENT, Intent, State, Step
from ..next_step import NextStep, read_step, stored_step
from .database import SqlRow, SqlValue
from .job_input import JobInput

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
        """Whether comments stand in reports."""
        return self._of("report", "include_messages") is True

    @property
    def concurrency(self) -> int | None:
        """How many requests may be under way at once."""
        found = self._of("delivery", "concurrency")
        return found if isinstance(found, int) else None

    @property
    def covers_everyone(self) -> bool:
        """Whether the file says of everyone what is to come."""
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
        """Return what the table holds, in the order of its columns; of the input, not the keys *without*."""
        told = self._asdict()
        told["next"] = self.next and stored_step(self.next)
        told["input"] = {name: value for name, value in self.input.as_json().items() if name not in without}
        told["settings"], told["compared"] = self.settings.sections, to_json(self.compared)
        return [*told.values()]

    def as_columns(self) -> list[SqlValue]:
        """Return the same with JSON as text."""
        told = dict(zip(self._fields, self.as_json(), strict=True))
        columns = self._asdict() | {name: orjson.dumps(told[name]).decode() for name in AS_JSON}
        return [*(columns | {"next": told["next"]}).values()]
