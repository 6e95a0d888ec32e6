"""What a journal tells the index of runs, read anew only where the journal has changed."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import orjson

from ..errors import Locked, PresenceWorkerError, Stopped, UsageFault
from ..model import State
from .index_file import Line
from .journal import JOURNAL, Journal, damaged
from .locks import run_lock
from .run_record import RunRecord

CONFIDENTIAL = (  # what tells credentials apart, and values of cells: they may be reasons of absence
    "refused",
    "unmapped",
    "filtered",
)
SETTLED_AFTER = 2.0  # seconds; a file changed later than that may change again without a new time stamp
Read = tuple[RunRecord | None, int]  # the record, None where nothing is staged yet; the rows to send


def mark_of(journal: str) -> str | None:
    """Return what changes whenever a journal does; None where it is in use, or was a moment ago.

    Raise OSError where there is no such file.
    """
    found = os.stat(journal)  # noqa: PTH116 - asked of each run, each time
    if abs(time.time() - found.st_mtime) < SETTLED_AFTER or os.path.exists(f"{journal}-wal"):  # noqa: PTH110
        return None
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def read_line(folder: Path, number: int | None) -> Line | PresenceWorkerError:
    """Read the line of the run in *folder*; return the fault where its journal cannot be read.

    Its *number*, as far as that is known, counts until it is staged.
    """
    journal = folder / JOURNAL
    try:
        mark = mark_of(str(journal))
        record, to_send = _read_closed(journal) or _read_open(journal)
        if record is None:
            return Line(folder.name, number)
        if record.state == State.RUNNING or mark != mark_of(str(journal)):
            mark = None  # each time it has to be seen whether a process works on it
    except PresenceWorkerError as error:
        return error
    except (OSError, sqlite3.Error) as error:
        return damaged(journal, error)
    return Line(
        folder.name, record.order, mark, orjson.dumps(record.as_json(without=CONFIDENTIAL)).decode(), to_send
    )


def _read_closed(journal: Path) -> Read | None:
    """Read a journal that was closed in order, without writing a byte; None where it must be opened."""
    try:
        with run_lock(journal.parent):
            reader = untouched(journal)
            if reader is None:
                return None
            with closing(reader):
                return (
                    (reader.run(), reader.results.to_send())
                    if reader.is_staged() and reader.is_current()
                    else None
                )
    except (Locked, UsageFault, Stopped, sqlite3.Error):  # opening it shows what is wrong with it
        return None


def untouched(path: Path) -> Journal | None:
    """Open a journal to read it without writing a byte, which is quick; None where it must be repaired first.

    No process may write it meanwhile, and it may be of another version: `is_current` tells.
    """
    if path.with_name(f"{path.name}-wal").exists():
        return None
    try:
        return Journal(f"{path.as_uri()}?mode=ro&immutable=1", read_only=True)
    except sqlite3.Error:
        return None


def _read_open(journal: Path) -> Read:
    """Read a journal that another process may be writing; an older one is brought up to date."""
    with closing(Journal(journal)) as unstaged:
        if not unstaged.is_staged():
            return None, 0
    with closing(Journal.open(journal)) as opened:
        return opened.run(), opened.results.to_send()
