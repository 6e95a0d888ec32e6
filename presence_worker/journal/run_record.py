"""A run as a whole: what its record in the journal tells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import orjson

from ..errors import ExitCode
from ..model import NOT_PRESENT, PRESENT, Intent, State, Step
from ..next_step import NextStep, read_step, stored_step
from .job_input import JobInput

AS_JSON = ("input", "settings", "notes", "compared")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A job beside the last finished one of its target."""

    run_id: str  # of the last one
    rows_before: int
    rows: int
    same_file: bool
    columns_added: Sequence[str]
    columns_gone: Sequence[str]
    stale_after: float | None = None  # seconds since the file was sent, where a new one was due by now
    stale_run: str | None = None  # the run that sent it then

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Comparison":
        """Return the comparison of which *found* was written."""
        names = [field.name for field in fields(cls) if field.name in found]
        return cls(**{name: found[name] for name in names})


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """The settings a run was made with, without secrets; an older journal may lack some."""

    sections: Mapping[str, Mapping[str, Any]]  # as the configuration file has them

    @property
    def include_messages(self) -> bool:
        """Whether comments stand in reports."""
        return bool(self._of("report", "include_messages", default=False))

    @property
    def concurrency(self) -> int | None:
        """How many requests may be under way at once."""
        found: int | None = self._of("delivery", "concurrency", default=None)
        return found

    @property
    def covers_everyone(self) -> bool:
        """Whether the file says of everyone what is to come."""
        return bool(self._of("input", "coverage", default=None) == "everyone")

    @property
    def statuses(self) -> Mapping[str, str]:
        """What words mean, by the configuration."""
        found: Mapping[str, str] = self._of("input", "statuses", default={})
        return found

    @property
    def allowed_statuses(self) -> Sequence[str]:
        """Which statuses may be set."""
        found: Sequence[str] = self._of("input", "allowed_statuses", default=(PRESENT, NOT_PRESENT))
        return found

    def of_input(self, name: str) -> str | None:
        """Return a setting of [input] that is a text; None where it is not set."""
        found: str | None = self._of("input", name, default=None)
        return found

    def _of(self, section: str, name: str, *, default: Any) -> Any:
        return self.sections.get(section, {}).get(name, default)


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

    def as_columns(self) -> list[Any]:
        """Return what the table holds, in the order of its columns."""
        pairs = zip(self._fields, self.as_json(), strict=True)
        return [orjson.dumps(value).decode() if name in AS_JSON else value for name, value in pairs]
