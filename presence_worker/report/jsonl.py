"""report.jsonl: one JSON object for each input row, in row order."""

from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog

from ..journal import Journal
from .rows import line_of, more_fields


def write_jsonl(journal: Journal, file: BinaryIO) -> int:
    """Write the report for programs; give the number of rows."""
    run = journal.run()
    more = more_fields(run)
    log = structlog.wrap_logger(
        _Lines(file),
        processors=[_as_json],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    ).bind(run_id=run.run_id)
    rows = 0
    for rows, fate in enumerate(journal.fates(), 1):  # noqa: B007 - the last one is the number of rows
        log.info("row", **line_of(fate, more))
    return rows


class _Lines:
    """A logger that leaves flushing to the file's owner: a line is no use before the file is whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.info = file.write


def _as_json(_: Any, __: str, fields: MutableMapping[str, Any]) -> bytes:
    del fields["event"]  # all lines tell of the same kind of event
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
