"""One run's journal: its rows and their results, on disk."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path

import orjson

from ..errors import StateFault, Stopped
from ..model import Row
from ..next_step import NextStep, write_step
from ..run_states import Step
from .database import Database, SqlRow
from .dated_rows import DatedRows, RowsByPerson
from .filesystem import STATE_DIR, WAYS_ON, Trouble, has_failed, is_about_locks, way_on
from .locks import without_locks
from .open_rows import OpenRows
from .outbox import LocalOutbox
from .results import LoggedRows, Results
from .rows import Rows
from .run_record import Comparison, Ending, JobInput, RunRecord
from .schema import MIGRATIONS, TABLES, VERSION
from .sessions import Sessions

JOURNAL = "journal.sqlite"  # what the file is called in a run's folder


def damage_error(path: Path | str, found: Trouble) -> StateFault | Stopped:
    """Return the error for a journal that cannot be read: never guessed at. A disk may be well again."""
    kind = Stopped if has_failed(found) else StateFault
    return kind(f"{path}: the journal cannot be read ({found}); {way_on(found)}")


class Journal:
    """Owns the journal of one run; every write is on disk when its method, or its transaction, returns.

    Methods may be called from any thread. A write that fails raises Stopped. It raises JournalGone if the
    file is no longer at its path: what is written would never be found again.

    The run as a whole is here. The rest is in parts. `rows`: what was asked. `results`: how it ended.
    `sessions`: who sent what, and when. `dated`: what is due on days. `logged`: what the log has.
    `open_rows`: what is not done, and what came back.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False, is_copy: bool = False) -> None:
        self.path = path
        self._db = Database(path, read_only=read_only, is_copy=is_copy)
        self._may_be_staged = False  # by us
        self.rows = Rows(self._db)
        self.by_person = RowsByPerson(self._db)
        self.results = Results(self._db)
        self.sessions = Sessions(self._db)
        self.outbox = LocalOutbox(self._db)
        self.dated = DatedRows(self._db)
        self.logged = LoggedRows(self._db)
        self.open_rows = OpenRows(self._db)

    @classmethod
    def create(cls, path: Path, *, is_copy: bool = False) -> "Journal":
        """Make a new, empty journal, for its owner alone; raise Stopped where that fails, or NoLocks.

        *is_copy*: what counts is in a database that machines share, and no write waits for this disk.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            return cls(path, is_copy=is_copy)
        except (OSError, sqlite3.Error) as error:
            if is_about_locks(error):  # no other process knows of the file yet
                raise without_locks(path, error, STATE_DIR) from error
            found = error.strerror if isinstance(error, OSError) else error
            raise Stopped(f"the journal {path} cannot be made: {found}") from error

    @classmethod
    def open(cls, path: Path, *, is_copy: bool = False) -> "Journal":
        """Open a run's journal; an older one is brought up to date, a newer or damaged one is refused.

        *is_copy*: see `create`.
        """
        if not path.is_file():
            raise damage_error(path, "no such file")
        try:
            journal = cls(path, is_copy=is_copy)
        except sqlite3.Error as error:
            raise damage_error(path, error) from None
        try:
            journal._bring_up_to_date()
        except BaseException:
            journal.close()
            raise
        return journal

    def _bring_up_to_date(self) -> None:
        """Change the tables of an older version into this one's, all at once; refuse what is none of ours."""
        version = self._version()
        if version in MIGRATIONS:
            with self._db.transaction():
                version = self._version()  # another process may have been faster
                while version in MIGRATIONS:
                    for statement in MIGRATIONS[version]:
                        self._db.execute(statement)
                    version += 1
                self._db.execute("UPDATE schema SET version = ?", (version,))
        if version != VERSION:
            raise StateFault(
                f"{self.path}: written by another version of presence-worker (schema {version}, "
                f"this one reads {VERSION}); use the version that wrote it"
            )

    def _version(self) -> SqlRow:
        try:
            found = self._db.execute("SELECT version FROM schema").fetchone()
        except sqlite3.Error as error:
            raise damage_error(self.path, error) from None
        if not found:
            raise damage_error(self.path, "it names no version")
        return found[0]

    def check(self) -> None:
        """Raise StateFault where the file is damaged; for a journal that was not closed in order."""
        try:
            (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            verdict = str(error)
        verdict = " ".join(verdict.split())
        if verdict != "ok":
            raise damage_error(self.path, verdict)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Make all writes inside one: all on disk, or none."""
        return self._db.transaction()

    def serialise(self) -> bytes:
        """Return the whole file as it is now, to be kept elsewhere; `save_file` makes a journal of it."""
        return self._db.serialise()

    def check_place(self) -> None:
        """Raise JournalGone where another file, or none, is at the journal's path by now."""
        self._db.check_place()

    def stage(self, run: RunRecord, rows: Iterable[Row]) -> None:
        """Write a new run with all its rows; call it inside a transaction, before anything else."""
        self._may_be_staged = True
        for statement in TABLES.split(";\n"):
            self._db.execute(statement)
        self._db.execute("INSERT INTO schema VALUES (?)", (VERSION,))
        columns = run.as_columns()
        self._db.execute(f"INSERT INTO run VALUES ({', '.join('?' * len(columns))})", columns)  # noqa: S608 - marks
        self.rows.insert(rows)

    def has_staged(self) -> bool:
        """Return whether this object has staged a run; where the disk does not let us see, it may have."""
        try:
            return self._may_be_staged and self.is_staged()
        except sqlite3.Error:
            return True

    def is_staged(self) -> bool:
        """Return whether the journal holds a run: it is staged in one transaction, whole or not at all."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'schema'"
        return bool(self._db.execute(query).fetchone()[0])

    def is_current(self) -> bool:
        """Return whether the journal is of the version that is read here."""
        return bool(self._db.all("SELECT version FROM schema") == [(VERSION,)])

    def run(self) -> RunRecord:
        """Return the run as a whole; raise Stopped where it cannot be read."""
        values = self._db.one("SELECT * FROM run")
        try:
            return RunRecord.read(values)
        except ValueError as error:
            raise Stopped(f"the journal {self.path} cannot be read: {error}; {WAYS_ON}") from error

    def save_ending(self, ending: Ending) -> None:
        """Write how the run ended; call it inside a transaction."""
        self._set(**ending._asdict() | {"next": ending.next and write_step(ending.next)})
        self._db.execute_aside("UPDATE run SET endings = endings + 1", [])

    def save_next(self, step: NextStep) -> None:
        """Write the command to run next; call it inside a transaction."""
        self._set(next=write_step(step))

    def save_step(self, step: Step) -> None:
        """Write what the run has to do next; call it inside a transaction."""
        self._set(step=step)

    def save_notes(self, notes: Sequence[str]) -> None:
        """Write what the reader should know, in place of what was noted before; in a transaction."""
        self._set(notes=orjson.dumps([*notes]).decode())

    def add_notes(self, notes: Iterable[str]) -> None:
        """Write what the reader should know as well; a note that is there already stays the only one."""
        self.save_notes([*dict.fromkeys([*self.run().notes, *notes])])

    def save_input(self, job: JobInput) -> None:
        """Write what is known of the job, in place of what was known before; in a transaction."""
        self._set(input=orjson.dumps(job.as_json()).decode())

    def save_comparison(self, compared: Comparison) -> None:
        """Write how the job differs from the last one; call it inside a transaction."""
        self._set(compared=orjson.dumps(compared).decode())

    def _set(self, **columns: str | int | None) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self._db.execute_aside(f"UPDATE run SET {names}", [*columns.values()])  # noqa: S608 - names are ours

    def add_note(self, words: str | None) -> bool:
        """Add a note to the run's report, once; return whether it is new."""
        if words is None or words in self.run().notes:
            return False
        with self._db.transaction():
            self.add_notes([words])
        return True


def save_file(file: bytes, path: Path) -> None:
    """Put the journal that *file* is (see `Journal.serialise`) at *path*, in place of one that is there.

    A process that reads the former one goes on with that until its transaction ends. Raise sqlite3.Error or
    OSError where it cannot be written.
    """
    image = bytearray(file)
    image[18:20] = b"\x01\x01"  # no write-ahead log: there is none in memory
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(":memory:")) as memory, closing(sqlite3.connect(path, timeout=10)) as disk:
        memory.deserialize(bytes(image))
        disk.execute("PRAGMA synchronous = OFF")  # where it is saved, it is durable
        memory.backup(disk)


def open_untouched(path: Path) -> Journal | None:
    """Open a journal to read it without writing a byte, which is quick; None where it must be repaired first.

    No process may write it at the same time. It may be of another version: see `is_current`.
    """
    if path.with_name(f"{path.name}-wal").exists():
        return None
    try:
        return Journal(f"{path.as_uri()}?mode=ro&immutable=1", read_only=True)
    except sqlite3.Error:
        return None
