"""A run's line in the index: read from its journal, kept in the file of the index."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson
import structlog

from .. import __version__
from ..errors import Locked, PresenceWorkerError, Stopped, UsageFault
from ..private_settings import ABSENCE
from ..run_states import State
from .journal import JOURNAL, Journal, damage_error, open_untouched
from .locks import run_lock
from .run_record import RunRecord
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
    summary BLOB,              -- JSON; NULL: not known
    follows TEXT,              -- JSON: the runs that it corrects, or undoes; NULL: none
    corrected BLOB             -- JSON: how far later runs have done its rows; NULL: not known
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
    follows: str | None = None  # JSON: the runs that it corrects, or undoes
    corrected: bytes | None = None  # JSON: how far later runs have done its rows


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
                _add_columns(database)
                database.execute("UPDATE run SET mark = NULL, summary = NULL, corrected = NULL")
                database.execute("UPDATE meta SET written_by = ?", (WRITTEN_BY,))
    except BaseException:
        database.close()
        raise
    return database


def _has_tables(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone())


def _add_columns(database: sqlite3.Connection) -> None:
    """Add what the table of an older version lacks."""
    known = {name for _, name, *_ in database.execute("PRAGMA table_info(run)")}
    for name in Line._fields:
        if name not in known:
            database.execute(f"ALTER TABLE run ADD COLUMN {name}")


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


CONFIDENTIAL = (  # what identifies credentials, and values of cells: they may be reasons of absence
    "refused",
    "unmapped",
    "filtered",
    *ABSENCE,
)
SETTLED_AFTER = 2.0  # seconds; a file changed later than that may change again without a new time stamp


class Read(NamedTuple):
    """What is read of a journal."""

    record: RunRecord | None = None  # None: nothing is staged yet
    to_send: int = 0  # rows
    follows: Sequence[str] = ()  # runs


def mark_of(journal: str) -> str | None:
    """Return what changes whenever a journal does; None where it is in use, or was a moment ago.

    Raise OSError if the file does not exist.
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
        record, to_send, follows = _read_closed(journal) or _read_open(journal)
        if record is None:
            return Line(folder.name, number)
        if record.state == State.RUNNING or mark != mark_of(str(journal)):
            mark = None  # each time it has to be seen whether a process works on it
    except PresenceWorkerError as error:
        return error
    except (OSError, sqlite3.Error) as error:
        return damage_error(journal, error)
    return _line(folder.name, Read(record, to_send, follows))._replace(mark=mark)


def line_of(journal: Journal) -> Line:
    """Return the line of the run that an open journal has, without a mark."""
    read = _read(journal)
    return _line(read.record.run_id if read.record else "", read)


def _line(name: str, read: Read) -> Line:
    record, follows = read.record, read.follows
    return Line(
        name=name,
        number=record and record.order,
        record=record and orjson.dumps(record.as_json(without=CONFIDENTIAL)).decode(),
        to_send=read.to_send,
        follows=orjson.dumps(follows).decode() if follows else None,
    )


def _read_closed(journal: Path) -> Read | None:
    """Read a journal that was closed in order, without writing a byte; None where it must be opened."""
    try:
        with run_lock(journal.parent):
            reader = open_untouched(journal)
            if reader is None:
                return None
            with closing(reader):
                return _read(reader) if reader.is_staged() and reader.is_current() else None
    except (Locked, UsageFault, Stopped, sqlite3.Error):  # opening it shows what is wrong with it
        return None


def _read_open(journal: Path) -> Read:
    """Read a journal that another process may be writing; an older one is brought up to date."""
    with closing(Journal(journal)) as unstaged:
        if not unstaged.is_staged():
            return Read()
    with closing(Journal.open(journal)) as opened:
        return _read(opened)


def _read(journal: Journal) -> Read:
    run = journal.run()
    follows = [run.undoes] if run.undoes else journal.open_rows.runs()
    return Read(run, journal.results.to_send(), follows)
