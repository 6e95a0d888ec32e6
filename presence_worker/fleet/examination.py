"""What a new connection finds of the database: whether we can work with it."""

from contextlib import closing
from datetime import UTC, datetime
from time import perf_counter

from ..errors import UsageFault
from ..settings.fleet import Fleet
from .connections import Connection, SharedDatabase, meaning
from .key_change import fits
from .membership import DatabaseFacts
from .sealing import Sealing
from .shared_tables import check

OURS = ["worker", "lease", "run", "log", "job", "memory"]
MAY_WRITE = """SELECT bool_and(has_table_privilege(name, right_)) FROM unnest(%s::text[]) AS name,
unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS right_"""
MODES = """SELECT clock_timestamp(), current_setting('server_version_num')::int,
current_setting('synchronous_commit') <> 'off' AND current_setting('fsync')::bool, pg_is_in_recovery()"""


def examine(fleet: Fleet) -> DatabaseFacts:
    """Return what a new connection finds, and change nothing; raise DatabaseAway where there is none."""
    with closing(SharedDatabase(fleet).connect()) as connection, meaning():
        began, asked = perf_counter(), datetime.now(UTC)
        moment, version, is_durable, is_copy = connection.execute(MODES).fetchall()[0]
        took = perf_counter() - began
        trouble = _trouble(fleet, connection)
        return DatabaseFacts(
            version=version,
            round_trip=took,
            ahead=(asked - moment).total_seconds() + took / 2,
            is_durable=is_durable,
            is_private=bool(connection.pgconn.ssl_in_use) or _is_near(connection),
            trouble=trouble,
            may_write=not is_copy and not trouble and _may_write(connection),
        )


def _trouble(fleet: Fleet, connection: Connection) -> str | None:
    """Return why the tables or our key do not fit; None: they do."""
    try:
        with meaning():
            check(connection)
        fits(Sealing(file=fleet.encryption_key_file), connection)
    except UsageFault as fault:
        return str(fault)
    return None


def _may_write(connection: Connection) -> bool:
    return bool((connection.execute(MAY_WRITE, [OURS]).fetchone() or (False,))[0])


def _is_near(connection: Connection) -> bool:
    """Return whether nothing goes over a network."""
    host = connection.info.hostaddr
    return connection.info.host.startswith("/") or host == "::1" or host.startswith("127.")
