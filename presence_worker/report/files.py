"""The report files of a run, each whole or not there at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import orjson

from ..errors import Stopped
from ..journal import Journal, sync_directory
from .changes import waiting_changes
from .csv_files import write_failed, write_report, write_unprocessed
from .jsonl import write_jsonl
from .page import write_page
from .summary import Summary, summarise
from .to_come import to_come

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
    """Write all files of the run into *folder* and give its summary; raise Stopped where that fails."""
    files = {}
    try:
        for name, write in WRITERS.items():
            if _write(folder / name, journal, write):
                files[name] = folder / name
        files[SUMMARY] = folder / SUMMARY
        summary = {**summarise(journal, files), **waiting_changes(journal), **to_come(journal)}
        _write(folder / SUMMARY, journal, lambda _, file: file.write(as_json(summary)))
        sync_directory(folder)  # the files are on disk by now, their names are not
    except OSError as error:
        words = f"the report in {folder} cannot be written: {error.strerror}"
        raise Stopped(f"{words}; make room, then write it with `presence-worker report`") from error
    return summary


def as_json(summary: Summary) -> bytes:
    """Give a summary as summary.json holds it."""
    return orjson.dumps(summary, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _write(path: Path, journal: Journal, write: Writer) -> bool:
    """Write one file beside its place and move it there; False where it would have no rows."""
    beside = path.with_name(f".{path.name}.new")  # one that a killed program left is written over
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            rows = write(journal, file)
            file.flush()
            os.fsync(file.fileno())
        wanted = bool(rows) or path.name not in ONLY_WITH_ROWS
        if wanted:
            beside.replace(path)
        else:
            path.unlink(missing_ok=True)
    finally:
        beside.unlink(missing_ok=True)
    return wanted
