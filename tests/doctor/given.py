"""What these tests begin with: a doctor who is asked, and services that are as they are told to be."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from anyio.from_thread import start_blocking_portal

from presence_worker.sandbox import People, Sandbox, Setup, serve
from tests.raw_server import Act, Peer, RawServer, Request, answer, raw_server
from tests.run.given import Ended, Worker, own_surroundings, sandbox, worker, worker_on

__all__ = ["own_surroundings", "sandbox", "worker", "worker_on"]
PRINCIPAL = "/api/v1/User/currentPrincipal"
USERS = "/api/v1/User"
LOOK = "/api/v1/User/1/UserPresenceStatus"
API = "/api"
TENANT = "/Cust12345"
GOOD = {  # what a service answers by path when all is well
    API: {"NetServerVersion": "10.5"},
    PRINCIPAL: {"UserName": "night", "AssociateId": 1, "EjUserId": 5},
    USERS: {"value": []},
    LOOK: {"Status": "StatusNormal", "Message": ""},
}


class Told(NamedTuple):
    """What was said under the name of a check."""

    verdicts: list[str]
    words: str
    remedies: str


class Examined(NamedTuple):
    """How an examination ended."""

    ended: Ended
    summary: dict[str, Any]

    def told(self, name: str) -> Told:
        """Give what was said under a name."""
        found = [check for check in self.summary["checks"] if check["name"] == name]
        return Told(
            [check["verdict"] for check in found],
            "\n".join(check["words"] for check in found),
            "\n".join(check["remedy"] or "" for check in found),
        )

    def verdict(self, name: str) -> str:
        """Give the one verdict under a name."""
        (verdict,) = self.told(name).verdicts
        return verdict

    def by(self, verdict: str) -> list[str]:
        """Give the names under which a verdict was given."""
        return [check["name"] for check in self.summary["checks"] if check["verdict"] == verdict]


class Doctor:
    """Owns a state directory and a configuration file; examines what the options and the file say."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.state = worker.state
        self.config = worker.folder / "settings.toml"

    def configure(self, text: str) -> None:
        """Write the configuration."""
        self.config.write_text(text, "utf-8")

    def __call__(self, url: str | None = None, *words: str | Path) -> Examined:
        """Examine a service, or what the configuration says."""
        config = ("--config", str(self.config)) if self.config.exists() else ()
        where = ("--base-url", url) if url else ()
        options = (*config, *where, "--state-dir", str(self.state), *map(str, words), "--json")
        ended = self.worker.call("doctor", *options)
        return Examined(ended, ended.summary)


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Somebody who looks before the night."""
    return Doctor(Worker(tmp_path, "", capsys))


@contextmanager
def service_up(people: People | None = None, **how: Any) -> Iterator[Sandbox]:
    """Let a sandbox that is as it is told to be answer in a thread of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve(people or People(20), Setup(**how))) as sandbox,
    ):
        yield sandbox


@contextmanager
def answering(acts: Mapping[str, Act] | None = None, **how: Any) -> Iterator[RawServer]:
    """Let a service that is well, but for some paths, answer in a thread of its own."""
    good = {path: answer(200, orjson.dumps(value)) for path, value in GOOD.items()}
    told = {} if acts is None else acts  # which may change later

    async def act(peer: Peer, request: Request) -> None:
        path = request.path.partition("?")[0]
        await (told.get(path) or good.get(path.removeprefix(TENANT)) or answer(404))(peer, request)

    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(raw_server(otherwise=act, **how)) as server,
    ):
        yield server
