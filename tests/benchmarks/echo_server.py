"""The least service that answers as SuperOffice does: a PUT is echoed, and each arrival noted.

As a process of its own: `echo_server.py ARRIVALS [--latency LEAST MOST] [--trouble N] [--storm AFTER FOR]`
The first line it prints is its root URL. At SIGTERM it writes when all PUTs and GETs of presences came
(time.monotonic, as raw doubles) to the file ARRIVALS.
"""

import argparse
import asyncio
import re
import signal
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import cast

import uvloop

GOLDEN = 2_654_435_761  # spreads consecutive numbers evenly over 32 bits
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
PRESENCE_PATH = b"/UserPresenceStatus "
PRESENT = b'{"Status":"StatusNormal","Message":""}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
TROUBLE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
NOT_UNDERSTOOD = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def take_request(received: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Split off the first request: give its head, its body and the rest; None until it is whole."""
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    length = LENGTH.search(head)
    size = int(length[1]) if length else 0
    return (head, rest[:size], rest[size:]) if len(rest) >= size else None


class Manners:
    """Owns how the service answers, PUT by PUT: the same in every run."""

    def __init__(self, latency: tuple[float, float], trouble: int, storm: tuple[float, float]) -> None:
        self.arrivals = array("d")
        self._latency = latency  # seconds, at least and at most
        self._trouble = trouble  # every so many PUTs are answered 503; 0: none
        self._storm = storm  # seconds after the first PUT, and for how many: all are answered 429

    def arrived(self) -> None:
        """Note a PUT or a GET."""
        self.arrivals.append(time.monotonic())

    def answer(self, body: bytes) -> bytes:
        """Give the answer to the PUT that arrived last."""
        after, lasting = self._storm
        if 0 <= self.arrivals[-1] - self.arrivals[0] - after < lasting:
            return BUSY
        if self._trouble and len(self.arrivals) % self._trouble == 0:
            return TROUBLE
        return OK % (len(body), body)

    def latency(self) -> float:
        """Give the seconds that it takes."""
        least, most = self._latency
        return least + (most - least) * (len(self.arrivals) * GOLDEN % 2**32) / 2**32


class Connection(asyncio.Protocol):
    """Owns one connection: answers its requests one by one, in their order."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._received = b""
        self._waiting = False  # for the time to answer: what comes meanwhile stays in the buffer
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._answer_what_is_whole()

    def _answer_what_is_whole(self) -> None:
        while not self._waiting and (request := take_request(self._received)):
            head, body, self._received = request
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        known = PRESENCE_PATH in head
        if known and head.startswith(b"PUT "):
            self._manners.arrived()
            self._echo(self._manners.answer(body))
        elif known and head.startswith(b"GET "):  # a row in doubt is looked up, at the same pace
            self._manners.arrived()
            self._transport.write(OK % (len(PRESENT), PRESENT))
        elif head.startswith(b"GET "):
            self._transport.write(NOT_FOUND)
        else:
            self._transport.write(NOT_UNDERSTOOD)
            self._transport.close()

    def _echo(self, answer: bytes) -> None:
        if wait := self._manners.latency():
            self._waiting = True
            asyncio.get_running_loop().call_later(wait, self._echo_late, answer)
        else:
            self._transport.write(answer)

    def _echo_late(self, answer: bytes) -> None:
        self._waiting = False
        if not self._transport.is_closing():
            self._transport.write(answer)
            self._answer_what_is_whole()


async def serve(connection: Callable[[], Connection]) -> None:
    """Listen on a free port of the loopback until SIGTERM."""
    loop, told_to_stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told_to_stop.set)
    server = await loop.create_server(connection, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await told_to_stop.wait()


def main() -> None:
    """Serve, then tell when PUTs arrived."""
    parser = argparse.ArgumentParser()
    parser.add_argument("arrivals", type=Path)
    parser.add_argument("--latency", type=float, nargs=2, default=(0, 0))
    parser.add_argument("--trouble", type=int, default=0)
    parser.add_argument("--storm", type=float, nargs=2, default=(0, 0))
    arguments = parser.parse_args()
    manners = Manners(arguments.latency, arguments.trouble, arguments.storm)
    uvloop.run(serve(lambda: Connection(manners)))
    arguments.arrivals.write_bytes(manners.arrivals.tobytes())


if __name__ == "__main__":
    main()
