"""One run's journal: what was asked and what became of it, on disk."""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from ..errors import JournalGone, Stopped, UsageFault
from ..model import Change, Presence, Result, Row, State, Step, Verdict
from ..next_step import NextStep, stored_step
from .connection import first, is_about_locks, way_on
from .counts import UNSETTLED
from .job_input import Comparison, JobInput
from .locks import STATE_DIR, without_locks
from .logged import Unlogged
from .outbox import Settled
from .outcomes import columns, one_each, recording
from .reading import Reader
from .records import Ending, Finding, RunRecord, Scheduled, now
from .rows import insert
from .schema import MIGRATIONS, TABLES, VERSION

JOURNAL = "journal.sqlite"  # what the file is called in a run's folder
PAGE = 500  # changes read at once, at the most
AT_ONCE = 50  # outcomes written by one statement, at the most


def damaged(path: Path | str, found: object) -> UsageFault:
    """Give the error for a journal that cannot be read: never guessed at."""
    return UsageFault(f"{path}: the journal cannot be read ({found}); {way_on(found)}")


def _file_at(path: Path | str) -> tuple[int, int] | None:
    """Give what tells the file at *path* from all others; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - "" is no file here, and for Path the working directory
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Journal(Reader):
    """Owns the SQLite file of one run; every write is on disk when its method returns.

    Methods may be called from any thread. A write that fails raises Stopped, and JournalGone where the file
    is no longer at its path, so that what is written would never be found again.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self._writing = threading.Lock()
        self._may_be_staged = False  # by us
        try:
            self._db.execute("PRAGMA trusted_schema = OFF")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = EXTRA")  # FULL, and also where there is no WAL to be had
        except sqlite3.Error:
            self.close()
            raise
        self._file = _file_at(path)  # only now is it open: a layered file system may have copied it then

    @classmethod
    def create(cls, path: Path) -> "Journal":
        """Make a new, empty journal, for its owner alone; raise Stopped where that fails, or NoLocks."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            return cls(path)
        except (OSError, sqlite3.Error) as error:
            if is_about_locks(error):  # nobody else knows of the file yet
                raise without_locks(path, error, STATE_DIR) from error
            found = error.strerror if isinstance(error, OSError) else error
            raise Stopped(f"the journal {path} cannot be made: {found}") from error

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open a run's journal; an older one is brought up to date, a newer or damaged one is refused."""
        if not path.is_file():
            raise damaged(path, "no such file")
        try:
            journal = cls(path)
        except sqlite3.Error as error:
            raise damaged(path, error) from None
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
            with self.transaction():
                version = self._version()  # somebody may have been faster
                while version in MIGRATIONS:
                    for statement in MIGRATIONS[version]:
                        self._db.execute(statement)
                    version += 1
                self._db.execute("UPDATE schema SET version = ?", (version,))
        if version != VERSION:
            raise UsageFault(
                f"{self.path}: written by another version of presence-worker (schema {version}, "
                f"this one reads {VERSION}); use the version that wrote it"
            )

    def _version(self) -> Any:
        try:
            found = self._db.execute("SELECT version FROM schema").fetchone()
        except sqlite3.Error as error:
            raise damaged(self.path, error) from None
        if not found:
            raise damaged(self.path, "it names no version")
        return found[0]

    def check(self) -> None:
        """Raise UsageFault where the file is damaged; for a journal that was not closed in order."""
        try:
            (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            verdict = str(error)
        verdict = " ".join(verdict.split())
        if verdict != "ok":
            raise damaged(self.path, verdict)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside one: all on disk, or none."""
        with self._writing:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._abandon()
                words = f"the journal {self.path} cannot be written: {error}{first(error)}"
                raise Stopped(words) from error
            except BaseException:
                self._abandon()
                raise
        self.check_place()

    def check_place(self) -> None:
        """Raise JournalGone where another file, or none, is at the journal's path by now."""
        if _file_at(self.path) != self._file:
            raise JournalGone(f"the journal {self.path} was deleted, moved or replaced while the run worked")

    def _abandon(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def stage(self, run: RunRecord, rows: Iterable[Row]) -> None:
        """Write a new run with all its rows; call it inside a transaction, then settle and seal."""
        self._may_be_staged = True
        for statement in TABLES.split(";\n"):
            self._db.execute(statement)
        self._db.execute("INSERT INTO schema VALUES (?)", (VERSION,))
        written = run.written()
        self._db.execute(f"INSERT INTO run VALUES ({', '.join('?' * len(written))})", written)  # noqa: S608 - marks
        insert(self._db, rows)

    def has_staged(self) -> bool:
        """Return whether this object has staged a run; where the disk does not let us see, it may have."""
        try:
            return self._may_be_staged and self.is_staged()
        except sqlite3.Error:
            return True

    def append(self, rows: Iterable[tuple[Row, Scheduled]]) -> None:
        """Add rows that no file brought to a staged run; call it inside a transaction, before it is sent."""
        for row, origin in rows:
            insert(self._db, [row])
            expected = origin.expected or (None, None)
            values = (row.row, origin.run_id, origin.of_row, origin.kind, *expected)
            self._db.execute("INSERT INTO scheduled VALUES (?, ?, ?, ?, ?, ?)", values)

    def close_rows(self, rows: Iterable[int]) -> None:
        """Say that nothing follows any more from rows that are due on days; call it inside a transaction."""
        self._db.executemany("INSERT OR IGNORE INTO closed VALUES (?)", ((row,) for row in rows))

    def settle(self, verdicts: Iterable[Verdict]) -> None:
        """Settle staged rows that are not to be sent; call it inside a transaction."""
        self._db.executemany(
            "UPDATE row SET result = ?, reason = ?, detail = ?, duplicate_of = ? WHERE row = ?",
            ((v.result, v.reason, v.detail, v.duplicate_of, v.row) for v in verdicts),
        )

    def found(self, findings: Iterable[Finding]) -> None:
        """Keep what the service holds for rows; call it inside a transaction."""
        self._db.executemany("INSERT OR REPLACE INTO before VALUES (?, ?, ?)", findings)

    def name(self, people: Iterable[tuple[int, int]]) -> None:
        """Say which associates rows are about, as (row, associate's id); call it inside a transaction."""
        self._db.executemany(
            "UPDATE row SET associate_id = ? WHERE row = ?", ((number, row) for row, number in people)
        )

    def save_ending(self, ending: Ending) -> None:
        """Write how the run ended; call it inside a transaction."""
        self._set(**ending._asdict() | {"next": ending.next and stored_step(ending.next)})

    def save_next(self, step: NextStep) -> None:
        """Write the command to run next; call it inside a transaction."""
        self._set(next=stored_step(step))

    def save_step(self, step: Step) -> None:
        """Write what the run has to do next; call it inside a transaction."""
        self._set(step=step)

    def save_notes(self, notes: Sequence[str]) -> None:
        """Write what the reader should know, in place of what was noted before; in a transaction."""
        self._set(notes=orjson.dumps([*notes]).decode())

    def save_input(self, job: JobInput) -> None:
        """Write what is known of the job, in place of what was known before; in a transaction."""
        self._set(input=orjson.dumps(job.as_json()).decode())

    def save_comparison(self, compared: Comparison) -> None:
        """Write how the job differs from the last one; call it inside a transaction."""
        self._set(compared=orjson.dumps(compared).decode())

    def _set(self, **columns: str | int | None) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self._db.execute(f"UPDATE run SET {names}", [*columns.values()])  # noqa: S608 - names are ours

    def add_note(self, words: str | None) -> bool:
        """Add a note to the run's report, once; return whether it is new."""
        notes = self.run().notes
        if words is None or words in notes:
            return False
        with self.transaction():
            self.save_notes([*notes, words])
        return True

    def begin(self, command: str, rate: float) -> None:
        """Open a session; what a session that died may have sent stays in doubt."""
        with self.transaction():
            self._db.execute(
                """INSERT OR REPLACE INTO outcome
                SELECT row, (SELECT max(session) FROM session), result, reason, detail, http_status,
                       attempts, wire_puts, coalesce(duration_ms, 0), ?
                FROM fate WHERE row IN (SELECT row FROM lost)""",
                (now(),),
            )
            self._db.execute("UPDATE session SET ended_at = started_at WHERE ended_at IS NULL")
            self._db.execute(
                "INSERT INTO session (command, started_at, rate) VALUES (?, ?, ?)", (command, now(), rate)
            )
            self.save_ending(Ending(State.RUNNING, None, None, None))

    def end(self, *, seconds: float, gets: int) -> None:
        """Close the session, all outcomes of which are written; *seconds* it delivered, *gets* it read."""
        with self.transaction():
            self._db.execute(
                "UPDATE session SET ended_at = ?, seconds = ?, gets = ? "
                "WHERE session = (SELECT max(session) FROM session)",
                (now(), seconds, gets),
            )

    def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes; see `Outbox`.

        Many rows go into one statement: each one hands Python's lock over to the sender and waits for it.
        """
        waiting = iter(one_each(outcomes))
        with self.transaction():
            (session,) = self._db.execute("SELECT max(session) FROM session").fetchone()
            while group := list(islice(waiting, AT_ONCE)):
                values = (columns(session, *settled) for settled in group)
                self._db.execute(recording(len(group)), list(chain.from_iterable(values)))

    def mark_logged(self, rows: Iterable[Unlogged]) -> None:
        """Note that the log has these rows, with the results they have."""
        with self.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO logged VALUES (?, ?)", ((each.row, each.result) for each in rows)
            )

    def take(self, after: int, most: int) -> list[Change]:
        """Return the next rows to be sent; see `Outbox`."""
        with self.transaction():
            found = self._all(
                """SELECT row.row, associate_id, status, message, outcome.result
                FROM row LEFT JOIN outcome ON outcome.row = row.row
                WHERE row.row > ? AND row.result IS NULL AND (outcome.row IS NULL
                    OR outcome.result IN (?, ?, ?) AND outcome.session < (SELECT max(session) FROM session))
                ORDER BY row.row LIMIT ?""",
                after,
                *UNSETTLED,
                most,
            )
            if found:
                self._hand_out("max(handed_out, ?)", found[-1][0])
        return [
            Change(row, associate_id, Presence(status, message), result == Result.UNKNOWN)
            for row, associate_id, status, message, result in found
        ]

    def changes(self, page: int = PAGE) -> Iterator[Change]:
        """Yield what is still to be sent, in row order, in flat memory, each page as it is taken."""
        last = 0
        while taken := self.take(last, min(page, PAGE)):
            last = taken[-1].row
            yield from taken

    def changes_of(self, associates: Iterable[int]) -> Iterator[Change]:
        """Yield what was to be sent of some associates, in row order; what became of it is in doubt."""
        query = """SELECT row, associate_id, status, message FROM row
            WHERE result IS NULL AND associate_id IN (SELECT value FROM json_each(?)) ORDER BY row"""
        for row, associate_id, *wanted in self._all(query, orjson.dumps([*associates]).decode()):
            yield Change(row=row, associate_id=associate_id, wanted=Presence(*wanted), in_doubt=True)

    def give_back(self, after: int) -> None:
        """Note that no row behind that one was begun; see `Outbox`."""
        with self.transaction():
            self._hand_out("min(handed_out, ?)", after)

    def _hand_out(self, upto: str, row: int) -> None:
        self._db.execute(
            f"UPDATE session SET handed_out = {upto} "  # noqa: S608 - ours
            "WHERE session = (SELECT max(session) FROM session)",
            (row,),
        )
