"""What these tests begin with: jobs, services on real sockets, and commands called as a user calls them."""

import asyncio
import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from anyio.from_thread import start_blocking_portal

from presence_worker import clock
from presence_worker.cli.main import execute
from presence_worker.command_options import select_options
from presence_worker.sandbox import People, Sandbox, Setup, serve
from presence_worker.settings.origin import PREFIX
from tests.raw_server import Act, Peer, RawServer, Request, echo, raw_server

from .forking import Forked, can_fork

Row = tuple[int | str, str, str]  # associateId, status, message
Wish = tuple[int, str, str]  # what a service was asked: associateId, status, message
PASSWORD = "Kanarienvogel-7Q"
FAST_LOOP = {"use_uvloop": sys.platform != "win32"}  # of services
FAST = ("--rate", "100000", "--read-before", "off")  # what is read first has tests of its own
PATIENCE = 240.0  # seconds until a test gives up waiting for another process, on the slowest machine
HEADER = ("associateId", "status", "message")
WORKER = (sys.executable, "-m", "presence_worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, as its caller sees it."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        (line,) = self.out.splitlines()
        summary: dict[str, Any] = json.loads(line)
        return summary

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]


class Worker:
    """Owns a state directory and a target: calls commands on them, in this process."""

    read_before: str | None = None  # as the option says; without it, nothing is read first

    def __init__(self, folder: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.url = url
        self._capsys = capsys

    @property
    def options(self) -> tuple[str, ...]:
        """What a command that sends is given: where it works, and to go fast."""
        where = ("--base-url", self.url, "--state-dir", str(self.state))
        return (*where, *FAST, *(("--read-before", self.read_before) if self.read_before else ()))

    def options_of(self, command: str) -> tuple[str, ...]:
        """Give those of these options that a command takes."""
        return tuple(select_options(command, self.options))

    def call(self, *words: str) -> Ended:
        """Call just what is given."""
        self._capsys.readouterr()
        try:
            code = execute(words)
        except SystemExit as left:  # completion ends the program itself
            code = int(left.code or 0)
        out, err = self._capsys.readouterr()
        return Ended(code=code, out=out, err=err)

    def __call__(self, command: str, *words: str | Path) -> Ended:
        """Call a command on our target, for one JSON object."""
        return self.call(command, *map(str, words), *self.options_of(command), "--json")

    def follow(self, ended: Ended, *words: str) -> Ended:
        """Call the command that *ended* names to be run next, as it is printed."""
        return self.call(*next_words(ended), *words, "--json")

    def folder_of(self, ended: Ended) -> Path:
        """Give the folder of a run."""
        return self.state / "runs" / str(ended.summary["run_id"])


On = Callable[[RawServer | Sandbox], Worker]  # the fixture that makes a worker who reads before writing


def next_words(ended: Ended) -> list[str]:
    """Give the words of the next command behind the program's name."""
    program, *words = shlex.split(ended.summary["next"])
    assert program == "presence-worker"
    return words


# -- jobs ----------------------------------------------------------------------------------------------------


def away(numbers: Iterable[int]) -> list[Row]:
    """Give rows that say of these associates that they are away."""
    return [(number, "StatusNotAvailable", f"back on {number}") for number in numbers]


def write_csv(path: Path, rows: Iterable[Row], delimiter: str = ",") -> Path:
    """Write a job; give its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as a spreadsheet shows it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_report(folder: Path) -> list[dict[str, Any]]:
    """Read report.jsonl."""
    return [json.loads(line) for line in (folder / "report.jsonl").read_text("utf-8").splitlines()]


def results(folder: Path) -> list[str]:
    """Give the results of a run's rows, in order."""
    return [line["result"] for line in read_report(folder)]


# -- services ------------------------------------------------------------------------------------------------


@contextmanager
def sandbox_up(people: int | People = 1000, **how: Any) -> Iterator[Sandbox]:
    """Let a sandbox answer in a thread of its own; *how* as `serve` takes it."""
    there = People(people) if isinstance(people, int) else people
    with (
        start_blocking_portal(backend_options=FAST_LOOP) as portal,
        portal.wrap_async_context_manager(serve(there, Setup(**how))) as sandbox,
    ):
        yield sandbox


@contextmanager
def raw_up(otherwise: Act = echo, *script: Act) -> Iterator[RawServer]:
    """Let a server that misbehaves on cue answer in a thread of its own."""
    with (
        start_blocking_portal(backend_options=FAST_LOOP) as portal,
        portal.wrap_async_context_manager(raw_server(*script, otherwise=otherwise)) as server,
    ):
        yield server


def wishes(service: Sandbox | RawServer) -> list[Wish]:
    """Give what a service was asked to set, PUT by PUT."""
    puts = [(put.path, put.body) for put in _requests(service) if put.method == "PUT"]
    return [
        (int(path.split("/")[-2]), asked["Status"], asked["Message"])
        for path, body in puts
        for asked in [json.loads(body)]
    ]


def _requests(service: Sandbox | RawServer) -> Sequence[Any]:
    return service.record if isinstance(service, Sandbox) else service.requests


def for_associates(acts: Mapping[int, Act], otherwise: Act = echo) -> Act:
    """Make an act that treats some associates in another way than all others; *acts* may change later."""

    async def act(peer: Peer, request: Request) -> None:
        associate = int(request.path.split("/")[-2])
        await acts.get(associate, otherwise)(peer, request)

    return act


def slowly(act: Act, seconds: float) -> Act:
    """Do *act* after a while."""

    async def slow_act(peer: Peer, request: Request) -> None:
        await asyncio.sleep(seconds)
        await act(peer, request)

    return slow_act


def once(event: threading.Event, act: Act = echo) -> Act:
    """Do *act* when another thread has set *event*."""

    async def act_once(peer: Peer, request: Request) -> None:
        while not event.is_set():  # noqa: ASYNC110 - it is set in another thread
            await asyncio.sleep(0.002)
        await act(peer, request)

    return act_once


def after(number: int, act: Act) -> Act:
    """Answer well *number* times, and then with *act*."""
    left = iter(range(number))

    async def after_act(peer: Peer, request: Request) -> None:
        await (act if next(left, None) is None else echo)(peer, request)

    return after_act


# -- processes -----------------------------------------------------------------------------------------------


@contextmanager
def restored() -> Iterator[None]:
    """Call commands in this process: signals and the log are afterwards as they were."""
    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    listeners = {number: signal.getsignal(number) for number in numbers}
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the suite may run under nohup
    log = structlog.get_config()
    try:
        yield
    finally:
        structlog.configure(**log)
        for number, listener in listeners.items():
            signal.signal(number, listener)


@contextmanager
def started(
    *words: str | Path, before: Sequence[str] = WORKER, **how: Any
) -> Iterator["subprocess.Popen[str]"]:
    """Start a command as a process of its own; it does not outlive the test.

    It is forked from one that has loaded it, unless *before* or *how* asks for what only a new one has.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    is_forked = before is WORKER and how.keys() <= {*pipes, "env"} and can_fork(how.get("env"))
    kind, program = (Forked, ()) if is_forked else (subprocess.Popen[str], before)
    with kind([*program, *map(str, words)], **{**pipes, **how}) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]", text: str | None = None) -> Ended:
    """Wait until a process has ended; *text* goes to its standard input."""
    out, err = process.communicate(text, timeout=PATIENCE)
    return Ended(code=process.returncode, out=out or "", err=err or "")


def called(*words: str | Path, text: str = "", **how: Any) -> Ended:
    """Call a command as a process of its own; *text* goes to its standard input."""
    with started(*words, **{"stdin": subprocess.PIPE, **how}) as process:
        return ended(process, None if "stdin" in how else text)


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


@contextmanager
def noon_of(day: date) -> Iterator[None]:
    """Call commands on another day: for them it is noon there, in UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        yield


# -- fixtures ------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the developer's has a say; signals and the log are afterwards as they were."""
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PRESENCE_WORKER_AUTH__USERNAME", "night")
    monkeypatch.setenv("PRESENCE_WORKER_AUTH__PASSWORD", PASSWORD)
    monkeypatch.setenv("BROWSER", "true %s")  # nobody's browser opens
    monkeypatch.chdir(tmp_path)
    with restored():
        yield


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A simulated service that does as it is told."""
    with sandbox_up() as sandbox:
        yield sandbox


@pytest.fixture
def worker(tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> Worker:
    """Somebody at work on the simulated service."""
    return Worker(tmp_path, sandbox.url, capsys)


@pytest.fixture
def worker_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[RawServer], Worker]:
    """Makes somebody at work on a service that misbehaves."""
    return lambda server: Worker(tmp_path, server.url, capsys)


@pytest.fixture
def on(worker_on: Callable[[Any], Worker], monkeypatch: pytest.MonkeyPatch) -> On:
    """Makes somebody who reads before writing, tries again at once, and is held by no limit."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "0")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "none")

    def reading(server: RawServer | Sandbox) -> Worker:
        worker = worker_on(server)
        worker.read_before = "auto"
        return worker

    return reading
