"""A service behind a real socket, with a token for each role."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import anyio
from aiohttp import web

from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.sandbox import People, serve
from presence_worker.serve.http.runner import build_runner
from presence_worker.serve.service import Service
from tests.serve.given import context_for, served, targets_of

TOKENS: Mapping[str, list[str]] = {
    "importer": ["submit"],
    "other": ["submit"],
    "watcher": ["read"],
    "hr": ["read", "rows"],
    "boss": ["read", "approve"],
    "admin": ["submit", "read", "rows", "approve"],
}
NOWHERE = "http://127.0.0.1:9"
CSV = b"associateId,status,message\n12,StatusNotAvailable,Back on 4 January\n"


def digest(token: str) -> str:
    """Give what the configuration has of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def tokens(**limits: list[str]) -> dict[str, Any]:
    """Give the tokens of the configuration: each is its own name."""
    return {
        name: {"sha256": digest(name), "roles": roles, "targets": limits.get(name)}
        for name, roles in TOKENS.items()
    }


class IdleService(Service):
    """A service that takes jobs in and never begins one."""

    said: str | None = None  # why it can take no work

    @property
    def trouble(self) -> str | None:
        return self.said

    @property
    def not_now(self) -> str | None:
        return self.said if self.said in ("starting", "stopping", "disk") else None


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """What problem details say."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return str(self.json["detail"])


@dataclass(frozen=True)
class Front:
    """A service that listens."""

    service: Service
    url: str
    port: int
    session: aiohttp.ClientSession
    runner: web.AppRunner

    async def ask(
        self, method: str, path: str, by: str | None = "admin", data: Any = None, **headers: str
    ) -> Answer:
        """Send a request with a token; underscores in the names of headers stand for dashes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            sent["Authorization"] = f"Bearer {by}"
        async with self.session.request(
            method, self.url + path, data=data, headers=sent, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def submit(self, by: str = "importer", query: str = "", data: Any = CSV, **headers: str) -> Answer:
        """Hand a job in."""
        return await self.ask("POST", f"/api/v1/jobs{query}", by, data, **headers)

    async def ended(self, job: str) -> Any:
        """Wait until a job is over; give it."""
        while True:
            found = (await self.ask("GET", f"/api/v1/jobs/{job}", "admin")).json
            if found["state"] not in ("waiting", "working"):
                return found
            await anyio.sleep(0.02)


@asynccontextmanager
async def listening(service: Service) -> AsyncIterator[Front]:
    """Let a service listen; whether it works is another matter."""
    runner = build_runner(service)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            yield Front(service, f"http://127.0.0.1:{port}", port, session, runner)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def idle(state: Path, *names: str, **serve: Any) -> AsyncIterator[Front]:
    """Let a service listen that takes jobs in for targets of some *names* and never begins one."""
    serve = {"tokens": tokens(), **serve}
    contexts = {name: context_for(NOWHERE, state, name, serve=serve) for name in names or ("a",)}
    async with listening(IdleService(targets_of(**contexts), FolderQueue(state))) as front:
        yield front


@asynccontextmanager
async def working(state: Path, people: int = 20, **sections: Any) -> AsyncIterator[Front]:
    """Let a service listen that carries its jobs out, for one target that the sandbox plays."""
    sections = {"serve": {"tokens": tokens(), **sections.pop("serve", {})}, **sections}
    async with serve(People(people)) as up:
        targets = targets_of(a=context_for(up.url, state, **sections))
        async with served(targets, FolderQueue(state)) as service, listening(service) as front:
            yield front


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    while True:
        if is_so():
            return
        await anyio.sleep(0.01)


async def raw(front: Front, request: bytes) -> bytes:
    """Send bytes as they are; give the first of the answer."""
    async with await anyio.connect_tcp("127.0.0.1", front.port) as line:
        await line.send(request)
        return await line.receive()


async def sign_in(front: Front, token: str) -> str:
    """Sign a browser in; give its cookie."""
    page = await front.ask("GET", "/sign-in", None)
    first = page.headers["Set-Cookie"].partition(";")[0]
    form_token = page.body.decode().partition('name="token" value="')[2].partition('"')[0]
    answer = await front.ask(
        "POST", "/sign-in", None, {"secret": token, "token": form_token}, Cookie=first, Origin=front.url
    )
    assert answer.status == 303
    return answer.headers["Set-Cookie"].partition(";")[0]
