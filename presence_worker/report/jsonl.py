"""report.jsonl: one JSON object for each input row, in row order."""

from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog

from ..journal import Journal
from .rows import fields_of, names_of


def write_jsonl(journal: Journal, file: BinaryIO) -> int:
    """Write the report for programs; give the number of rows."""
    run = journal.run()
    names = names_of(run)
    log = structlog.wrap_logger(
        _Lines(file),
        processors=[_as_json],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    )
    rows = 0
    for rows, values in enumerate(journal.results.lines(fields_of(names)), 1):  # noqa: B007 - the last is their number
        log.info("row", line={"run_id": run.run_id, **dict(zip(names, values, strict=True))})
    return rows


class _Lines:
    """A logger that leaves flushing to the file's owner: a line is no use before the file is whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.info = file.write


def _as_json(_: Any, __: str, fields: MutableMapping[str, Any]) -> bytes:
    return orjson.dumps(fields["line"], option=orjson.OPT_APPEND_NEWLINE)  # all tell of one kind of event
