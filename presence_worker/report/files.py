"""The report files of a run, each whole or not there at all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import orjson

from ..errors import Stopped
from ..journal import Journal, sync_directory, write_whole
from ..json_form import to_json
from ..sanitize import escape_json
from .fault_sentences import sentences
from .page import write_page
from .row_files import write_failed, write_jsonl, write_report, write_unprocessed
from .summarise import changes_to_apply, days_to_come, summarise
from .summary import Summary

Writer = Callable[[Journal, BinaryIO], int]  # gives the number of rows it wrote
WRITERS: dict[str, Writer] = {
    "report.jsonl": write_jsonl,
    "report.csv": write_report,
    "report.html": write_page,
    "failed.csv": write_failed,
    "unprocessed.csv": write_unprocessed,
}
ONLY_WITH_ROWS = ("failed.csv", "unprocessed.csv")
SUMMARY = "summary.json"


def write_reports(folder: Path, journal: Journal) -> Summary:
    """Write all files of the run into *folder* and return its summary; raise Stopped where that fails."""
    files = {}
    try:
        for name, write in WRITERS.items():
            if _write(folder / name, journal, write):
                files[name] = folder / name
        files[SUMMARY] = folder / SUMMARY
        summary = replace(
            summarise(journal, files),
            planned=changes_to_apply(journal),
            coming=days_to_come(journal),
            sentences=sentences(journal) or None,
        )
        _write(folder / SUMMARY, journal, lambda _, file: file.write(summary_bytes(summary)))
        sync_directory(folder)  # the files are on disk by now, their names are not
    except OSError as error:
        words = f"the report in {folder} cannot be written: {error.strerror}"
        raise Stopped(f"{words}; make room, then write it with `presence-worker report`") from error
    return summary


def summary_bytes(summary: Summary) -> bytes:
    """Return a summary as summary.json holds it."""
    text = orjson.dumps(to_json(summary), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return escape_json(text).encode()


def _write(path: Path, journal: Journal, write: Writer) -> bool:
    """Write one file of the run; False where it would have no rows."""
    return write_whole(path, lambda file: bool(write(journal, file)) or path.name not in ONLY_WITH_ROWS)
