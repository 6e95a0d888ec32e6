"""Attack: bodies that come slowly, by halves, or never, and heads that do (slow loris)."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.campaigns.size import waits_long
from tests.run.given import wait_until

from .raw_client import Cut, Line, multipart, once, request_bytes
from .served import Outside, Place, csv_job, serving

MakePlace = Callable[..., Place]
pytestmark = pytest.mark.campaign  # a service for each; the same, faster: tests/serve/http/test_handing_in.py
JOBS = "/api/v1/jobs"
CANARY = b"Kanarienvogel"
SOON = 60.0  # seconds, on the slowest machine


@pytest.fixture
def somewhere(place: MakePlace) -> Place:
    """A place whose service is impatient."""
    return place(receive_timeout=0.6)


@pytest.fixture
def service(somewhere: Place) -> Iterator[Outside]:
    """A service that waits 0.6 s for a body."""
    with serving(somewhere) as service:
        yield service


def left(somewhere: Place) -> list[Path]:
    """Find what is left of a body in the state directory."""
    files = [path for path in somewhere.state.rglob("*") if path.is_file()]
    return [path for path in files if CANARY in path.read_bytes()]


def head(service: Outside, length: int | None, *headers: tuple[str, str]) -> bytes:
    """Give the head of a job; without a length it is chunked."""
    framing = ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length))
    return request_bytes("POST", JOBS, b"", [*service.by("importer").access, framing, *headers])


def status_of(line: Line) -> int | None:
    """Give the status of the next answer; None where the connection ends without one."""
    try:
        return line.answer().status
    except Cut:
        return None


@pytest.mark.parametrize("length", [1000, None], ids=["with a length", "chunked"])
def test_a_body_that_stops_coming_is_408(service: Outside, somewhere: Place, length: int | None) -> None:
    """A sender who falls silent is not waited for: 408, the connection will be closed, nothing is kept."""
    half = CANARY if length else b"d\r\n" + CANARY + b"\r\n"
    with Line(service.url, patience=SOON) as line:
        line.send(head(service, length) + half)
        answer = line.answer()

    assert (answer.status, answer.kind) == (408, "application/problem+json")
    assert answer.header("Connection") == "close"
    wait_until(lambda: not left(somewhere))
    assert service.by("boss").get(JOBS).json["jobs"] == []


def test_a_body_that_drips_is_408(service: Outside, somewhere: Place) -> None:
    """A byte from time to time does not keep the connection: the whole body has its time."""
    with Line(service.url, patience=SOON) as line:
        line.send(head(service, 1000))
        for byte in CANARY:
            line.send(bytes([byte]))
            time.sleep(0.1)
        status = status_of(line)

    assert status == 408
    wait_until(lambda: not left(somewhere))


def test_a_form_that_stops_coming_is_408(service: Outside, somewhere: Place) -> None:
    """Likewise for a form, wherever it stops: in its head, in the file, before its end."""
    kind, body = multipart(("file", "a.csv", CANARY * 10))
    for size in (10, 70, 150, len(body) - 3):
        with Line(service.url, patience=SOON) as line:
            line.send(head(service, len(body), ("Content-Type", kind)) + body[:size])
            assert status_of(line) == 408
    wait_until(lambda: not left(somewhere))
    assert service.by("boss").get(JOBS).json["jobs"] == []


@pytest.mark.parametrize("way", ["close", "end of sending"])
def test_a_sender_who_leaves_leaves_nothing(service: Outside, somewhere: Place, way: str) -> None:
    """Half a body is no job: a connection that ends takes along what it brought."""
    for length, half in ((1000, CANARY), (None, b"d\r\n" + CANARY + b"\r\n"), (None, b"d\r\nKan")):
        with Line(service.url, patience=SOON) as line:
            line.send(head(service, length) + half)
            if way != "close":
                line.end_sending()
                assert status_of(line) in (400, 408, None)
    wait_until(lambda: not left(somewhere))

    assert service.by("boss").get(JOBS).json["jobs"] == []
    assert "Traceback" not in service.log.read_text("utf-8")


def test_a_form_without_its_end_is_no_job(service: Outside) -> None:
    """A form that was cut although its length fits is 400: half a file must not look like a whole one."""
    kind, body = multipart(("file", "a.csv", csv_job(5)))
    statuses = [
        service.by("importer").submit(body[:size], "", [("Content-Type", kind)]).status
        for size in (len(body) - 30, len(body) - 60, len(body) // 2)
    ]

    assert statuses == [400, 400, 400]


@waits_long
def test_heads_that_never_end_are_cut_off(service: Outside) -> None:
    """A hundred heads that drip (slow loris): each is cut off, and others are served at once meanwhile."""
    with ExitStack() as stack:
        lines = [stack.enter_context(Line(service.url, patience=SOON)) for _ in range(100)]
        for line in lines:
            line.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        healthy = []
        for _ in range(8):
            healthy.append(once(service.url, "GET", "/healthz").status)
            for line in lines:
                line.send(b"x")
            time.sleep(0.1)
        statuses = {status_of(line) for line in lines}

    assert healthy == [200] * 8
    assert statuses <= {400, 408, None}


@waits_long
def test_a_connection_without_a_request_is_cut_off(service: Outside) -> None:
    """Who connects and says nothing, or half a word, does not stay."""
    with Line(service.url, patience=SOON) as silent, Line(service.url, patience=SOON) as half:
        half.send(b"GE")
        ended = status_of(silent), status_of(half)

    assert set(ended) <= {400, 408, None}


def test_a_body_of_a_stranger_is_not_waited_for(service: Outside) -> None:
    """Without a right token the body is not read: 401 comes at once, and no `100 Continue` invites it."""
    for size in (10, 10**12):
        framing = ("Content-Length", str(size))
        with Line(service.url, patience=SOON) as line:
            line.send(request_bytes("POST", JOBS, b"", [framing, ("Expect", "100-continue")]))
            status, _ = line.head()
        with Line(service.url, patience=SOON) as line:
            line.send(request_bytes("POST", JOBS, b"", [framing]))
            silent, _ = line.head()
        assert (status, silent) == (401, 401)


def test_a_welcome_body_is_invited(service: Outside) -> None:
    """curl asks before it sends a large body: it is told to go on, or at once that it is too large."""
    body, expect = csv_job(3), ("Expect", "100-continue")
    with Line(service.url, patience=SOON) as line:
        line.send(head(service, len(body), expect))
        invited, _ = line.head()
        line.send(body)
        taken = line.answer()
    with Line(service.url, patience=SOON) as line:
        line.send(head(service, 10**9, expect))
        refused, _ = line.head()

    assert (invited, taken.status, refused) == (100, 202, 413)


def test_nobody_waits_for_an_answer_for_ever(service: Outside) -> None:
    """Who asks and does not read the answer does not keep the service from others."""
    with ExitStack() as stack:
        for _ in range(30):
            line = stack.enter_context(Line(service.url, patience=SOON))
            request = request_bytes("GET", "/openapi.json", headers=service.by("boss").access)
            line.send(request * 20)
        healthy = [once(service.url, "GET", "/healthz").status for _ in range(5)]

    assert healthy == [200] * 5
