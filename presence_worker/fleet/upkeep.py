"""What `presence-worker fleet` does: each of it with a connection of its own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from ..settings.fleet import Fleet
from .database import Connection, SharedDatabase, meaning
from .schema import Made, check, init
from .status import FleetStatus, read_status
from .workers import has_former


def bring_up_to_date(fleet: Fleet) -> Made:
    """Make the tables, or bring them up to date."""
    with _connected(fleet) as connection:
        return init(connection, has_former)


def status_of(fleet: Fleet) -> FleetStatus:
    """Return who works on what, and what waits."""
    with _connected(fleet) as connection:
        check(connection)
        return read_status(connection)


@contextmanager
def _connected(fleet: Fleet) -> Iterator[Connection]:
    with closing(SharedDatabase(fleet).connect()) as connection, meaning():
        yield connection
