"""What people see of those who share the database: the workers, what they hold, and what waits."""

from typing import NamedTuple


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
    """A target that a worker holds, or that no run may begin on yet."""

    target: str  # its name, else its address
    run_id: str | None
    worker: str | None  # None: no worker
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
