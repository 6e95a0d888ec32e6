"""The tables of the database that several machines share: how they are made, and brought up to date.

A step only adds: tables, columns with a default, indexes. What a former program needs is taken away at the
earliest one version later, so that workers of that version finish what they hold. The engine says of each
of its own steps whether the former program bears it ("pre") or not ("post").
"""

from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from procrastinate.schema import SchemaManager

from ..errors import UsageFault
from .connections import SCHEMA, Connection, SharedDatabase, meaning, tables_fault

STEPS = ("schema.sql",)  # files of this folder; the tables' version is how many of them were carried out
OLDEST = 1  # a program that knows fewer steps than this cannot use the tables after the last step
LOCK = 0x70726573656E6365  # of the database: one at a time makes or changes tables
PATIENCE = "5min"  # for another one that does so, and for workers to let go of a table
NOT_THERE = (0, 0)
VERSION = "SELECT version, oldest FROM presence_worker.version"  # named whole: no right is not no table
# not to_regclass: within a transaction it may remember that there was none
HAS_VERSION = """SELECT max(pg_class.oid) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %s AND relname = 'version'"""
TOO_NEW = (
    "fleet.database: a newer version of presence-worker has changed the tables, and this one cannot use them "
    "any more. Install the version that the other machines have"
)


class Made(NamedTuple):
    """What was done to the tables."""

    before: int  # their version; 0: there were none
    now: int
    waiting: tuple[str, ...]  # steps of the engine that wait until workers of a former version have ended


def ensure(database: SharedDatabase) -> None:
    """Make the tables where there are none and our role may; raise UsageFault where they do not fit."""
    with database.connection() as connection:
        if _read_version(connection) == NOT_THERE:
            _make(connection)
        check(connection)


def _make(connection: Connection) -> None:
    try:
        with meaning():
            init(connection)
    except UsageFault:  # our role may not
        raise tables_fault() from None


def check(connection: Connection) -> None:
    """Raise UsageFault where the tables are missing, too old or too new for this program."""
    version, oldest = _read_version(connection)
    if version < len(STEPS):
        raise tables_fault()
    if oldest > len(STEPS):
        raise UsageFault(TOO_NEW)


def init(connection: Connection, has_former: Callable[[Connection], bool] = lambda _: False) -> Made:
    """Make the tables, or bring them up to date; everything or nothing, and one at a time.

    Where *has_former* finds workers of a former version, the engine's steps that they do not bear wait.
    """
    with connection.transaction():
        connection.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        before, oldest = _read_version(connection)
        if oldest > len(STEPS):
            raise UsageFault(TOO_NEW)
        if before == 0:
            _make_schema(connection)
        for name in STEPS[before:]:
            connection.execute(_read(name))
        _note_version(before, connection)
        waiting = update_engine(connection, has_former=before > 0 and has_former(connection))
        return Made(before, max(before, len(STEPS)), waiting)


def _read_version(connection: Connection) -> tuple[int, int]:
    """Return the tables' version, and the oldest program that may use them; zeros where there are none."""
    row = connection.execute(HAS_VERSION, [SCHEMA]).fetchone()
    if row is None or row[0] is None:
        return NOT_THERE
    version, oldest = connection.execute(VERSION).fetchone() or NOT_THERE
    return int(version), int(oldest)


def _make_schema(connection: Connection) -> None:
    found = connection.execute("SELECT max(oid) FROM pg_namespace WHERE nspname = %s", [SCHEMA]).fetchone()
    if found is None or found[0] is None:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")


def _note_version(before: int, connection: Connection) -> None:
    if before < len(STEPS):
        kept = connection.execute("DELETE FROM version RETURNING mark").fetchone()
        values = [len(STEPS), OLDEST, kept and kept[0]]
        connection.execute("INSERT INTO version (version, oldest, mark) VALUES (%s, %s, %s)", values)


def update_engine(connection: Connection, *, has_former: bool) -> tuple[str, ...]:
    """Carry out the engine's steps; return the names of those that wait."""
    known = {path.name: path for path in Path(SchemaManager.get_migrations_path()).glob("*.sql")}
    done = {name for (name,) in connection.execute("SELECT name FROM engine_step")}
    if not done:
        connection.execute(SchemaManager.get_schema())
        _note_steps(known, connection)
        return ()
    due = sorted(known.keys() - done)
    waiting = tuple(name for name in due if has_former and "_post_" in name)
    now = [name for name in due if name not in waiting]
    for name in now:
        connection.execute(known[name].read_text("utf-8"))
    _note_steps(now, connection)
    return waiting


def _note_steps(names: Iterable[str], connection: Connection) -> None:
    connection.execute("INSERT INTO engine_step SELECT unnest(%s::text[])", [sorted(names)])


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
