"""The events of the service in the log, as the docstrings of its modules have them."""

import re
from types import ModuleType

from presence_worker.serve import inboxes, service, timetable
from tests.manual.command_parts import table

ROW = re.compile(r"^\| (`\w+\.\w+`) \| (.*?) \| (.*?) ?\|$", re.MULTILINE)


def job_events(_: str) -> str:
    """Give the events of a job: when each is logged, and its other fields."""
    return events_of(service)


def inbox_events(_: str) -> str:
    """Give the events of a folder, in the same way."""
    return events_of(inboxes)


def schedule_events(_: str) -> str:
    """Give the events of the schedule, in the same way."""
    return events_of(timetable)


def events_of(module: ModuleType) -> str:
    rows = [(name, when, fields(more)) for name, when, more in ROW.findall(module.__doc__ or "")]
    return table(("event", "when", "more fields"), rows)


def fields(more: str) -> str:
    """Give the names of fields as code; other words stay."""
    return ", ".join(f"`{name}`" if re.fullmatch(r"\w+", name) else name for name in more.split(", "))
