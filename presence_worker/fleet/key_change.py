"""The key of what the database has: how we see that ours fits, and how all of it gets another."""

from contextlib import suppress
from typing import NamedTuple

from psycopg import errors, sql

from .connections import SCHEMA, Connection
from .sealing import Sealing, is_payload, is_sealed

COLUMNS = """SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = %s AND data_type = 'bytea' ORDER BY 1, 2"""
PLACES = "SELECT ctid::text FROM {table} WHERE {column} IS NOT NULL"
PAYLOAD = "SELECT {column} FROM {table} WHERE ctid = %s::tid FOR UPDATE"
CHANGE = "UPDATE {table} SET {column} = %s WHERE ctid = %s::tid"
PASSES = 10  # in which workers may still write with the former key


class PayloadColumn(NamedTuple):
    """Where payloads are; each of ours is `bytea`."""

    table: str
    name: str

    def put_into(self, words: str) -> sql.Composed:
        """Return a statement about it."""
        return sql.SQL(words).format(table=sql.Identifier(self.table), column=sql.Identifier(self.name))


def check_key(sealing: Sealing, connection: Connection) -> None:
    """Raise UsageFault where the database is encrypted, and our key does not fit; the first one marks it."""
    mark = fits(sealing, connection)
    if mark is None or (sealing.is_used and not is_sealed(mark)):
        with suppress(errors.InsufficientPrivilege):  # of a role that only reads
            connection.execute("UPDATE version SET mark = %s", [sealing.seal(b"")])


def fits(sealing: Sealing, connection: Connection) -> bytes | None:
    """Return the mark of the database, if it has one; raise UsageFault where our key does not fit."""
    (mark,) = connection.execute("SELECT mark FROM version").fetchone() or (None,)
    if mark is not None:
        sealing.open(mark)
    return bytes(mark) if mark is not None else None


def reseal_all(sealing: Sealing, connection: Connection) -> int:
    """Encrypt each payload that is not so with the first key; return how many there were.

    It may be done while workers work, and be repeated. A row is locked only while it is changed.
    """
    changed = 0
    for _ in range(PASSES):
        found = sum(_reseal(column, sealing, connection) for column in _columns(connection))
        changed += found
        if not found:
            break
    return changed


def _columns(connection: Connection) -> list[PayloadColumn]:
    return [PayloadColumn(*found) for found in connection.execute(COLUMNS, [SCHEMA])]


def _reseal(column: PayloadColumn, sealing: Sealing, connection: Connection) -> int:
    places = connection.execute(column.put_into(PLACES)).fetchall()
    return sum(_reseal_one(place, column, sealing, connection) for (place,) in places)


def _reseal_one(place: str, column: PayloadColumn, sealing: Sealing, connection: Connection) -> bool:
    """Encrypt one payload again; one that has just been changed comes in the next pass."""
    with connection.transaction():
        row = connection.execute(column.put_into(PAYLOAD), [place]).fetchone()
        if row is None or row[0] is None or not is_payload(row[0]) or sealing.is_newest(row[0]):
            return False
        connection.execute(column.put_into(CHANGE), [sealing.reseal(row[0]), place])
        return True
