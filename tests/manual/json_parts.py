"""The fields of what is printed as JSON: names and types from the code, words kept on the page."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import partial
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from presence_worker.cli.fleet_commands import Encrypted, Initialised
from presence_worker.cli.metrics import MetricsData
from presence_worker.cli.notifications import Sent
from presence_worker.cli.queue import JobLine
from presence_worker.doctor.checks import Diagnosis
from presence_worker.fleet.status import FleetStatus
from presence_worker.json_form import KEYS
from presence_worker.next_step import NextStep
from presence_worker.notify.message import Message
from presence_worker.report.all_runs import ListingData
from presence_worker.report.row_files import DAYS, FIELDS
from presence_worker.report.summary import FaultyNamedRow, Summary
from presence_worker.schedule.list_and_cancel import ScheduledStep
from presence_worker.serve.job_views import JobView
from tests.manual.command_parts import table

NAMES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "date",
    NoneType: "null",
}
OF_CHECK = "explained."  # begins the members of a summary that only `check --explain` fills


class Field(NamedTuple):
    """A field, by the way to it."""

    path: str
    kind: str


class Pruned(NamedTuple):
    """What `prune --json` prints of a run that it keeps."""

    run_id: str
    why: str


class Queued(NamedTuple):
    """What `queue --json` prints."""

    jobs: Sequence[JobLine]


class Created(NamedTuple):
    """What `init --json` prints."""

    state: str
    exit_code: int
    message: str
    files: Mapping[str, str]
    notes: Sequence[str]
    next: NextStep | None
    doctor: Diagnosis


def walk(kind: Any, path: str = "") -> Iterator[Field]:
    """Yield the fields of a type of ours as JSON has them, outer ones first."""
    hints = get_type_hints(kind)
    flat = {each.name for each in fields(kind) if "is_flat" in each.metadata} if is_dataclass(kind) else set()
    for name, hint in hints.items():
        if name in flat:
            yield from walk(widest(bare(hint)), path)
        else:
            yield from member(f"{path}{KEYS.get(name, name)}", hint)


def member(path: str, hint: Any) -> Iterator[Field]:
    inner = bare(hint)
    options = [each for each in get_args(hint) if each is not NoneType]
    null = " or null" if NoneType in get_args(hint) else ""
    if get_origin(inner) and issubclass(get_origin(inner), Mapping):
        yield Field(path, f"object{null}")
    elif get_origin(inner) and issubclass(get_origin(inner), Sequence):
        (item, *_) = get_args(inner)
        yield Field(path, f"list{null}")
        if is_ours(widest(item)):
            yield from walk(widest(item), f"{path}[].")
    elif is_ours(inner):
        yield Field(path, f"object{null}")
        yield from walk(inner, f"{path}.")
    else:
        names = dict.fromkeys(name_of(each) for each in (options or [inner]))
        yield Field(path, f"{' or '.join(names)}{null}")


def bare(hint: Any) -> Any:
    """Give a type without None."""
    options = [each for each in get_args(hint) if each is not NoneType]
    return options[0] if NoneType in get_args(hint) else hint


def widest(hint: Any) -> Any:
    """Give of several types the one with the most fields."""
    options = get_args(hint) or (hint,)
    return max(options, key=lambda each: len(get_type_hints(each)) if is_ours(each) else 0)


def is_ours(kind: Any) -> bool:
    has_fields = is_dataclass(kind) or hasattr(kind, "_fields")
    return has_fields and kind is not NextStep


def name_of(kind: Any) -> str:
    if kind is NextStep:
        return "text"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "whole number" if issubclass(kind, int) else "text"
    return NAMES[kind]


def summary() -> list[Field]:
    return [each for each in walk(Summary) if not each.path.startswith(OF_CHECK)]


def of_check() -> list[Field]:
    own = [each for each in walk(Summary) if each.path.startswith(OF_CHECK)]
    return [*own, Field("faults", "list"), *walk(FaultyNamedRow, "faults[].")]


def listing() -> list[Field]:
    known = {f"runs[].{each.path}" for each in walk(Summary)}  # a run's own summary
    return [each for each in walk(ListingData) if each.path not in known]


ROW_KINDS = {
    **dict.fromkeys(("status", "result", "reason", "detail", "before_status", "finished_at"), "text or null"),
    **dict.fromkeys(("line", "http_status", "duplicate_of"), "whole number or null"),
    **dict.fromkeys(("row", "attempts", "wire_puts"), "whole number"),
    "result": "text",
    "associate_id": "whole number, text or null",
    "duration_ms": "number or null",
}


def rows() -> list[Field]:
    names = ("run_id", *FIELDS, "identity", *DAYS, "message")
    return [
        Field(name, ROW_KINDS.get(name, "text or null" if name != "run_id" else "text")) for name in names
    ]


def created() -> list[Field]:
    return [each for each in walk(Created) if not each.path.startswith("doctor.")]


def pruned() -> list[Field]:
    own = [Field("pruned", "list"), Field("kept", "whole number"), Field("kept_though_old", "list")]
    return [*own, *walk(Pruned, "kept_though_old[]."), Field("pruned_jobs", "list")]


def scheduled() -> list[Field]:
    return [Field("schedule", "list"), *walk(ScheduledStep, "schedule[].")]


OBJECTS: dict[str, Callable[[], list[Field]]] = {
    "summary": summary,
    "check": of_check,
    "runs": listing,
    "metrics": lambda: list(walk(MetricsData)),
    "rows": rows,
    "message": lambda: list(walk(Message)),
    "notify": lambda: list(walk(Sent)),
    "doctor": lambda: list(walk(Diagnosis)),
    "init": created,
    "prune": pruned,
    "queue": lambda: list(walk(Queued)),
    "fleet status": lambda: list(walk(FleetStatus)),
    "fleet encrypt": lambda: list(walk(Encrypted)),
    "fleet init": lambda: list(walk(Initialised)),
    "job": lambda: list(walk(JobView)),
    "schedule": scheduled,
}


def part(name: str) -> Callable[[str], str]:
    return partial(fields_table, name)


def fields_table(name: str, current: str) -> str:
    """Give the table of an object; the words of each field are those that the page has now."""
    kept = words_of(current)
    return table(
        ("field", "type", "meaning"),
        [(f"`{each.path}`", each.kind, kept.get(each.path, "")) for each in OBJECTS[name]()],
    )


def words_of(text: str) -> dict[str, str]:
    """Give the words of a table's fields."""
    return dict(re.findall(r"^\| `([^`]+)` \| [^|]* \|(?: (.+?))? \|$", text, re.MULTILINE))
