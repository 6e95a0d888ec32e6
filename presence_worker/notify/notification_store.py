"""What one machine remembers for messages, in STATE/outbox/."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from ..errors import StateFault
from ..journal import check_owner, make_private
from ..json_form import from_json, to_json
from .message_store import QueuedMessage
from .when_due import LastTrouble

FOLDER, FILE = "outbox", "messages.sqlite"
PATIENCE = 0.5  # seconds for another process that writes; a run waits so long for it, too
IN_MEMORY = ":memory:"
TABLES = (
    """CREATE TABLE IF NOT EXISTS run (  -- at work, or ended, and not every ending is queued yet
    name   TEXT NOT NULL,
    target TEXT NOT NULL,
    reported   INTEGER,  -- how many of its endings are queued; NULL: all but the last one
    PRIMARY KEY (name, target)
)""",
    """CREATE TABLE IF NOT EXISTS memory (
    target  TEXT NOT NULL,
    channel TEXT NOT NULL,
    trouble TEXT NOT NULL,  -- JSON
    PRIMARY KEY (target, channel)
)""",
    """CREATE TABLE IF NOT EXISTS message (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: a lock is called so
    target      TEXT NOT NULL,
    channel     TEXT NOT NULL,
    id          TEXT NOT NULL,  -- of the message
    message     TEXT NOT NULL,  -- JSON
    queued      REAL NOT NULL,  -- seconds since 1970, like the next one
    first_tried REAL,
    tries       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (target, channel, id)
)""",
)
ADOPT = (
    "UPDATE OR IGNORE memory SET target = ? WHERE target = ?",
    "UPDATE OR IGNORE message SET target = ? WHERE target = ?",
)


class NotificationStore:
    """Owns STATE/outbox/; without it, all is kept in memory, and messages are tried once.

    See `MessageStore`; what it raises is sqlite3.Error.
    """

    def __init__(self, folder: Path | None, patience: float = PATIENCE) -> None:
        self.folder = folder
        self._patience = patience
        self._db = _open(folder, patience) if folder else _in_memory()

    @classmethod
    def open(cls, state_dir: Path, patience: float) -> "NotificationStore":
        """Open what is kept in a state directory; raise StateFault where that cannot be written."""
        check_owner(state_dir)
        try:
            return cls(state_dir / FOLDER, min(patience, PATIENCE))
        except OSError as error:
            raise StateFault(error.strerror or type(error).__name__) from None
        except sqlite3.Error as error:
            raise StateFault(str(error)) from None

    @contextmanager
    def without_patience(self) -> Iterator[None]:
        """Let other processes that write be an error at once: an event loop must not wait for them."""
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self, target: str = "") -> Iterator[None]:
        """Make all writes inside one: all on disk, or none."""
        del target  # one process writes at a time
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # -- runs ------------------------------------------------------------------------------------------------

    def register(self, name: str, target: str, reported: int | None) -> None:
        """Note a run, so many of whose endings are *reported*; one that was noted stays as it is."""
        self._db.execute("INSERT OR IGNORE INTO run VALUES (?, ?, ?)", (name, target, reported))

    def runs_of(self, target: str) -> list[tuple[str, int | None]]:
        """Return the runs that were noted, oldest first, and how many endings are reported."""
        query = "SELECT name, reported FROM run WHERE target = ? ORDER BY rowid"
        return self._db.execute(query, (target,)).fetchall()

    def forget(self, name: str, target: str) -> bool:
        """Forget a run: all of its endings are reported; return whether it was still noted."""
        found = self._db.execute("DELETE FROM run WHERE name = ? AND target = ?", (name, target))
        return found.rowcount > 0

    def give_up(self, name: str, target: str) -> None:
        """Forget a run that is not there."""
        self.forget(name, target)

    # -- what was sent last ----------------------------------------------------------------------------------

    def last_trouble(self, target: str, channel: str) -> LastTrouble | None:
        """Return the trouble that a channel has sent of a target; None: all is well."""
        query = "SELECT trouble FROM memory WHERE target = ? AND channel = ?"
        found = self._db.execute(query, (target, channel)).fetchone()
        return from_json(LastTrouble, orjson.loads(found[0])) if found else None

    def remember(self, target: str, channel: str, trouble: LastTrouble | None) -> None:
        """Write what a channel has sent of a target."""
        self._db.execute("DELETE FROM memory WHERE target = ? AND channel = ?", (target, channel))
        if trouble:
            text = orjson.dumps(to_json(trouble)).decode()
            self._db.execute("INSERT INTO memory VALUES (?, ?, ?)", (target, channel, text))

    def adopt(self, other: str, target: str) -> None:
        """Let all that is kept of one target be another's, unless it has its own."""
        with self.transaction():
            for statement in ADOPT:
                self._db.execute(statement, (target, other))

    # -- messages --------------------------------------------------------------------------------------------

    def enqueue(self, target: str, channel: str, message_id: str, message: str, now: float) -> None:
        """Queue a message; one that waits already stays as it is."""
        self._db.execute(
            "INSERT OR IGNORE INTO message (target, channel, id, message, queued) VALUES (?, ?, ?, ?, ?)",
            (target, channel, message_id, message, now),
        )

    def messages(self) -> list[QueuedMessage]:
        """Return all messages that wait, oldest first."""
        query = """SELECT number, target, channel, id, message, queued, first_tried, tries
            FROM message ORDER BY number"""
        return [*map(QueuedMessage._make, self._db.execute(query))]

    def targets(self) -> list[str]:
        """Return the targets that messages wait for, or endings of runs."""
        query = "SELECT target FROM message UNION SELECT target FROM run ORDER BY target"
        return [target for (target,) in self._db.execute(query)]

    def is_waiting(self, message: QueuedMessage) -> bool:
        """Return whether a message still waits: another process may have delivered it."""
        query = "SELECT EXISTS (SELECT * FROM message WHERE number = ? AND id = ?)"
        return bool(self._db.execute(query, (message.number, message.id)).fetchone()[0])

    @contextmanager
    def hold(self, message: QueuedMessage, seconds: float) -> Iterator[bool]:
        """Hold a message, so that no other process sends it as well; yield whether that is so."""
        del seconds  # the kernel knows when its holder ends
        if self.folder is None:
            yield True
            return
        path = self.folder / f"{message.number}.lock"
        lock = FileLock(path, mode=0o600, fallback_to_soft=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            with suppress(OSError, sqlite3.Error):
                if not self.is_waiting(message):
                    path.unlink(missing_ok=True)
            lock.release()

    def note_try(self, message: QueuedMessage, now: float) -> None:
        """Note that a message is tried now."""
        self._db.execute(
            "UPDATE message SET tries = tries + 1, first_tried = coalesce(first_tried, ?) WHERE number = ?",
            (now, message.number),
        )

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """Take messages out of the queue."""
        with self.transaction():
            self._db.executemany(
                "DELETE FROM message WHERE number = ?", ((each.number,) for each in messages)
            )


def _open(folder: Path, patience: float) -> sqlite3.Connection:
    make_private(folder)
    path = folder / FILE
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return _with_tables(sqlite3.connect(path, isolation_level=None, timeout=patience))


def _in_memory() -> sqlite3.Connection:
    return _with_tables(sqlite3.connect(IN_MEMORY, isolation_level=None))


def _with_tables(database: sqlite3.Connection) -> sqlite3.Connection:
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA secure_delete = ON")
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'message'").fetchone():
            for statement in TABLES:
                database.execute(statement)
    except BaseException:
        database.close()
        raise
    return database
