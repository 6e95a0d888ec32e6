"""Who shares the database now: the workers, what they hold, and what waits."""

from typing import NamedTuple

from psycopg.rows import class_row

from .database import Connection

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


class WorkerLine(NamedTuple):
    """A process that works on targets."""

    worker: str
    kind: str  # serve, worker, command
    version: str
    host: str
    targets: list[str] | None  # names or patterns; None: all
    places: int  # runs that it can have side by side
    holds: int  # targets that it works on
    seen_seconds_ago: float
    is_there: bool  # False: it has died, or cannot reach the database


class LeaseLine(NamedTuple):
    """A target that somebody works on, or that nobody may take yet."""

    target: str  # its name, else its address
    run_id: str | None
    worker: str | None  # None: nobody
    token: int
    state: str  # at work; expired: another worker goes on with it; quiet: a late request may still come
    seconds_left: float  # until it expires, or can be taken


class WaitingLine(NamedTuple):
    """The open jobs of a target."""

    target: str
    waiting: int
    working: int
    oldest_seconds: float | None  # for how long the oldest one waits; None: none waits


class FleetStatus(NamedTuple):
    """What `fleet status --json` prints."""

    workers: list[WorkerLine]
    leases: list[LeaseLine]
    jobs: list[WaitingLine]


def read_status(connection: Connection) -> FleetStatus:
    """Return what the database says now, all at one moment."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return FleetStatus(
            workers=connection.cursor(row_factory=class_row(WorkerLine)).execute(WORKERS).fetchall(),
            leases=connection.cursor(row_factory=class_row(LeaseLine)).execute(LEASES).fetchall(),
            jobs=connection.cursor(row_factory=class_row(WaitingLine)).execute(WAITING).fetchall(),
        )
