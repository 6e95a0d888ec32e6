"""One connection to SuperOffice: a request goes out as bytes, and what comes back is its answer, bounded."""

import ssl
from asyncio import AbstractEventLoop, Future, TimerHandle
from collections import deque
from collections.abc import Callable, Iterable

from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage
from aiohttp.streams import StreamReader

from .http_messages import LONGEST_HEAD, MOST_HEADERS, Answer

MOST_DOUBTED = 100  # requests of one connection
QUIET = 5.0  # seconds; what comes later has displaced no answer but the last
BEGINNING = b"HTTP/"  # of each answer; line ends may stand before it
SWITCHED, FINAL = 101, 200  # statuses: the one, and those from the other on, are the last of an answer
NEVER = float("-inf")  # as a time
Doubt = Callable[[Iterable[str]], None]  # takes the paths of requests whose answers are in doubt


class WireChannel(ResponseHandler):
    """Owns one connection: the request under way, its time limits, and what has come of its answer.

    Answers carry no number: after one too many, each may be that of the request before. The last one is in
    doubt then, and so are those before it that came shortly one after another; the connection is closed.
    Until its first request a channel is the HTTP library's alone, which asks a proxy for a tunnel over it.
    """

    def __init__(self, doubt: Doubt, read_timeout: float, loop: AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._doubt = doubt
        self._longest_silence = read_timeout  # seconds
        self._asked: deque[str] = deque(maxlen=MOST_DOUBTED)  # paths of its requests, in order
        self._answer: Future[Answer] | None = None  # to the request under way
        self._is_due = False  # the head of an answer
        self._head = 0  # bytes of it so far
        self._coming: tuple[RawResponseMessage, StreamReader] | None = None  # a head, and what follows it
        self._body = bytearray()
        self._longest = 0  # bytes of a body
        self._until = self._began = self._heard = NEVER  # times: of the request, and when something came last
        self._alarm: TimerHandle | None = None
        self.refusal: ssl.SSLError | None = None  # why the other end broke TLS off before anything came

    def ask(self, path: str, data: bytes, *, longest: int, until: float) -> Future[Answer]:
        """Write a request, and return its future answer; nothing of it went out if `is_connected` is false.

        A damaged answer fails with HttpProcessingError, else with the error that ended the connection.
        It fails with TimeoutError at *until*, by the loop's clock, or when nothing comes for too long.
        """
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError
        if self._parser is None:
            self.set_response_params(
                read_until_eof=True,
                auto_decompress=False,
                max_line_size=LONGEST_HEAD,
                max_field_size=LONGEST_HEAD,
                max_headers=MOST_HEADERS,
            )
        self._asked.append(path)
        self._is_due, self._head, self._body = True, 0, bytearray()
        self._longest, self._until, self._began = longest, until, self._loop.time()
        self._answer = answer = self._loop.create_future()
        if self._alarm is None:  # the one of a request before comes earlier, and looks
            self._alarm = self._loop.call_at(self._limit(), self._look)
        self.transport.write(data)
        return answer

    def has_kept(self, number: int) -> bool:
        """Return whether so many bytes have not left this machine; aborting the connection drops them."""
        return self.transport is not None and self.transport.get_write_buffer_size() >= number

    def data_received(self, data: bytes) -> None:
        """Parse what belongs to an answer."""
        if not self._asked:
            if self._parser is not None:  # the library speaks with a proxy
                super().data_received(data)
            else:
                self._end()  # nothing was sent
            return
        before, self._heard = self._heard, self._loop.time()
        is_late = self._heard - before > QUIET
        if data and not self._is_due and (self._coming is None or self._coming[1].is_eof()):
            self._doubt_all(is_late=is_late)
            return
        is_answer = not self._is_due or self._head > 0 or _may_begin_an_answer(data)
        super().data_received(data)
        if self._is_due:
            if not is_answer or self.exception() is not None:
                self._doubt_earlier(is_late=is_late)
            self._head += len(data)
            if self._head > LONGEST_HEAD and self.exception() is None:
                self.set_exception(HttpProcessingError(message="the head of the answer is too long"))
        elif self.exception() is not None or (data and self._collect() and self._has_begun_another()):
            self._doubt_all()

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take the head of an answer."""
        if not self._asked:
            super().feed_data(data, size)
        elif not self._is_due:
            self._doubt_all()
        elif data[0].code >= FINAL or data[0].code == SWITCHED:
            self._is_due, self._coming = False, data
        else:
            self._head = 0  # "go on"

    def _has_begun_another(self) -> bool:
        """Check whether the parser holds the beginning of an answer, behind one that is whole."""
        try:
            return self._parser is not None and self._parser.feed_eof() is not None
        except HttpProcessingError:
            return True

    def _collect(self) -> bool:
        """Answer the request when all of a body has come, or too much; return whether it was all."""
        if self._coming is None:
            return False
        message, stream = self._coming
        if stream.exception() is not None:
            return False
        while piece := stream.read_nowait():
            self._body += piece
        if stream.is_eof() or len(self._body) > self._longest:
            if not stream.is_eof():
                self._end()
            is_answer = not self.has_kept(1)  # else it came before all of the request went out
            answer = Answer(message.code, message.headers, bytes(self._body))
            self._settle(answer if is_answer else ConnectionResetError())
        return stream.is_eof()

    def _settle(self, answer: Answer | BaseException) -> None:
        waiting, self._answer, self._coming = self._answer, None, None
        if waiting is None or waiting.done():
            return
        if isinstance(answer, BaseException):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - the HTTP library's
        """Go on where reading was paused; the library asks for that whenever a piece was taken."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Let the answer fail that is under way, unless all of it was there."""
        super().set_exception(exc, *([exc_cause] if exc_cause else []))
        self._collect()
        if self._answer is not None:
            cause = self._coming and self._coming[1].exception()
            self._settle(cause or exc)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note why the other end refused us: with TLS 1.3 it says so only after the handshake."""
        if self._alarm is not None:
            self._alarm.cancel()
        if isinstance(exc, ssl.SSLError) and self._heard == NEVER:
            self.refusal = exc
        super().connection_lost(exc)

    def _limit(self) -> float:
        return min(self._until, max(self._began, self._heard) + self._longest_silence)

    def _look(self) -> None:
        """End the time of the request under way, or look again when it ends."""
        self._alarm = None
        if self._answer is None:
            return
        if self._limit() > self._loop.time():
            self._alarm = self._loop.call_at(self._limit(), self._look)
        else:
            self._settle(TimeoutError())

    def _doubt_earlier(self, *, is_late: bool) -> None:
        """Doubt the answers before what is none: it may be the rest of a true one, displaced by another."""
        earlier = [self._asked.popleft() for _ in range(len(self._asked) - 1)]  # the newest is lost anyway
        self._doubt(earlier[-1:] if is_late else earlier)

    def _doubt_all(self, *, is_late: bool = False) -> None:
        self._end()
        self._doubt([*self._asked][-1:] if is_late else self._asked)

    def _end(self) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.abort()


def _may_begin_an_answer(data: bytes) -> bool:
    return data.startswith(BEGINNING) or BEGINNING.startswith(data.lstrip(b"\r\n")[: len(BEGINNING)])
