"""The events of a job in the log, as the docstring of the service has them."""

import re

from presence_worker.serve import service
from tests.manual.command_parts import table

ROW = re.compile(r"^\| (`job\.\w+`) \| (.*?) \| (.*?) ?\|$", re.MULTILINE)


def job_events(_: str) -> str:
    """Give each event: when it is logged, and its other fields."""
    rows = ROW.findall(service.__doc__ or "")
    return table(("event", "when", "more fields"), [(name, when, fields(more)) for name, when, more in rows])


def fields(more: str) -> str:
    return ", ".join(f"`{name}`" for name in more.split(", ") if name)
