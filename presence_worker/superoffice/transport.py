"""Requests over HTTP: each goes out once, and what comes is its answer, bounded."""

import codecs
import ssl
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

from .addresses import below

LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred, a token some thousand
PACKED = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # zlib's wbits
LONGEST_HEAD = 64 * 1024  # bytes of an answer before its body
MOST_DOUBTED = 100  # requests of one connection
QUIET = 5.0  # seconds; what comes later has displaced no answer but the last
BEGINNING = b"HTTP/"  # of each answer; line ends may stand before it
SWITCHED = 101  # the only status below 200 that is the last one
Doubt = Callable[[Iterable[URL]], None]  # takes the addresses whose last answers are in doubt
TlsErrors = dict[URL, ssl.SSLError]  # by address: why TLS ended before anything came


class Request(NamedTuple):
    """What is asked of a host."""

    method: str
    path: str  # below the host's root, with its query
    body: bytes | dict[str, str] | None = None  # a dictionary is sent as a form
    headers: dict[str, str] | None = None  # beside those of the session
    longest: int = LONGEST_ANSWER  # bytes of the answer that are read


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes  # cut where it is longer than was asked for


async def send_request(session: aiohttp.ClientSession, root: URL, request: Request) -> Answer:
    """Send one request, and read its answer.

    What is packed although we did not ask for it is unpacked, up to as many bytes. Redirects are not
    followed. Raise what is in `request_errors.REQUEST_ERRORS`.
    """
    response = await session.request(
        request.method,
        below(root, request.path),
        data=request.body,
        headers=request.headers,
        allow_redirects=False,
    )
    try:
        body = await _read_body(response, request.longest)
        packing = response.headers.get("Content-Encoding", "").strip().lower()
        if packing in PACKED:
            body = _unpack(body, packing, request.longest)
        return Answer(response.status, response.headers, body.removeprefix(codecs.BOM_UTF8))
    finally:
        response.release()  # at once, which `async with` would wait for


async def _read_body(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """Read an answer up to a sane size; the connection of a longer one is closed, not drained."""
    body = await response.content.readany()
    while not response.content.at_eof() and len(body) <= longest:
        body += await response.content.readany()
    if len(body) > longest:
        response.close()
    return body


def _unpack(body: bytes, packing: str, longest: int) -> bytes:
    """Unpack an answer, cut where it is too long; one that is not packed so, or not whole, stays as it is."""
    for wbits in PACKED[packing]:  # "deflate" is with a header by the standard, and without by some servers
        unpacking = zlib.decompressobj(wbits)
        try:
            plain = unpacking.decompress(body, longest + 1)
        except zlib.error:
            continue
        if (unpacking.eof and not unpacking.unused_data) or len(plain) > longest:
            return plain
    return body


class Channel(ResponseHandler):
    """One connection, which notices what comes unasked.

    Answers carry no number: after one too many, each may be that of the request before. The last one is in
    doubt then, and so are those before it that came shortly one after another; the connection is closed.
    """

    def __init__(self, doubt: Doubt, tls_errors: TlsErrors, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._doubt = doubt
        self._tls_errors = tls_errors
        self._is_due = False  # the head of an answer
        self._head = 0  # bytes of it so far
        self._at = 0.0  # when something came last
        self.asked: deque[URL] = deque(maxlen=MOST_DOUBTED)  # by its requests, in order

    def set_response_params(self, **params: Any) -> None:
        """Expect an answer from now on."""
        self._is_due, self._head = True, 0
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Parse what belongs to an answer."""
        before, self._at = self._at, self._loop.time()
        if data and not self._is_due and (self._payload is None or self._payload.is_eof()):
            self._doubt_all(is_late=self._at - before > QUIET)
            return
        is_answer = not self._is_due or self._head > 0 or _may_begin_an_answer(data)
        super().data_received(data)
        if self._is_due:
            if not is_answer or self.exception() is not None:
                self._doubt_earlier(is_late=self._at - before > QUIET)
            self._head += len(data)
            if self._head > LONGEST_HEAD and self.exception() is None:
                self.set_exception(HttpProcessingError(message="the head of the answer is too long"))
        elif self.exception() is not None:
            self._doubt_all()

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Hand the head of an answer over."""
        is_last = data[0].code >= 200 or data[0].code == SWITCHED  # noqa: PLR2004 - before it: "go on"
        if not self._is_due:
            self._doubt_all()
            return
        self._is_due, self._head = not is_last, 0
        super().feed_data(data, size)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note why the other end refused us: with TLS 1.3 it says so only after the handshake."""
        if isinstance(exc, ssl.SSLError) and not self._at:
            self._tls_errors.update(dict.fromkeys(self.asked, exc))
        super().connection_lost(exc)

    def _doubt_earlier(self, *, is_late: bool) -> None:
        """Doubt the answers before what is none: it may be the rest of a true one, displaced by another."""
        earlier = [self.asked.popleft() for _ in range(len(self.asked) - 1)]  # the newest is lost anyway
        self._doubt(earlier[-1:] if is_late else earlier)

    def _doubt_all(self, *, is_late: bool = False) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.close()
        self._doubt([*self.asked][-1:] if is_late else self.asked)


def _may_begin_an_answer(data: bytes) -> bool:
    return data.startswith(BEGINNING) or BEGINNING.startswith(data.lstrip(b"\r\n")[: len(BEGINNING)])
