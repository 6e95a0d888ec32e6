"""report.jsonl: one JSON object for each input row, in row order."""

from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog

from ..journal import Journal
from .rows import line_of


def write_jsonl(journal: Journal, file: BinaryIO) -> int:
    """Write the report for programs; give the number of rows."""
    run = journal.run()
    with_message = bool(run.settings.get("report", {}).get("include_messages"))
    log = structlog.wrap_logger(
        structlog.BytesLogger(file),
        processors=[_without_event, structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    ).bind()
    rows = 0
    for rows, fate in enumerate(journal.fates(), 1):  # noqa: B007 - the last one is the number of rows
        log.info("row", run_id=run.run_id, **line_of(fate, with_message=with_message))
    return rows


def _without_event(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out the event's name: all lines tell of the same kind of event."""
    del fields["event"]
    return fields
