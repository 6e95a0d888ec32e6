"""Bad nights from end to end: what the report says is what the service saw."""

import base64
from collections import Counter
from collections.abc import Callable

import orjson
import pytest

from tests.raw_server import CLOSE, HANG, RESET, Act, Peer, RawServer, Request, answer, framed, say

from .given import PASSWORD, Worker, away, raw_up, read_report, write_csv

ROWS = 40
BEFALLEN = 4  # every so manieth row meets the fault at its first try
IN_FLIGHT = 8
NEW_PASSWORD = "Zaunkoenig-9K"
CUT_OFF = say(framed(200, b'{"Status": "StatusNot', length=70), then=Peer.close)
PRESENT = b'{"Status": "StatusNormal", "Message": ""}'
TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
APPLIED: dict[str, Act] = {  # the change is stored, and then ...
    "closed": CLOSE,
    "reset": RESET,
    "cut off amid the body": CUT_OFF,
    "silence": HANG,
    "a server error": answer(502),
}
NOT_APPLIED: dict[str, Act] = {
    "closed": CLOSE,
    "reset": RESET,
    "silence": HANG,
    "garbage": say(b"\x16\x03\x01 not HTTP at all\r\n\r\n", then=Peer.close),
    "a garbled chunk": say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", then=Peer.close),
    "two lengths": say(TWO_LENGTHS, then=Peer.close),
    "another echo": answer(200, PRESENT),
    "an empty object": answer(200, b"{}"),
    "null": answer(200, b"null"),
    "bad UTF-8": answer(200, b'{"Status": "\xff"}'),
    "accepted, not done": answer(202),
    "no content": say(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "a server error": answer(500, b'{"Message": "Out of cheese."}'),
    "not available": answer(503),
    "asked for patience": answer(429, headers={"Retry-After": "0"}),
    "asked for patience in nonsense": answer(429, headers={"Retry-After": "soon"}),
}
FAULTS = [
    *(pytest.param(act, True, id=f"applied-{name}") for name, act in APPLIED.items()),
    *(pytest.param(act, False, id=name) for name, act in NOT_APPLIED.items()),
]


class Service:
    """Owns what is stored; a fault befalls some first PUTs, and whoever reads is shown what it holds."""

    def __init__(self, fault: Act, *, applies: bool = False) -> None:
        self._fault = fault
        self._applies = applies
        self._seen: Counter[int] = Counter()
        self.held: dict[int, bytes] = {}

    async def __call__(self, peer: Peer, request: Request) -> None:
        """Answer one request."""
        associate = int(request.path.split("/")[-2])
        if request.method == "GET":
            await peer.send(framed(200, self.held.get(associate, PRESENT)))
            return
        self._seen[associate] += 1
        befallen = self._seen[associate] == 1 and associate % BEFALLEN == 0
        if self._applies or not befallen:
            self.held[associate] = request.body
        await (self._fault if befallen else answer(200, request.body))(peer, request)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience with an answer, none between two tries."""
    for name, value in {"READ_TIMEOUT": "0.1", "BACKOFF_BASE": "0", "PROBE_INTERVAL": "0.01"}.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_DELIVERY__{name}", value)
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_FAILURES", "none")


def job(worker: Worker) -> str:
    return str(write_csv(worker.folder / "job.csv", away(range(1, ROWS + 1))))


@pytest.mark.parametrize(("fault", "applies"), FAULTS)
def test_every_row_arrives_and_is_told_truly(
    *, fault: Act, applies: bool, worker_on: Callable[[RawServer], Worker]
) -> None:
    """Whatever befalls every fourth row: all are done in the end, and each PUT the service read is told."""
    service = Service(fault, applies=applies)
    with raw_up(service) as server:
        worker = worker_on(server)

        ended = worker("run", job(worker), "--concurrency", str(IN_FLIGHT))

    lines = read_report(worker.folder_of(ended))
    seen = Counter(int(put.path.split("/")[-2]) for put in server.puts)
    assert (ended.code, {line["result"] for line in lines}) == (0, {"updated"})
    assert {line["associate_id"]: line["wire_puts"] for line in lines} == seen
    assert ended.summary["requests"]["put"] == len(server.puts)
    assert {n: orjson.loads(body)["Message"] for n, body in service.held.items()} == {
        n: f"back on {n}" for n in range(1, ROWS + 1)
    }


def test_an_outage_that_outlasts_patience_is_resumed(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run stops with 6 and loses nothing; when the service is back, `resume` finishes it."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.3")
    service, is_down = Service(answer(503)), [True]
    left = iter(range(15))

    async def night(peer: Peer, request: Request) -> None:
        away_now = is_down[0] and next(left, None) is None
        await (answer(503) if away_now else service)(peer, request)

    with raw_up(night) as server:
        worker = worker_on(server)
        stopped = worker("run", job(worker))
        is_down[0] = False

        resumed = worker.follow(stopped)

    assert (stopped.code, stopped.summary["state"]) == (6, "stopped")
    assert "no useful answer" in stopped.summary["message"]
    assert (resumed.code, resumed.summary["counts"]["updated"]) == (0, ROWS)
    assert len(service.held) == ROWS


def test_credentials_refused_in_the_middle_of_a_run(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most what was in flight carries the refused password; with the right one, each is applied once."""
    expected = [PASSWORD]
    refused: list[Request] = []

    async def night(peer: Peer, request: Request) -> None:
        if len(server.puts) == ROWS // 2:
            expected[0] = NEW_PASSWORD
        pair = base64.b64encode(f"night:{expected[0]}".encode()).decode()
        request.applied = request.header("Authorization") == f"Basic {pair}"
        refused.extend([] if request.applied else [request])
        await (answer(200, request.body) if request.applied else answer(401))(peer, request)

    with raw_up(night) as server:
        worker = worker_on(server)
        stopped = worker("run", job(worker), "--concurrency", str(IN_FLIGHT))
        monkeypatch.setenv("PRESENCE_WORKER_AUTH__PASSWORD", NEW_PASSWORD)
        resumed = worker.follow(stopped)

    done = Counter(put.path for put in server.puts if put.applied)
    assert (stopped.code, resumed.code) == (6, 0)
    assert "rejected the credentials" in stopped.summary["message"]
    assert 1 <= len(refused) <= IN_FLIGHT
    assert (len(done), set(done.values())) == (ROWS, {1})
