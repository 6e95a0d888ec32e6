"""A run in the database: its journal as it was saved last, and what has come since."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple, Protocol

import orjson

from ..errors import LeaseLost, Locked, StateFault, Stopped
from ..journal import JOURNAL, Journal, Settled, save_file
from ..journal.index_lines import line_of
from ..model import Outcome, Reason, Result
from ..next_step import NextStep
from ..report.files import ONLY_WITH_ROWS
from ..run_states import State
from .connections import Connection, SharedDatabase
from .copies import Version, is_copy, read_version, remove_reports, write_version
from .run_table import WRITTEN_BY
from .sealing import Sealing

FETCHED = "fetched.sqlite"  # beside the journal while it is fetched
LOST = "another machine works on this target by now; this run goes on there"
AT_WORK = "run {} is being worked on by another machine"
Columns = dict[str, str | int | bytes | None]  # of a run
NOT_SAVED = "run {} was never saved in the database: nothing of it was sent"

INSERT = """INSERT INTO run (run_id, number, target, target_name, state, saved, line, summary, file)
    VALUES (%(run_id)s, %(number)s, %(target)s, %(target_name)s, %(state)s, 1, %(line)s, %(summary)s,
        %(file)s)
    ON CONFLICT (run_id) DO UPDATE SET state = excluded.state, saved = run.saved + 1, line = excluded.line,
        summary = excluded.summary, corrected = NULL, file = excluded.file, changed = pg_current_xact_id()
    RETURNING saved"""
HOLD = """WITH held AS (
    UPDATE lease SET run_id = %(run_id)s
    WHERE target = %(target)s AND token = %(token)s AND holder = %(holder)s RETURNING target
), gone AS (
    DELETE FROM log WHERE run_id = %(run_id)s AND EXISTS (SELECT FROM held)
)
"""
SAVE = HOLD + INSERT.replace("VALUES (", "SELECT ").replace("%(file)s)", "%(file)s FROM held")
NEWEST = """SELECT saved, coalesce(token, 0), coalesce(seq, 0) FROM run LEFT JOIN LATERAL
    (SELECT token, seq FROM log WHERE log.run_id = run.run_id ORDER BY token DESC, seq DESC LIMIT 1) AS newest
    ON true WHERE run_id = %s"""
HOLDER = "SELECT holder, until > now() FROM lease WHERE run_id = %s AND holder IS NOT NULL"
LOGGED = "SELECT token, seq, handed_out, outcomes FROM log WHERE run_id = %s ORDER BY token, seq"


class Saving(Protocol):
    """What we need of this process as one of several."""

    @property
    def id(self) -> str:
        """Its name, as the holder of targets."""

    @property
    def database(self) -> SharedDatabase:
        """How the database is reached."""

    @property
    def sealing(self) -> Sealing:
        """What packs payloads."""


class HeldLease(Protocol):
    """What we need of a lease: whose, and the token under which the target is held."""

    @property
    def target(self) -> str:
        """The address."""

    @property
    def token(self) -> int:
        """It grows each time the target is taken."""


class _Found(NamedTuple):
    """A run as the database has it."""

    version: Version
    file: bytes
    logged: list[tuple[int, list[Settled]]]  # rows handed out so far, and outcomes


# -- outcomes, as the log has them ---------------------------------------------------------------------------


def pack_outcomes(outcomes: Iterable[Settled]) -> bytes:
    """Return outcomes as the log has them, before they are sealed."""
    return orjson.dumps(
        [
            (row, *outcome[:6], round(outcome.duration_ms, 3), at)  # what a journal has of it
            for row, outcome, at in outcomes
        ]
    )


def unpack_outcomes(packed: bytes) -> list[Settled]:
    """Return the outcomes that `pack_outcomes` wrote, as far as a journal has them."""
    return [
        (row, Outcome(Result(result), reason and Reason(reason), *rest), at)
        for row, result, reason, *rest, at in orjson.loads(packed)
    ]


# -- saving --------------------------------------------------------------------------------------------------


def save(member: Saving, held: HeldLease, journal: Journal, summary: bytes | None = None) -> None:
    """Save a run under a lease; what the log has of it is in its journal by now, and goes.

    It may be repeated. Raise LeaseLost where the target is another's, DatabaseAway where it is not known
    whether the run was saved.
    """
    run, folder = journal.run(), Path(journal.path).parent
    columns = _columns(member, journal, summary)
    columns |= {"target": held.target, "token": held.token, "holder": member.id}
    write_version(folder, None)

    def work(connection: Connection) -> int:
        found = connection.execute(SAVE, columns).fetchone()  # one statement: a frozen process locks nothing
        if found is None:
            raise LeaseLost(LOST)
        return int(found[0])

    saved = member.database.work(work)
    if run.state != State.RUNNING:  # else what follows is here first
        write_version(folder, Version(saved))


def save_unheld(member: Saving, journal: Journal, summary: bytes | None = None) -> bool:
    """Save what was written in a copy of a run; return whether it was: not where the run has gone on."""
    run, folder = journal.run(), Path(journal.path).parent
    version = read_version(folder)
    if version is None:
        return False
    columns = _columns(member, journal, summary)
    write_version(folder, None)  # the copy has more than the database, whatever happens now

    def work(connection: Connection) -> int:
        with connection.transaction():
            query = "SELECT holder IS NOT NULL AND run_id = %s FROM lease WHERE target = %s FOR SHARE"
            if (True,) in connection.execute(query, (run.run_id, run.target)):
                return 0
            connection.execute("SELECT FROM run WHERE run_id = %s FOR UPDATE", (run.run_id,))
            is_newest = connection.execute(NEWEST, (run.run_id,)).fetchone() == version
            return _put(connection, columns) if is_newest else 0

    if saved := member.database.work(work):
        write_version(folder, Version(saved))
    return bool(saved)


def insert(member: Saving, journal: Journal, number: int, summary: bytes | None) -> bool:
    """Take a run of before in; return whether it was new."""
    columns = _columns(member, journal, summary) | {"number": number}
    query = INSERT.partition("ON CONFLICT")[0] + "ON CONFLICT DO NOTHING"
    return bool(member.database.work(lambda connection: connection.execute(query, columns).rowcount))


def _put(connection: Connection, columns: Columns) -> int:
    connection.execute("DELETE FROM log WHERE run_id = %(run_id)s", columns)
    found = connection.execute(INSERT, columns).fetchone()
    return int(found[0]) if found else 0


def _columns(member: Saving, journal: Journal, summary: bytes | None) -> Columns:
    run, line, sealing = journal.run(), line_of(journal), member.sealing
    text = orjson.dumps([line.record, line.to_send, line.follows])
    return {
        "run_id": run.run_id,
        "number": run.order,
        "target": run.target,
        "target_name": run.target_name,
        "state": str(run.state),
        "line": sealing.seal(text),
        "summary": sealing.seal(WRITTEN_BY + summary) if summary is not None else None,
        "file": sealing.seal(journal.serialise()),
    }


# -- fetching ------------------------------------------------------------------------------------------------


def is_newest(member: Saving, run_id: str, folder: Path) -> bool:
    """Return whether the journal in *folder* is the run as the database has it.

    Raise Locked where another process works on the run, StateFault for a run that was never saved.
    """

    def ask(connection: Connection) -> tuple[tuple[int, int, int] | None, list[tuple[str, bool]]]:
        newest = connection.execute(NEWEST, (run_id,)).fetchone()
        return newest, connection.execute(HOLDER, (run_id,)).fetchall()

    newest, holders = member.database.work(ask)
    if any(is_live and holder != member.id for holder, is_live in holders):
        raise Locked(AT_WORK.format(run_id))
    if newest is None:
        if is_copy(folder):
            raise StateFault(NOT_SAVED.format(run_id))
        return True  # of a time before there was a database
    return (folder / JOURNAL).is_file() and read_version(folder) == Version(*newest)


def fetch(member: Saving, run_id: str, folder: Path) -> None:
    """Have the run here as the database has it; hold it. Raise StateFault where it is gone."""
    found = member.database.work(lambda connection: _find(member, run_id, connection))
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_version(folder, None)
        save_file(_replay(found, folder / FETCHED), folder / JOURNAL)
        _name_place(folder)
        remove_reports(folder)
        write_version(folder, found.version)
    except (OSError, sqlite3.Error) as error:
        raise Stopped(f"{folder}: the run cannot be copied from the database: {error}") from error


def _find(member: Saving, run_id: str, connection: Connection) -> _Found:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        newest = connection.execute("SELECT saved, file FROM run WHERE run_id = %s", (run_id,)).fetchone()
        logged = connection.execute(LOGGED, (run_id,)).fetchall()
    if newest is None:
        raise StateFault(f"run {run_id}: the database has no such run any more")
    version = Version(newest[0], *(logged[-1][:2] if logged else ()))
    unsealed = [
        (handed_out, unpack_outcomes(member.sealing.open(outcomes)) if outcomes else [])
        for _, _, handed_out, outcomes in logged
    ]
    return _Found(version, member.sealing.open(newest[1]), unsealed)


def _replay(found: _Found, path: Path) -> bytes:
    """Return a run's journal with what the log has; until then it is written at *path*."""
    if not found.logged:
        return found.file
    _remove(path)
    save_file(found.file, path)
    journal = Journal.open(path)
    try:
        for handed_out, outcomes in found.logged:
            journal.outbox.replay(handed_out, outcomes)
        return journal.serialise()
    finally:
        journal.close()
        _remove(path)


def _name_place(folder: Path) -> None:
    """Let the command to run next name a file of the run where it is on this machine."""
    with closing(Journal.open(folder / JOURNAL)) as journal:
        step = journal.run().next
        words = [_in_folder(word, folder) for word in step.words] if step and step.line is None else []
        if step and words and tuple(words) != step.words:
            with journal.transaction():
                journal.save_next(NextStep(tuple(words)))


def _in_folder(word: str, folder: Path) -> str:
    place = PureWindowsPath(word) if "\\" in word else PurePosixPath(word)
    is_of_run = place.name in ONLY_WITH_ROWS and place.parent.name == folder.name
    return str(folder / place.name) if is_of_run else word


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()
