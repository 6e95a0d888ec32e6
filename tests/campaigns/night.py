"""One job on one service, and the processes at work on it: started, killed, resumed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.run.given import Row, write_csv

from .disk import Disk
from .evidence import Evidence, find_evidence
from .ledger import Ledger, Wish

ROOT = Path(__file__).parents[2]
ROWS = 300
COPIES = range(25, ROWS + 1, 25)  # rows that ask for what the row before them asks for
RATE = 400  # requests per second
CONCURRENCY = 8
PATIENCE = 60.0  # seconds for a process to end
WORKER = (sys.executable, "-m", "presence_worker")
WRONG_WORKER = (sys.executable, "-m", "tests.campaigns.wrong_worker")  # and what is wrong with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended; *code* is None where we killed it."""

    code: int | None
    out: str

    @property
    def summary(self) -> dict[str, Any]:
        """The object on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Night:
    """Owns a job, its state directory and what was asked of whom; *program* is what is at work."""

    def __init__(
        self, folder: Path, ledger: Ledger, *, program: tuple[str, ...] = WORKER, env: dict[str, str]
    ) -> None:
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        self.safe = Disk(self.disk)  # what it was when power went last
        self.ledger = ledger
        self._folder = folder
        self._program = program
        self._env = {**os.environ, **env}
        self.before_each: Callable[[], None] = lambda: None  # process
        self.job = write_csv(folder / "job.csv", job())

    @property
    def wanted(self) -> dict[int, tuple[int, Wish]]:
        """What each row asks for: associate and presence."""
        rows = enumerate(job(), start=1)
        return {row: (int(number), (status, message)) for row, (number, status, message) in rows}

    @property
    def state(self) -> Path:
        """The state directory; it does not exist at first."""
        return self.disk / "state"

    @property
    def run(self) -> Path | None:
        """The folder of the newest run, None where there is none."""
        return max(self.state.glob("runs/*Z-*"), default=None)

    def evidence(self) -> Evidence:
        """Give what is on disk of the newest run."""
        return find_evidence(self.run)

    @contextmanager
    def at_work(self, command: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Let a process carry out a command; what it prints goes to files, so that it never waits for us."""
        words = [command, *([str(self.job)] if command == "run" else [])]
        options = ["--base-url", self.ledger.server.url, "--state-dir", str(self.state), "--json", "-q"]
        pace = ["--rate", str(RATE), "--concurrency", str(CONCURRENCY), "--read-before", "off"]
        self.before_each()
        with (
            self.out.open("wb") as out,
            self.err.open("wb") as err,
            subprocess.Popen(
                [*self._program, *words, *options, *pace],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    @property
    def out(self) -> Path:
        """What the last process printed."""
        return self._folder / "out"

    @property
    def err(self) -> Path:
        """What the last process complained of."""
        return self._folder / "err"

    def finish(self, command: str) -> Ended:
        """Let a process end by itself."""
        with self.at_work(command) as process:
            code = process.wait(PATIENCE)
        return Ended(code=code, out=self.out.read_text("utf-8"))

    def kill(self, command: str, aim: "Aim", luck: random.Random) -> Ended:
        """Kill a process where *aim* says, or find that it has ended before."""
        reached, delay = aim.reached(self, luck), luck.uniform(0, aim.spread)
        end = time.monotonic() + PATIENCE
        with self.at_work(command) as process:
            while process.poll() is None and not reached():
                assert time.monotonic() < end, f"{aim.name} is never reached"
                time.sleep(0.001)
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
            code = process.wait(PATIENCE)
        self._settle()
        return Ended(code=None if code == -signal.SIGKILL else code, out=self.out.read_text("utf-8"))

    def _settle(self) -> None:
        """Wait until the service has noticed that its callers are gone."""
        end = time.monotonic() + PATIENCE
        while self.ledger.server.connections:
            assert time.monotonic() < end, "the service hangs"
            time.sleep(0.001)


def job() -> list[Row]:
    """Give the rows of a job: one associate each, but for some that ask for the same once more."""
    return [_row(row - 1 if row in COPIES else row) for row in range(1, ROWS + 1)]


def _row(row: int) -> Row:
    return (row, "StatusNormal", "") if row % 3 == 0 else (row, "StatusNotAvailable", f"back on {row}")


# -- where to strike -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What to wait for, and the seconds within which the blow then comes."""

    name: str
    reached: Callable[[Night, random.Random], Callable[[], bool]]
    spread: float


def _at_once(_: Night, __: random.Random) -> Callable[[], bool]:
    return lambda: True


def _touched(night: Night, _: random.Random) -> Callable[[], bool]:
    """The process has begun to write: the journal of a new run, or the log of an old one."""
    before = _files(night, "journal*")
    return lambda: _files(night, "journal*") != before


def _sent(night: Night, luck: random.Random) -> Callable[[], bool]:
    sent, left = len(night.ledger.puts), ROWS - len(COPIES) - len(night.evidence().updated)
    number = luck.randint(1, max(left, 1))
    return lambda: len(night.ledger.puts) >= sent + number


def _all_sent(night: Night, _: random.Random) -> Callable[[], bool]:
    sent, left = len(night.ledger.puts), ROWS - len(COPIES) - len(night.evidence().updated)
    return lambda: len(night.ledger.puts) >= sent + left


def _reporting(night: Night, luck: random.Random) -> Callable[[], bool]:
    """So many files of the report have been begun."""
    before, number = _files(night, "*report*", "*.csv*", "*summary*"), luck.randint(1, 5)
    seen: set[object] = set()

    def reached() -> bool:
        seen.update(_files(night, "*report*", "*.csv*", "*summary*") - before)
        return len(seen) >= number

    return reached


def _files(night: Night, *patterns: str) -> set[tuple[str, int, int]]:
    folder = night.run
    found = [path for pattern in patterns for path in folder.glob(pattern)] if folder else []
    return {stamp for path in found for stamp in _stamp(path)}


def _stamp(path: Path) -> Iterator[tuple[str, int, int]]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    yield path.name, status.st_ino, status.st_mtime_ns


AIMS = (
    Aim(name="start", reached=_at_once, spread=0.6),
    Aim(name="first write", reached=_touched, spread=0.06),
    Aim(name="delivery", reached=_sent, spread=0.03),
    Aim(name="end of delivery", reached=_all_sent, spread=0.06),
    Aim(name="report", reached=_reporting, spread=0.03),
)
OFTEN = (1, 1, 4, 1, 2)  # how often each is aimed at
