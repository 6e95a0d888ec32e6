"""The file behind the index of runs: one line for each folder, and the highest number ever taken."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import structlog

from .. import __version__
from .schema import VERSION

WRITTEN_BY = f"{__version__} {VERSION}"  # what another version has read is read again
TABLES = (
    "CREATE TABLE meta (written_by TEXT NOT NULL, last INTEGER NOT NULL)",  # last: the highest number taken
    """CREATE TABLE run (
    name    TEXT PRIMARY KEY,  -- of the folder
    number  INTEGER,           -- NULL: not known, or its journal is older than such numbers
    mark    TEXT,              -- of the journal that the rest was read from; NULL: read it again
    record  TEXT,              -- JSON; NULL: nothing is staged yet
    to_send INTEGER NOT NULL,
    summary BLOB               -- JSON; NULL: not known
)""",
)
log = structlog.get_logger()


class Line(NamedTuple):
    """A run's line in the index."""

    name: str
    number: int | None
    mark: str | None = None
    record: str | None = None
    to_send: int = 0  # rows that `resume` would send
    summary: bytes | None = None


def open_index(path: Path | str) -> sqlite3.Connection:
    """Open the index, or make an empty one; raise OSError or sqlite3.Error where that fails."""
    if isinstance(path, Path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    database = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA secure_delete = ON")  # what `prune` deletes is gone from here as well
        if not _has_tables(database):
            _make_tables(database)
        elif database.execute("SELECT written_by FROM meta").fetchall() != [(WRITTEN_BY,)]:
            with transaction(database):
                database.execute("UPDATE run SET mark = NULL, summary = NULL")
                database.execute("UPDATE meta SET written_by = ?", (WRITTEN_BY,))
    except BaseException:
        database.close()
        raise
    return database


def _has_tables(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone())


def _make_tables(database: sqlite3.Connection) -> None:
    with transaction(database):
        if not _has_tables(database):  # else another process was faster
            for statement in TABLES:
                database.execute(statement)
            database.execute("INSERT INTO meta VALUES (?, 0)", (WRITTEN_BY,))


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Make all writes inside one: all of them are on disk, or none."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def read_lines(database: sqlite3.Connection) -> dict[str, Line]:
    """Return the lines of all runs by the names of their folders."""
    found = database.execute(f"SELECT {', '.join(Line._fields)} FROM run")  # noqa: S608 - names are ours
    return {line.name: line for line in map(Line._make, found)}


def write_lines(database: sqlite3.Connection, lines: Iterable[Line], gone: Iterable[str]) -> None:
    """Write lines, and delete those of the folders that are *gone*; where that fails, they are read again."""
    marks = ", ".join("?" * len(Line._fields))
    try:
        with transaction(database):
            database.executemany(f"INSERT OR REPLACE INTO run VALUES ({marks})", lines)  # noqa: S608 - marks
            database.executemany("DELETE FROM run WHERE name = ?", ((name,) for name in gone))
    except sqlite3.OperationalError as error:  # such as a full disk
        log.debug("index.not_written", detail=str(error))


def take_number(database: sqlite3.Connection, name: str, highest: int) -> int:
    """Return a new number for the run called *name*: above *highest* and above all that were taken before."""
    with transaction(database):
        (last,) = database.execute("SELECT max(last, ?) + 1 FROM meta", (highest,)).fetchone()
        database.execute("UPDATE meta SET last = ?", (last,))
        database.execute("INSERT OR REPLACE INTO run (name, number, to_send) VALUES (?, ?, 0)", (name, last))
    return int(last)
