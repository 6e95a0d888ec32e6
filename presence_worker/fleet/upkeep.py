"""What `presence-worker fleet` does: each of it with a connection of its own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from psycopg.errors import InsufficientPrivilege
from psycopg.rows import class_row

from ..errors import UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..settings.fleet import Fleet
from .connections import Connection, SharedDatabase, meaning
from .key_change import check_key, reseal_all
from .sealing import Sealing
from .shared_tables import Made, check, init
from .status import FleetStatus, LeaseLine, WaitingLine, WorkerLine
from .workers import has_former

NOT_OWNER = (
    "fleet.database: the role {} may not make tables or change them. Run this command with a configuration "
    "whose fleet.database names the role that owns the tables"
)
ROLES = NextStep(("manual", str(ManualPage.MANY_MACHINES)))
# The database's clock says how long ago something was: those of the machines may differ.
WORKERS = """SELECT id AS worker, kind, program AS version, host, targets, places,
    (SELECT count(*) FROM lease WHERE holder = worker.id AND until > now())::int AS holds,
    extract(epoch FROM now() - seen_at)::float8 AS seen_seconds_ago,
    seen_at + lease > now() AS is_there
FROM worker ORDER BY kind, id"""
LEASES = """SELECT coalesce(run.target_name, lease.target) AS target, lease.run_id, holder AS worker, token,
    CASE WHEN holder IS NULL THEN 'quiet' WHEN until > now() THEN 'at work' ELSE 'expired' END AS state,
    extract(epoch FROM CASE WHEN holder IS NULL THEN quiet_until ELSE until END - now())::float8
    AS seconds_left
FROM lease LEFT JOIN run USING (run_id) WHERE holder IS NOT NULL OR quiet_until > now() ORDER BY 1"""
WAITING = """SELECT target, count(*) FILTER (WHERE state = 'waiting')::int AS waiting,
    count(*) FILTER (WHERE state = 'working')::int AS working,
    extract(epoch FROM now() - min(submitted_at) FILTER (WHERE state = 'waiting'))::float8
    AS oldest_seconds
FROM job WHERE state IN ('waiting', 'working') GROUP BY target ORDER BY target"""


def bring_up_to_date(fleet: Fleet) -> Made:
    """Make the tables, or bring them up to date; raise UsageFault where our role may not."""
    with _connected(fleet) as connection:
        try:
            return init(connection, has_former)
        except InsufficientPrivilege as error:
            raise UsageFault(NOT_OWNER.format(connection.info.user), next=ROLES) from error


def status_of(fleet: Fleet) -> FleetStatus:
    """Return who works on what, and what waits."""
    with _connected(fleet) as connection:
        check(connection)
        return read_status(connection)


def encrypt_all(fleet: Fleet) -> int:
    """Encrypt all that the database has with the first key; return how much had another one, or none."""
    sealing = Sealing(file=fleet.encryption_key_file)
    with _connected(fleet) as connection:
        check(connection)
        check_key(sealing, connection)
        return reseal_all(sealing, connection)


@contextmanager
def _connected(fleet: Fleet) -> Iterator[Connection]:
    with closing(SharedDatabase(fleet).connect()) as connection, meaning():
        yield connection


def read_status(connection: Connection) -> FleetStatus:
    """Return what the database says now, all at one moment."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return FleetStatus(
            workers=connection.cursor(row_factory=class_row(WorkerLine)).execute(WORKERS).fetchall(),
            leases=connection.cursor(row_factory=class_row(LeaseLine)).execute(LEASES).fetchall(),
            jobs=connection.cursor(row_factory=class_row(WaitingLine)).execute(WAITING).fetchall(),
        )
