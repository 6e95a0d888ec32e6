"""Attack: lengths and chunks that two servers on the way understand differently (request smuggling)."""

import pytest

from .raw_client import Cut, Line, once, request_bytes
from .served import Outside, csv_job

JOBS = "/api/v1/jobs?target=north"
BODY = csv_job(1)
WHOLE = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
HIDDEN = b"GET /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTHS: dict[str, tuple[list[tuple[str, str]], bytes]] = {
    "negative": ([("Content-Length", "-1")], BODY),
    "plus": ([("Content-Length", f"+{len(BODY)}")], BODY),
    "hexadecimal": ([("Content-Length", hex(len(BODY)))], BODY),
    "underscore": ([("Content-Length", "1_0")], BODY),
    "decimal": ([("Content-Length", f"{len(BODY)}.0")], BODY),
    "a list": ([("Content-Length", f"{len(BODY)}, {len(BODY)}")], BODY),
    "two": ([("Content-Length", str(len(BODY))), ("Content-Length", "0")], BODY),
    "two, swapped": ([("Content-Length", "0"), ("Content-Length", str(len(BODY)))], BODY),
    "empty": ([("Content-Length", "")], BODY),
    "a word": ([("Content-Length", "many")], BODY),
    "Arabic": ([("Content-Length", "\u00b2")], BODY),
    "both": ([("Content-Length", str(len(WHOLE))), ("Transfer-Encoding", "chunked")], WHOLE),
    "both, short": ([("Transfer-Encoding", "chunked"), ("Content-Length", "4")], WHOLE),
}
CODINGS = (
    "xchunked",
    "chunked, identity",
    "gzip, chunked",
    "chunked, chunked",
    "identity",
    "\x0bchunked",
    "chunked;x=y",
    "gzip",
)
CHUNKS = {
    "no size": b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a word": b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "negative": b"-5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "plus": b"+%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
    "0x": b"0x%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
    "huge": b"ffffffffffffffff\r\n" + BODY,
    "huger": b"f" * 5000 + b"\r\n" + BODY,
    "too short": b"3\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a long extension": b"%x;" % len(BODY) + b"x" * 100_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "long trailers": WHOLE[:-2] + b"X-Trailer: " + b"x" * 200_000 + b"\r\n\r\n",
}


def count(service: Outside) -> int:
    """Count the jobs."""
    return len(service.by("boss").get("/api/v1/jobs").json["jobs"])


def statuses(service: Outside, data: bytes, *, most: int = 99) -> list[int]:
    """Send bytes, and give the statuses of the answers; at *most* so many, else until the connection ends."""
    found: list[int] = []
    with Line(service.url, patience=30) as line:
        line.send(data)
        if most == 99:
            line.end_sending()
        while len(found) < most:
            try:
                found.append(line.answer().status)
            except (Cut, ValueError, IndexError):
                break
    return found


def job(service: Outside, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """Give a job with a framing of its own."""
    return request_bytes("POST", JOBS, b"", [*service.by("importer").access, *headers]) + body


@pytest.mark.parametrize("name", LENGTHS)
def test_a_doubtful_length_is_refused(served: Outside, name: str) -> None:
    """Where two readings are possible there is none: 400, the connection ends, no job is made."""
    before = count(served)
    headers, body = LENGTHS[name]

    found = statuses(served, job(served, headers, body + HIDDEN))

    assert found in ([400], [])
    assert count(served) == before


@pytest.mark.parametrize("coding", CODINGS)
def test_a_doubtful_coding_is_refused(served: Outside, coding: str) -> None:
    """Only `chunked` is understood."""
    before = count(served)

    found = statuses(served, job(served, [("Transfer-Encoding", coding)], WHOLE + HIDDEN))

    assert found in ([400], [415], [501], [])
    assert count(served) == before


@pytest.mark.parametrize("name", CHUNKS)
def test_a_broken_chunk_is_no_job(served: Outside, name: str) -> None:
    """A body that cannot be read for certain is 400, or the connection just ends."""
    before = count(served)

    found = statuses(served, job(served, [("Transfer-Encoding", "chunked")], CHUNKS[name]))

    assert found in ([400], [413], [408], [])
    assert count(served) == before
    assert once(served.url, "GET", "/healthz").status == 200


def test_two_codings_are_refused(served: Outside) -> None:
    """A second header with another coding is no way around."""
    headers = [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "identity")]

    assert statuses(served, job(served, headers, WHOLE + HIDDEN)) in ([400], [501], [])


def test_a_body_brings_no_second_request(served: Outside) -> None:
    """What stands behind a body is a request of its own: without a token it is 401."""
    length = [("Content-Length", str(len(BODY)))]

    found = statuses(served, job(served, length, BODY) + HIDDEN, most=2)

    assert found == [202, 401]


def test_a_refused_body_brings_no_second_request(served: Outside) -> None:
    """The body of a request that was refused is never read as requests."""
    boss = "".join(f"{name}: {value}\r\n" for name, value in served.by("boss").access).encode()
    hidden = b"DELETE /api/v1/jobs/x HTTP/1.1\r\nHost: localhost\r\n" + boss + b"\r\n"
    stranger = request_bytes("POST", JOBS, hidden * 3)

    assert statuses(served, stranger) in ([401], [])


def test_a_body_of_a_get_is_skipped(served: Outside) -> None:
    """A GET with a body is answered once."""
    headers = [*served.by("boss").access, ("Content-Length", str(len(HIDDEN)))]

    found = statuses(served, request_bytes("GET", "/api/v1/jobs", b"", headers) + HIDDEN, most=1)

    assert found in ([200], [400], [413])


def test_small_chunks_are_a_body(served: Outside) -> None:
    """An honest sender may send byte by byte."""
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"

    assert statuses(served, job(served, [("Transfer-Encoding", "chunked")], body), most=1) == [202]


def test_a_body_may_be_empty(served: Outside) -> None:
    """An empty job is a job; its run says what is wrong."""
    found = [
        statuses(served, job(served, [("Content-Length", "0")], b""), most=1),
        statuses(served, job(served, [("Transfer-Encoding", "chunked")], b"0\r\n\r\n"), most=1),
    ]

    assert found == [[202], [202]]
