"""Connections to the database that several machines share, and what its errors mean."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

from ..errors import DatabaseAway, UsageFault
from ..next_step import NextStep
from ..operator_files import read_text
from ..settings.fleet import Fleet

SCHEMA = "presence_worker"
T = TypeVar("T")
MOST = 4  # connections of a process at once, aside from those that belong to a thread
CONNECT = 5  # seconds for a connection
STATEMENT = 30_000  # milliseconds of one statement
Connection = psycopg.Connection[TupleRow]
KEEP_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds in which no answer says that our bytes have come
}
IDLE = 10_000  # milliseconds in which a transaction goes on; a frozen process must not hold what it locked
NOT_INITIALISED = "fleet.database: the tables are missing or old. Run `presence-worker fleet init` first"
NOT_AN_ADDRESS = (
    "fleet.database: not an address of PostgreSQL. Write % in a password as %25, and after ? only what "
    "PostgreSQL knows, such as sslmode=verify-full"
)
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
)
UNKNOWN = "the connection was lost, or could not be made"
REASONS = {  # by what PostgreSQL says; the first that fits
    "its host name is unknown": ("resolve host", "translate host name"),
    "the user or the password is wrong": ("authentication failed", "no password supplied"),
    "its pg_hba.conf does not let this machine or this user in": ("pg_hba.conf",),
    "TLS failed: check its certificate and sslmode": (
        "ssl error",
        "support ssl",
        "certificate file",
        "certificate verify",
        "server certificate",
    ),
    "it has no such database or user": ("does not exist",),
    "it has no free connection": ("too many clients", "connection slots", "too many connections"),
    "it starts or stops just now": ("starting up", "shutting down", "administrator command", "recovery mode"),
    "the connection was refused: check host and port, and that it runs": ("refused", "no such file"),
    "no answer": ("timeout", "timed out", "no route to host", "unreachable"),
}


class SharedDatabase:
    """Owns this process's connections to the database; they are made when they are needed.

    What the database says becomes DatabaseAway where another try may work, else UsageFault; neither has the
    address or a value in it.
    """

    def __init__(self, fleet: Fleet, prepare: "Callable[[SharedDatabase], None] | None" = None) -> None:
        """Take the settings, and what is done once before the first use of `connection`."""
        self._fleet = fleet
        self._free = deque[Connection]()
        self._places = threading.Semaphore(MOST)
        self._prepare = prepare
        self._preparing = threading.RLock()
        self._is_preparing = False

    @property
    def conninfo(self) -> str:
        """Return how to connect; it has the password in it."""
        address = self._fleet.database.get_secret_value() if self._fleet.database else ""
        found: dict[str, str | int] = {"connect_timeout": CONNECT, "application_name": "presence-worker"}
        if self._fleet.database_password_file:
            found["password"] = _read_password(self._fleet.database_password_file)
        options = f"-c search_path={SCHEMA} -c statement_timeout={STATEMENT}"
        options += f" -c idle_in_transaction_session_timeout={IDLE}"
        try:
            return psycopg.conninfo.make_conninfo(address, options=options, **KEEP_ALIVE, **found)
        except psycopg.ProgrammingError:  # its words quote the address, with the password
            raise UsageFault(NOT_AN_ADDRESS) from None

    def connect(self) -> Connection:
        """Return a new connection, each statement of which is a transaction; the caller closes it."""
        with meaning():
            return psycopg.connect(self.conninfo, autocommit=True)

    @contextmanager
    def connection(self, *, is_new: bool = False) -> Iterator[Connection]:
        """Yield a connection for this thread alone; wait where too many are in use. Do not nest it."""
        self._prepare_once()
        with self._places:
            connection = self._take(is_new=is_new)
            try:
                with meaning():
                    yield connection
            except DatabaseAway:
                connection.close()  # a new one may lead to the database that can be written
                raise
            finally:
                if not connection.closed:
                    self._free.append(connection)

    def work(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* returns, once more with a new connection where the old one was lost.

        It must be such that it may be repeated.
        """
        with self.connection() as connection:
            try:
                return work(connection)
            except errors.ReadOnlySqlTransaction:
                connection.close()
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
        with self.connection(is_new=True) as connection:
            return work(connection)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._free:
            self._free.pop().close()

    def _take(self, *, is_new: bool) -> Connection:
        if is_new:
            self.close()
        with suppress(IndexError):
            while (connection := self._free.pop()).closed:
                pass
            return connection
        return self.connect()

    def _prepare_once(self) -> None:
        if self._prepare is None:
            return
        with self._preparing:  # the others wait; what it does itself goes on
            if self._prepare is None or self._is_preparing:
                return
            self._is_preparing = True
            try:
                self._prepare(self)
                self._prepare = None
            finally:
                self._is_preparing = False


def tables_fault() -> UsageFault:
    """Return the error for tables that are missing or old."""
    return UsageFault(NOT_INITIALISED, next=NextStep(("fleet", "init")))


@contextmanager
def meaning() -> Iterator[None]:
    """Raise what an error of the database means for us."""
    try:
        yield
    except NO_TABLES as error:
        raise tables_fault() from error
    except NOT_ALLOWED as error:
        words = "fleet.database: the database does not let us in, or does not give this role the right"
        raise UsageFault(words) from error
    except errors.ReadOnlySqlTransaction as error:  # another one takes its place, or its disk is full
        raise DatabaseAway("the database of fleet.database cannot be written at the moment") from error
    except psycopg.OperationalError as error:
        raise DatabaseAway(f"the database of fleet.database cannot be reached ({_reason(error)})") from error


def _reason(error: psycopg.OperationalError) -> str:
    """Return why, in words of ours: those of the error have the address in them."""
    words = str(error).lower()
    return next(
        (reason for reason, signs in REASONS.items() if any(sign in words for sign in signs)), UNKNOWN
    )


def _read_password(path: Path) -> str:
    return read_text(path).strip()
