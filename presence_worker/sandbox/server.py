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

from ..errors import SandboxFault
from ..next_step import NextStep
from .assumptions import AS_DOCUMENTED, Assumptions
from .bodies import render_reply
from .calls import Incoming
from .fault_injection import NO_FAULTS, FaultInjector, Faults
from .people import People
from .request_history import SeenRequest
from .responder import Responder
from .state import SandboxState, SandboxTenant
from .tokens import ANY_CREDENTIAL, IssuedTokens, Online
from .user_archive import UserArchive

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
class Setup:
    """How the sandbox is set up; everything has a default."""

    port: int = 0  # 0: any free one
    faults: Faults = NO_FAULTS
    latency: float = 0.0  # seconds between a request, which is carried out when it arrives, and its answer
    remember: int = REMEMBERED  # requests that the record has at most
    assumptions: Assumptions = AS_DOCUMENTED  # where SuperOffice's answer is unknown
    online: Online = ANY_CREDENTIAL  # how signing in works
    tls: ssl.SSLContext | None = None  # with it, it speaks https
    on_request: Callable[[SeenRequest], None] | None = None  # gets each request


AS_USUAL = Setup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that is up."""

    url: str  # its root, such as http://127.0.0.1:40123
    people: People
    record: deque[SeenRequest]  # the newest requests, oldest first


@asynccontextmanager
async def serve(people: People, options: Setup = AS_USUAL) -> AsyncIterator[Sandbox]:
    """Answer on loopback while the context lasts; raise SandboxFault where the port cannot be had."""
    state = _build_state(people, options)
    injector = FaultInjector(options.faults)
    responder = Responder(state, injector, options.remember, options.on_request)
    server = web.Server(_respond_with(responder, options), handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=PATIENCE)
    await runner.setup()
    try:
        await _listen(runner, options.port, options.tls)
        if state.tenant.moves:
            await _listen(runner, 0, options.tls)
            state.tenant.new_port = runner.addresses[1][1]
        root = f"{'https' if options.tls else 'http'}://{HOST}:{runner.addresses[0][1]}"
        yield Sandbox(url=root, people=people, record=responder.record)
    finally:
        with anyio.CancelScope(shield=True):
            await runner.cleanup()


def _build_state(people: People, options: Setup) -> SandboxState:
    return SandboxState(
        people=people,
        archive=UserArchive(people, options.assumptions.paging),
        assumptions=options.assumptions,
        tokens=IssuedTokens(options.online),
        tenant=SandboxTenant(options.online),
    )


async def _listen(runner: web.ServerRunner, port: int, tls: ssl.SSLContext | None) -> None:
    try:
        await web.TCPSite(runner, HOST, port, backlog=BACKLOG, ssl_context=tls).start()
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror)
        raise SandboxFault(
            f"the sandbox cannot have port {port}: {reason}; choose another with --port, "
            "or leave it out to get a free one",
            next=NextStep(("sandbox",)),
        ) from None


def _respond_with(
    responder: Responder, options: Setup
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def respond(request: web.BaseRequest) -> web.StreamResponse:
        reply = responder.answer(await _read_request(request))
        if options.latency:
            await anyio.sleep(options.latency)
        if reply.status is None:
            return await _leave_unanswered(request, reset=reply.reset)
        body, content_type = render_reply(reply, request.headers.get("Accept", ""), options.assumptions)
        headers = {"Content-Type": content_type, **dict(reply.headers)}
        return web.Response(status=reply.status, body=body, headers=headers)

    return respond


async def _read_request(request: web.BaseRequest) -> Incoming:
    return Incoming(
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
