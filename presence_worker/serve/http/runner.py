"""The application on a socket: what is not HTTP, comes too slowly or is too long never reaches it."""

import asyncio
from http import HTTPStatus

import structlog
from aiohttp import web

from ..service import Service
from .app import FAULT_OF_OURS, build_app
from .problem import HttpProblem, render_problem

HEAD_TIME = 20.0  # seconds for the first request to arrive on a connection, without its body
KEEP_ALIVE = 75.0  # seconds, longer than proxies keep theirs
LONGEST_LINE = 8190  # bytes of the first line, and of each header
MOST_HEADERS = 64
CLOSING = 5.0  # seconds for answers that are on their way at the end
NOT_HTTP = "The request is not valid HTTP, or its headers are too long"
log = structlog.get_logger()


class PlainAnswer(web.Response):
    """An answer to what is not a request: without the header that names our software."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


class GuardedConnection(web.RequestHandler):
    """Owns a connection of a client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Allow the client some time for its first request."""
        super().connection_made(transport)
        asyncio.get_running_loop().call_later(HEAD_TIME, self._close_if_silent)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 400,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes the request
    ) -> web.StreamResponse:
        """Return the answer to what is not HTTP, without a word of it."""
        log.debug("http.malformed", status=status, error=type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer was sent already")
        is_ours = status == HTTPStatus.INTERNAL_SERVER_ERROR
        problem = render_problem(
            HttpProblem(status, FAULT_OF_OURS) if is_ours else HttpProblem(400, NOT_HTTP)
        )
        answer = PlainAnswer(status=problem.status, body=problem.body, content_type=problem.content_type)
        answer.force_close()
        return answer

    def _close_if_silent(self) -> None:
        if not self._request_count:
            self.force_close()


class GuardedServer(web.Server):
    """Owns the connections of all clients."""

    def __call__(self) -> web.RequestHandler:
        """Return what speaks on a new connection."""
        return GuardedConnection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own: no log
            auto_decompress=False,
            keepalive_timeout=KEEP_ALIVE,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
        )


class ServiceRunner(web.AppRunner):
    """Owns the application while it listens."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        return GuardedServer(server.request_handler, request_factory=server.request_factory)


def build_runner(service: Service) -> web.AppRunner:
    """Return what lets a service listen."""
    return ServiceRunner(build_app(service), handle_signals=False, shutdown_timeout=CLOSING)
