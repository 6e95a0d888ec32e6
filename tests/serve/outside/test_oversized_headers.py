"""Attack: heads of requests that never end, or are no HTTP at all."""

import pytest

from .raw_client import Cut, Line, once
from .served import Outside

MIB = 1024 * 1024
HEAD = b"GET /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
HEADS = {
    "a long header": HEAD + b"X-Long: " + b"x" * MIB + b"\r\n\r\n",
    "a long name": HEAD + b"X" * MIB + b": x\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: x\r\n" % n for n in range(50000)) + b"\r\n",
    "a long cookie": HEAD + b"Cookie: session=" + b"x" * MIB + b"\r\n\r\n",
    "a long token": HEAD + b"Authorization: Bearer " + b"x" * MIB + b"\r\n\r\n",
    "a long path": b"GET /" + b"x" * MIB + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a long query": b"GET /api/v1/jobs?label=" + b"x" * MIB + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a long method": b"G" * MIB + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no end": HEAD + b"X-Long: " + b"x" * MIB,
    "one line": b"x" * MIB,
    "a folded header": HEAD + b"X-Fold: a\r\n" + b" b\r\n" * 100000 + b"\r\n",
}
ODD = {
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/3.7": b"GET / HTTP/3.7\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(1000),
    "a space before the colon": HEAD + b"Authorization : Bearer x\r\n\r\n",
    "a bare LF": b"GET /api/v1/jobs HTTP/1.1\nHost: localhost\n\n",
    "a NUL": HEAD + b"X-Nul: a\x00b\r\n\r\n",
    "no colon": HEAD + b"nonsense\r\n\r\n",
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\nHost: localhost\r\nCookie: secret=1\r\n\r\n",
    "an upgrade": HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
}


def said(service: Outside, data: bytes) -> int | None:
    """Send bytes; give the status of the answer, None where the connection was just ended."""
    with Line(service.url, patience=20) as line:
        line.send(data)
        try:
            answer = line.answer()
        except (Cut, ValueError, IndexError):
            return None
    assert answer.header("Server") is None
    assert "aiohttp" not in answer.text.lower()
    assert "Traceback" not in answer.text
    return answer.status


@pytest.mark.parametrize("name", HEADS)
def test_a_head_has_limits(served: Outside, name: str) -> None:
    """What is too long is refused or cut off, says nothing of us, and everybody else is served."""
    status = said(served, HEADS[name])

    assert status in (400, 414, 421, 431, None)
    assert once(served.url, "GET", "/healthz").status == 200


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_request_of_ours(served: Outside, name: str) -> None:
    """What is no HTTP, or HTTP that we do not speak, is refused; nothing of the request comes back."""
    status = said(served, ODD[name])

    assert status in (400, 401, 403, 404, 405, 421, 426, 501, 505, None)
    assert once(served.url, "GET", "/healthz").status == 200


def test_a_long_head_of_a_good_caller_is_read(served: Outside) -> None:
    """Proxies add headers, and tokens of single sign-on are long: 4 KiB are nothing special."""
    headers = [("X-Forwarded-Client-Cert", "x" * 4000), *((f"X-{n}", "y" * 50) for n in range(20))]

    assert served.by("boss").get("/api/v1/jobs", headers).status == 200


def test_the_log_has_no_traceback(served: Outside) -> None:
    """Attackers do not fill the log: what they send is no fault of ours."""
    for data in (*HEADS.values(), *ODD.values()):
        said(served, data)

    assert "Traceback" not in served.log.read_text("utf-8")
