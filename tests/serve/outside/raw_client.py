"""An HTTP client without manners: it sends the bytes that it is given, and reads one answer after another."""

import json
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

Headers = Iterable[tuple[str, str]]
PATIENCE = 60.0  # seconds until an answer is taken for lost
PIECE = 65536  # bytes
NO_BODY = (204, 304)


class Cut(Exception):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said, once."""

    status: int
    headers: tuple[tuple[str, str], ...]  # as they came
    body: bytes

    def header(self, name: str) -> str | None:
        """Give the value of a header, None where it did not come."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def kind(self) -> str:
        """The media type, without its parameters."""
        return (self.header("Content-Type") or "").partition(";")[0].strip()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        """The `Set-Cookie` headers: the whole line by the cookie's name."""
        lines = [value for key, value in self.headers if key.lower() == "set-cookie"]
        return {line.partition("=")[0]: line for line in lines}


class Line:
    """Owns one connection."""

    def __init__(
        self,
        url: str,
        trust: ssl.SSLContext | None = None,
        *,
        source: str | None = None,  # our own address, such as 127.0.0.9
        patience: float = PATIENCE,
    ) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc  # as a browser would name it
        address, ours = (parts.hostname or "", parts.port or 443), (source, 0) if source else None
        self._socket = socket.create_connection(address, timeout=patience, source_address=ours)
        if parts.scheme == "https":
            secure = trust or ssl.create_default_context()
            self._socket = secure.wrap_socket(self._socket, server_hostname=parts.hostname)
        self._rest = b""  # came with the answer before

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Send just these bytes; return False where the other side wants no more of them."""
        try:
            self._socket.sendall(data)
        except ConnectionError:
            return False
        return True

    def end_sending(self) -> None:
        """Say that nothing more comes (FIN), and go on reading."""
        self._socket.shutdown(socket.SHUT_WR)

    def ask(self, method: str, path: str, body: bytes = b"", headers: Headers = ()) -> Answer:
        """Send an orderly request and read its answer."""
        self.send(request_bytes(method, path, body, headers, host=self.host))
        return self.answer(method)

    def answer(self, method: str = "GET") -> Answer:
        """Read one answer; raise Cut where the connection ends before it does."""
        while True:
            status, headers = self.head()
            if status >= 200:  # before that come only hints
                body = b"" if method == "HEAD" or status in NO_BODY else self._body(headers)
                return Answer(status=status, headers=headers, body=body)

    def head(self) -> tuple[int, tuple[tuple[str, str], ...]]:
        """Read a status and the headers."""
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        return int(first.split(" ")[1]), pairs

    def some(self) -> bytes:
        """Read what there is, at least one byte; nothing at the end of the connection."""
        found, self._rest = self._rest, b""
        return found or self._receive()

    def is_ended(self) -> bool:
        """Wait until the other side ends the connection, or says something more."""
        return not self.some()

    def _body(self, headers: Headers) -> bytes:
        known = {name.lower(): value for name, value in headers}
        if known.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self._exactly(int(known["content-length"])) if "content-length" in known else self._all()

    def _chunk(self) -> bytes:
        size = int(self._until(b"\r\n").partition(b";")[0], 16)
        data = self._exactly(size)
        self._until(b"\r\n")
        return data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _all(self) -> bytes:
        return b"".join(iter(self.some, b""))

    def _more(self) -> None:
        data = self._receive()
        if not data:
            raise Cut(f"{len(self._rest)} bytes of an answer came")
        self._rest += data

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(PIECE)
        except ConnectionError:
            return b""


def request_bytes(
    method: str, path: str, body: bytes = b"", headers: Headers = (), *, host: str = "localhost"
) -> bytes:
    """Give an orderly request; `Host` and `Content-Length` are ours unless *headers* has them."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    if "host" not in names:
        given.insert(0, ("Host", host))
    if (body or method == "POST") and not names & {"content-length", "transfer-encoding"}:
        given.append(("Content-Length", str(len(body))))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def once(
    url: str,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Headers = (),
    trust: ssl.SSLContext | None = None,
    *,
    source: str | None = None,
) -> Answer:
    """Ask once, on a connection of its own."""
    with Line(url, trust, source=source) as line:
        return line.ask(method, path, body, (*headers, ("Connection", "close")))


def multipart(*parts: tuple[str, str | None, bytes], mark: str = "hier-ist-die-Grenze") -> tuple[str, bytes]:
    """Give the media type and the body of a form: fields as name, file name and content."""
    body = b""
    for name, file_name, content in parts:
        named = "" if file_name is None else f'; filename="{file_name}"'
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        body += head.encode("utf-8") + content + b"\r\n"
    return f"multipart/form-data; boundary={mark}", body + f"--{mark}--\r\n".encode()
