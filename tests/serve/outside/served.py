"""A service as others see it: a process of its own, its root URL, its tokens, and its state directory."""

import hashlib
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.run.given import PASSWORD, WORKER, Row, away, started

from .raw_client import Answer, Headers, once

Value = str | int | float | bool | Sequence[str]
ENDS = ("finished", "held", "refused", "stopped", "planned", "failed", "cancelled")  # of a job
ALL = ("submit", "read", "rows", "approve")
ROLES: Mapping[str, Sequence[str]] = {
    "importer": ("submit",),
    "watcher": ("read",),
    "hr": ("read", "rows"),
    "admin": ("read", "approve"),
    "boss": ALL,
}
PATIENCE = 90.0  # seconds until something is taken for never to happen


def token_of(name: str) -> str:
    """Give the token of a name in `serve.tokens`."""
    return f"pw_{name}_4rT9xWq2Lk8vNz3B"


def csv_job(rows: Sequence[Row] | int) -> bytes:
    """Give a job as CSV; a number asks for so many rows."""
    pairs = away(range(1, rows + 1)) if isinstance(rows, int) else rows
    return "".join(["associateId,status,message\n", *(f"{a},{s},{m}\n" for a, s, m in pairs)]).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who calls the service, with a token or without."""

    url: str
    token: str | None = None
    trust: ssl.SSLContext | None = None
    source: str | None = None  # the address that the caller has

    def ask(self, method: str, path: str, body: bytes = b"", headers: Headers = ()) -> Answer:
        """Ask on a connection of its own."""
        given = (*self.access, *headers)
        return once(self.url, method, path, body, given, self.trust, source=self.source)

    @property
    def access(self) -> list[tuple[str, str]]:
        """The header that says who asks."""
        return [("Authorization", f"Bearer {self.token}")] if self.token else []

    def get(self, path: str, headers: Headers = ()) -> Answer:
        """Read."""
        return self.ask("GET", path, b"", headers)

    def post(self, path: str, body: bytes = b"", headers: Headers = ()) -> Answer:
        """Send."""
        return self.ask("POST", path, body, headers)

    def submit(self, body: bytes, query: str = "", headers: Headers = ()) -> Answer:
        """Hand a job in."""
        return self.post(f"/api/v1/jobs{query}", body, headers)

    def hand_in(self, body: bytes, query: str = "", headers: Headers = ()) -> str:
        """Hand a job in; give its `Location`."""
        answer = self.submit(body, query, headers)
        assert answer.status == 202, (answer.status, answer.body)
        return answer.header("Location") or ""

    def press(self, run: str, action: str, seen: str | None) -> Answer:
        """Apply, resume or undo a run as it was *seen*."""
        body = json.dumps({} if seen is None else {"seen": seen}).encode()
        return self.post(f"/api/v1/runs/{run}/{action}", body, [("Content-Type", "application/json")])

    def job(self, path: str) -> dict[str, Any]:
        """Read a job by its `Location`."""
        found: dict[str, Any] = self.get(path).json
        return found

    def finished(self, path: str, states: Sequence[str] = ENDS) -> dict[str, Any]:
        """Wait until a job is over; return it."""
        return self.until(path, lambda job: job["state"] in states)

    def until(self, path: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until it is true of a job; return the job."""
        end = time.monotonic() + PATIENCE
        while not true(job := self.job(path)):
            assert time.monotonic() < end, job
            time.sleep(0.02)
        return job


@dataclass(slots=True, kw_only=True)
class Place:
    """Owns the configuration and the state directory of a service, which outlive its processes."""

    folder: Path
    targets: Mapping[str, str]  # name: root of its SuperOffice; "": the only one, in the common file
    tokens: Mapping[str, Sequence[str]] = field(default_factory=lambda: dict(ROLES))
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)  # targets of a token
    serve: Mapping[str, Value] = field(default_factory=dict)
    inboxes: Sequence[Path] = ()
    common: str = ""  # more of the common file, as TOML
    state_name: str = "state"

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / self.state_name

    @property
    def config(self) -> Path:
        """The common file."""
        return self.folder / "presence-worker.toml"

    def write(self) -> Path:
        """Write the configuration; return its path."""
        self.folder.mkdir(exist_ok=True)
        self.config.write_text("".join(self._lines()), "utf-8")
        named = {name: url for name, url in self.targets.items() if name}
        if named:
            (self.folder / "targets").mkdir(exist_ok=True)
        for name, url in named.items():
            (self.folder / "targets" / f"{name}.toml").write_text(self._target_lines(url))
        (self.folder / "password").touch(0o600)
        (self.folder / "password").write_text(PASSWORD)
        return self.config

    def _target_lines(self, url: str) -> str:
        signing_in = f'username = "night"\npassword_file = "{(self.folder / "password").as_posix()}"\n'
        return f'[target]\nbase_url = "{url}"\n[auth]\n{signing_in}'

    def _lines(self) -> Iterator[str]:
        if "" not in self.targets:
            yield 'targets = "targets"\n'
        yield self.common
        yield f'[storage]\nstate_dir = "{self.state.as_posix()}"\n'
        if url := self.targets.get(""):
            yield self._target_lines(url)
        yield "[serve]\n"
        for key, value in {"listen": "127.0.0.1:0", **self.serve}.items():
            yield f"{key} = {json.dumps(value)}\n"
        for name, roles in self.tokens.items():
            yield f'[serve.tokens.{name}]\nsha256 = "{digest(token_of(name))}"\n'
            yield f"roles = {json.dumps(list(roles))}\n"
            if name in self.only:
                yield f"targets = {json.dumps(list(self.only[name]))}\n"
        for inbox in self.inboxes:
            yield f'[[serve.inbox]]\nfolder = "{inbox.as_posix()}"\nevery = 0.1\n'


def digest(token: str) -> str:
    """Give what the configuration has of a token."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


@dataclass(slots=True, kw_only=True)
class Outside:
    """A service that is up, and its process."""

    url: str  # the first line of its standard output
    process: "subprocess.Popen[str]"
    log: Path  # its standard error

    def by(self, name: str | None) -> Caller:
        """Give the caller with the token of this name; None: without any."""
        return Caller(url=self.url, token=token_of(name) if name else None)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it has logged."""
        lines = self.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def surroundings(folder: Path) -> dict[str, str]:
    """Give the environment of a service: a home of its own, and no settings."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PRESENCE_WORKER_")}
    hidden = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_DIRS")
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        **{name: value for name, value in mine.items() if name not in hidden},
        "HOME": str(home),
    }


@contextmanager
def serving(
    place: Place, *, env: Mapping[str, str] | None = None, program: Sequence[str] = WORKER
) -> Iterator[Outside]:
    """Start a service on a place and wait for its root URL; it is killed at the end."""
    config, log = place.write(), place.folder / "serve.log"
    around = {**surroundings(place.folder), **(env or {})}
    with (
        log.open("ab") as errors,
        started("serve", "--config", config, before=program, stderr=errors, env=around) as process,
    ):
        yield Outside(url=first_line(process, log), process=process, log=log)


def first_line(process: "subprocess.Popen[str]", log: Path) -> str:
    """Wait for the first line of a service's standard output."""
    assert process.stdout
    line = process.stdout.readline().strip()
    assert line.startswith("http"), f"{line!r} {log.read_text('utf-8')[-2000:]}"
    return line


@contextmanager
def sandboxed(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """Start a service that needs no configuration; yield its root and the token that it printed."""
    log = folder / "serve.log"
    around = {**surroundings(folder), "PRESENCE_WORKER_SERVE__LISTEN": "127.0.0.1:0", **(env or {})}
    words = ("serve", "--sandbox", "--state-dir", folder / "state")
    with log.open("ab") as errors, started(*words, stderr=errors, env=around) as process:
        url = first_line(process, log)
        assert process.stdout
        yield url, process.stdout.readline().split()[-1]
