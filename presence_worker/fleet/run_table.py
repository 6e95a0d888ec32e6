"""What the table of runs says, without their journals."""

import secrets
import threading
from collections.abc import Iterable
from typing import LiteralString, NamedTuple

import orjson

from .. import __version__
from ..journal.schema import VERSION
from .connections import Connection, SharedDatabase
from .sealing import Sealing

OF_TARGET = "SELECT run_id, number, state, saved, line, NULL, NULL FROM run WHERE target = %s"
CHANGED = """SELECT run_id, number, state, saved, line, summary, corrected
    FROM run WHERE changed >= %s::text::xid8"""
KEEP: dict[str, LiteralString] = {  # column: what it gets
    "summary": """UPDATE run SET summary = %s, changed = pg_current_xact_id()
        WHERE run_id = %s AND saved = %s""",
    "corrected": """UPDATE run SET corrected = %s, changed = pg_current_xact_id()
        WHERE run_id = %s AND saved = %s""",
}
MOMENT = """SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
    (SELECT value FROM memory WHERE name = 'runs.deleted')"""
AT_WORK = """SELECT lease.run_id, holder, (SELECT max(done) FROM log WHERE log.run_id = lease.run_id)
    FROM lease WHERE holder IS NOT NULL AND run_id IS NOT NULL AND until > now()"""
DELETED = """INSERT INTO memory VALUES ('runs.deleted', %s)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
WRITTEN_BY = f"{__version__} {VERSION}\n".encode()  # what another version has kept is made again


class RunRow(NamedTuple):
    """A run as the table has it."""

    name: str
    number: int
    state: str
    saved: int
    line: bytes  # sealed, like the next two
    summary: bytes | None
    corrected: bytes | None

    def read_line(self, sealing: Sealing) -> tuple[str, int, str | None]:
        """Return the run's record, the rows that `resume` would send, and the runs that it follows."""
        record, to_send, follows = orjson.loads(sealing.open(self.line))
        return record, to_send, follows


class WorkElsewhere(NamedTuple):
    """A run that a process works on."""

    holder: str
    done: int  # rows with an outcome since it was saved


class RunTable:
    """Owns what this process knows of all runs; only what has changed is read again."""

    def __init__(self, database: SharedDatabase, sealing: Sealing) -> None:
        self._database = database
        self.sealing = sealing
        self._known: dict[str, RunRow] = {}
        self._since, self._deleted = "0", b""
        self._reading = threading.Lock()

    def all(self) -> list[RunRow]:
        """Return all runs."""
        with self._reading:
            for row in self._database.work(self._read_changed):
                self._known[row.name] = self._decrypt(row)
            return list(self._known.values())

    def of_target(self, target: str) -> list[RunRow]:
        """Return the runs of a target, by its address, without their summaries."""
        return self._database.work(
            lambda connection: [*map(RunRow._make, connection.execute(OF_TARGET, (target,)))]
        )

    def at_work(self) -> dict[str, WorkElsewhere]:
        """Return the runs that processes work on."""
        rows = self._database.work(lambda connection: connection.execute(AT_WORK).fetchall())
        return {run_id: WorkElsewhere(holder, done or 0) for run_id, holder, done in rows}

    def exists(self, run_id: str) -> bool:
        """Return whether there is a run of this id."""
        query = "SELECT 1 FROM run WHERE run_id = %s"
        return bool(self._database.work(lambda connection: connection.execute(query, (run_id,)).fetchone()))

    def keep(self, column: str, values: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep what was made of a run, by its name, as long as it is saved as often as its mark says."""
        rows = [(self.sealing.seal(text), name, int(mark)) for name, mark, text in values]
        if rows:
            self._database.work(lambda connection: connection.cursor().executemany(KEEP[column], rows))

    def delete(self, run_id: str) -> bool:
        """Delete a run; return False where a process holds it."""
        query = """DELETE FROM run WHERE run_id = %(id)s AND NOT EXISTS
            (SELECT FROM lease WHERE run_id = %(id)s AND holder IS NOT NULL AND until > now())"""

        def work(connection: Connection) -> bool:
            with connection.transaction():
                is_deleted = bool(connection.execute(query, {"id": run_id}).rowcount)
                if is_deleted:
                    connection.execute("DELETE FROM log WHERE run_id = %s", (run_id,))
                connection.execute(DELETED, (self.sealing.seal(secrets.token_bytes(8)),))
            return is_deleted

        return self._database.work(work) or not self.exists(run_id)

    def find_missing(self, names: Iterable[str]) -> set[str]:
        """Return those of the *names* that no run has."""
        asked = set(names)
        query = "SELECT run_id FROM run WHERE run_id = ANY(%s)"
        found = self._database.work(lambda connection: connection.execute(query, (list(asked),)).fetchall())
        return asked - {name for (name,) in found}

    def _read_changed(self, connection: Connection) -> list[RunRow]:
        since, deleted = connection.execute(MOMENT).fetchone() or ("0", None)
        if deleted != self._deleted:
            self._known, self._since = {}, "0"
        changed = [*map(RunRow._make, connection.execute(CHANGED, (self._since,)))]
        self._known |= {row.name: row for row in changed}
        self._since, self._deleted = since, deleted
        return changed

    def _decrypt(self, row: RunRow) -> RunRow:
        """Return a row that can be opened without a key: a list of runs opens each of them, each time."""
        decrypt = self.sealing.decrypt
        return row._replace(
            line=decrypt(row.line),
            summary=row.summary and decrypt(row.summary),
            corrected=row.corrected and decrypt(row.corrected),
        )
