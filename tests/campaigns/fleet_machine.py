"""One of several machines that share a database: its place, and its process."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.fleet.proxy import Proxy
from tests.run.given import WORKER, Ended, called, started
from tests.serve.outside.served import Place, surroundings

from .fleet_judge import Rules

RULES = Rules(lease=10.0, rate=20.0, concurrency=4)
PATIENCE = 180.0  # seconds until something is taken for never to happen
COMMON = f"""
[delivery]
rate = {RULES.rate:.0f}
concurrency = {RULES.concurrency}
read_before = "off"
total_timeout = "5s"
[safety]
max_changes = "none"
[fleet]
database = "%s"
lease = "{RULES.lease:.0f}s"
runs = 20
"""


@dataclass(slots=True, kw_only=True)
class Machine:
    """Owns a place with a state directory, a way to the database, and the process that works there now."""

    name: str
    place: Place
    proxy: Proxy
    program: Sequence[str] = WORKER
    env: Mapping[str, str] = field(default_factory=dict)
    starts: int = 0
    process: "subprocess.Popen[str] | None" = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def sender(self) -> str:
        """How the record calls the process that works here now."""
        return f"{self.name}.{self.starts}"

    @property
    def is_up(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    @property
    def is_front(self) -> bool:
        """Whether it takes jobs by HTTP."""
        return "listen" in self.place.serve

    @property
    def log(self) -> Path:
        """What all its processes have logged."""
        return self.place.folder / "log"

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment of its processes."""
        return {**surroundings(self.place.folder), **self.env}

    def start(self) -> None:
        """Let a process work here."""
        command, around = ("serve" if self.is_front else "worker"), self.surroundings
        errors = self._running.enter_context(self.log.open("ab"))
        self.starts += 1
        self.process = self._running.enter_context(
            started(
                *(command, "--config", self.place.config),
                before=self.program,
                stdout=errors,
                stderr=errors,
                env=around,
            )
        )

    def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End the process; return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self._running.close()
        self.process = None
        return code

    def ask(self, *words: str | Path) -> Ended:
        """Call a command here, for one JSON object."""
        return called(*words, "--config", self.place.config, "--json", env=self.surroundings)
