"""Connections to the database that several machines share, and what its errors mean."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from ..errors import DatabaseAway, UsageFault
from ..operator_files import read_text
from ..settings.fleet import Fleet

SCHEMA = "presence_worker"
CONNECT = 5  # seconds for a connection
STATEMENT = 30_000  # milliseconds of one statement
Connection = psycopg.Connection[tuple[Any, ...]]
KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
NOT_INITIALISED = "fleet.database: the tables are missing or old. Run `presence-worker fleet init` first"
NO_TABLES = (
    errors.UndefinedTable,
    errors.InvalidSchemaName,
    errors.UndefinedFunction,
    errors.UndefinedColumn,
)
NOT_ALLOWED = (
    errors.InsufficientPrivilege,
    errors.InvalidPassword,
    errors.InvalidAuthorizationSpecification,
    errors.ReadOnlySqlTransaction,  # a copy of the database that cannot be written
)


class SharedDatabase:
    """Knows how the database is reached; connections are made when they are needed.

    A connection belongs to one thread. What the database says becomes DatabaseAway where another try may
    work, else UsageFault; neither has the address or a value in it.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._own = threading.local()

    @property
    def conninfo(self) -> str:
        """Return how to connect; it has the password in it."""
        address = self._fleet.database.get_secret_value() if self._fleet.database else ""
        found: dict[str, Any] = {"connect_timeout": CONNECT, "application_name": "presence-worker"}
        if self._fleet.database_password_file:
            found["password"] = _read_password(self._fleet.database_password_file)
        options = f"-c search_path={SCHEMA} -c statement_timeout={STATEMENT}"
        return psycopg.conninfo.make_conninfo(address, options=options, **KEEP_ALIVE, **found)

    def connect(self) -> Connection:
        """Return a new connection, each statement of which is a transaction; the caller closes it."""
        with meaning():
            return psycopg.connect(self.conninfo, autocommit=True)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield this thread's connection, made again where it is lost."""
        known: Connection | None = getattr(self._own, "connection", None)
        if known is None or known.closed:
            known = self._own.connection = self.connect()
        with meaning():
            yield known


@contextmanager
def meaning() -> Iterator[None]:
    """Raise what an error of the database means for us."""
    try:
        yield
    except NO_TABLES as error:
        raise UsageFault(NOT_INITIALISED) from error
    except NOT_ALLOWED as error:
        words = "fleet.database: the database does not let us in, or does not give this role the right"
        raise UsageFault(words) from error
    except psycopg.OperationalError as error:
        words = "the database of fleet.database cannot be reached"
        raise DatabaseAway(f"{words} ({type(error).__name__})") from error


def _read_password(path: Path) -> str:
    return read_text(path).strip()
