"""The sandbox on a socket of this machine."""

import errno
import socket
import ssl
import struct
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

import anyio
from aiohttp import web

from ..errors import UsageFault
from ..next_step import NextStep
from .archive import Archive
from .ask import Ask
from .desk import Desk
from .faults import NO_FAULTS, Faults
from .luck import Luck
from .online import ANYBODY_WELCOME, Online
from .people import People
from .record import Entry
from .rendering import rendered
from .service import Service
from .site import Site
from .tenant import Tenant
from .unknowns import AS_DOCUMENTED, Unknowns

HOST = "127.0.0.1"
BACKLOG = 1024  # connections waiting to be accepted
PATIENCE = 0.05  # seconds that unfinished requests get, twice, when the sandbox ends
REMEMBERED = 10_000  # requests
RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # SO_LINGER: on, 0 seconds
REASONS = {
    errno.EADDRINUSE: "something else listens there already",
    errno.EACCES: "this user may not listen there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that is up."""

    url: str  # its root, such as http://127.0.0.1:40123
    people: People
    record: deque[Entry]  # the newest requests, oldest first


@asynccontextmanager
async def serve(  # noqa: PLR0913 - each is independent of the others, and has a default
    people: People,
    *,
    port: int = 0,
    faults: Faults = NO_FAULTS,
    latency: float = 0.0,
    remember: int = REMEMBERED,
    unknowns: Unknowns = AS_DOCUMENTED,
    online: Online = ANYBODY_WELCOME,
    tls: ssl.SSLContext | None = None,
    heard: Callable[[Entry], None] | None = None,
) -> AsyncIterator[Sandbox]:
    """Let the sandbox answer on loopback while the context lasts.

    *port* 0 is any free one. A request is carried out when it arrives and answered *latency* seconds
    later. *remember* bounds the record; *unknowns* says how it answers where nobody knows what SuperOffice
    does, *online* how signing in works. With *tls* it speaks https; *heard* is told of each request. Raises
    UsageFault where the port cannot be had.
    """
    site = _site(people, unknowns, online)
    service = Service(site, Luck(faults), remember, heard)
    server = web.Server(_responder(service, latency), handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=PATIENCE)
    await runner.setup()
    try:
        await _listen(runner, port, tls)
        if site.tenant.moves:
            await _listen(runner, 0, tls)
            site.tenant.new_port = runner.addresses[1][1]
        root = f"{'https' if tls else 'http'}://{HOST}:{runner.addresses[0][1]}"
        yield Sandbox(url=root, people=people, record=service.record)
    finally:
        with anyio.CancelScope(shield=True):
            await runner.cleanup()


def _site(people: People, unknowns: Unknowns, online: Online) -> Site:
    return Site(
        people=people,
        archive=Archive(people, unknowns.paging),
        unknowns=unknowns,
        desk=Desk(online),
        tenant=Tenant(online),
    )


async def _listen(runner: web.ServerRunner, port: int, tls: ssl.SSLContext | None) -> None:
    try:
        await web.TCPSite(runner, HOST, port, backlog=BACKLOG, ssl_context=tls).start()
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror)
        raise UsageFault(
            f"the sandbox cannot have port {port}: {reason}; choose another with --port, "
            "or leave it out to get a free one",
            next=NextStep(("sandbox",)),
        ) from None


def _responder(
    service: Service, latency: float
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def respond(request: web.BaseRequest) -> web.StreamResponse:
        reply = service.answer(await _asked(request))
        if latency:
            await anyio.sleep(latency)
        if reply.status is None:
            return await _leave_unanswered(request, reset=reply.reset)
        body, content_type = rendered(reply, request.headers.get("Accept", ""), service.site.unknowns)
        headers = {"Content-Type": content_type, **dict(reply.headers)}
        return web.Response(status=reply.status, body=body, headers=headers)

    return respond


async def _asked(request: web.BaseRequest) -> Ask:
    return Ask(
        method=request.method,
        path=request.path,
        query=request.rel_url.raw_query_string,
        scheme=request.scheme,
        host=request.headers.get("Host", ""),
        headers=request.headers,
        body=await request.read(),
    )


async def _leave_unanswered(request: web.BaseRequest, *, reset: bool) -> NoReturn:
    """Wait until the connection is gone, which cancels us."""
    if reset and request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE
        )
        request.transport.abort()
    while True:
        await anyio.sleep_forever()
