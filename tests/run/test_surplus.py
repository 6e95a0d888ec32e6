"""Answers too many, from end to end: no row is done because of another row's answer."""

import asyncio
from collections import Counter
from collections.abc import Callable

import orjson
import pytest

from presence_worker.model import NOT_PRESENT
from tests.raw_server import Peer, RawServer, Request, answer, framed

from .crm import Crm, absent, here
from .given import On, Worker, raw_up, read_report, results, wishes, write_csv

AWAY = b'{"Status":"StatusNotAvailable","Message":"Holiday"}'
PEOPLE = range(1, 13)
BEFALLEN = 3
LONG = 0.2  # seconds
ROWS: list[tuple[int, str, str]] = [
    (number, NOT_PRESENT, "Holiday") for number in PEOPLE
]  # one message for all


class Surplus(Crm):
    """A service that puts one answer too many before an associate's own, whose first change it refuses.

    It takes its time for the first answer of all: then we know how long one may be on its way.
    """

    def __init__(self, pause: float, own: bytes) -> None:
        super().__init__(here(PEOPLE))
        self._pause = pause
        self._own = own
        self._tries: Counter[int] = Counter()

    async def __call__(self, peer: Peer, request: Request) -> None:
        """Answer one request."""
        associate = int(request.path.split("/")[-2])
        self._tries[associate] += request.method == "PUT"
        if self._tries.total() == 1:
            await asyncio.sleep(LONG)
        if request.method == "PUT" and associate == BEFALLEN and self._tries[associate] == 1:
            await peer.send(framed(200, AWAY))
            await asyncio.sleep(self._pause)
            await peer.send(self._own)
        else:
            await super().__call__(peer, request)


@pytest.mark.proves("more answers come than requests went out")
@pytest.mark.parametrize("pause", [0.0, 0.05])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:BEFALLEN]], ids=["amid a run", "at its end"])
@pytest.mark.parametrize("own", [framed(500), framed(404), b"}"], ids=["500", "404", "garbage"])
def test_the_row_answered_last_is_read_back(
    pause: float, rows: list[tuple[int, str, str]], own: bytes, worker_on: Callable[[RawServer], Worker]
) -> None:
    """An answer too many fits the next row, whose own answer comes behind it: that row is not done yet."""
    service = Surplus(pause, own)
    with raw_up(service) as server:
        worker = worker_on(server)

        ended = worker("run", write_csv(worker.folder / "job.csv", rows), "--rate", "50")

    lines = {line["associate_id"]: line for line in read_report(worker.folder_of(ended))}
    assert (ended.code, {line["result"] for line in lines.values()}) == (0, {"updated"})
    assert {number: service.held[number] for number, *_ in rows} == dict.fromkeys(
        lines, (NOT_PRESENT, "Holiday")
    )
    assert Counter(wishes(server)) == Counter({(n, s, m): 1 + (n == BEFALLEN) for n, s, m in rows})
    assert lines[BEFALLEN]["wire_puts"] == 2
    assert ended.summary["requests"]["put"] == len(server.puts)
    assert not {"row.unknown", "row.failed", "row.rejected"} & {event["event"] for event in ended.events}


@pytest.mark.parametrize("own", [framed(500), framed(404), b"}", b"HTTP/1.1 oops\r\n\r\n"])
def test_what_comes_before_the_next_answer_puts_the_last_one_in_doubt(
    own: bytes, worker_on: Callable[[RawServer], Worker]
) -> None:
    """A row's own answer, or what is left of it, comes when the next row waits on the same connection."""
    service = Surplus(0.2, own)
    with raw_up(service) as server:
        worker = worker_on(server)

        ended = worker("run", write_csv(worker.folder / "job.csv", ROWS), "--concurrency", "1")

    assert set(results(worker.folder_of(ended))) == {"updated"}
    assert service.held == dict.fromkeys(PEOPLE, (NOT_PRESENT, "Holiday"))


def test_a_row_that_cannot_be_read_back_is_unknown(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for done, and is not told as done once its answer is in doubt."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "0")
    service = Surplus(0.05, framed(500))
    service.on_get[BEFALLEN] = answer(500)
    service.on_put = None
    refuse = answer(500)

    async def act(peer: Peer, request: Request) -> None:
        again = request.method == "PUT" and len([p for p in server.puts if p.path == request.path]) > 1
        await (refuse if again else service)(peer, request)

    with raw_up(act) as server:
        worker = worker_on(server)
        ended = worker(
            "run", write_csv(worker.folder / "job.csv", ROWS), "--rate", "50", "--max-failures", "none"
        )

    found = {line["associate_id"]: line["result"] for line in read_report(worker.folder_of(ended))}
    unknown = [event["associate_id"] for event in ended.events if event["event"] == "row.unknown"]
    assert (ended.code, found.pop(BEFALLEN), unknown) == (3, "unknown", [BEFALLEN])
    assert set(found.values()) == {"updated"}


def test_what_was_read_by_anothers_answer_is_read_again(on: On) -> None:
    """A presence too many fits the next person's read: nobody is `unchanged` because of it."""
    people = {**absent(PEOPLE, "Holiday"), BEFALLEN: (NOT_PRESENT, "Ill")}
    service = Crm(people)

    async def act(peer: Peer, request: Request) -> None:
        if len(server.requests) == 1:
            await asyncio.sleep(LONG)
        first = len([each for each in server.requests if each.path == request.path]) == 1
        if request.method == "GET" and first and request.path.split("/")[-2] == str(BEFALLEN):
            await peer.send(framed(200, AWAY))
            await asyncio.sleep(0.02)
        await service(peer, request)

    with raw_up(act) as server:
        worker = on(server)
        ended = worker(
            "run", write_csv(worker.folder / "job.csv", ROWS), "--read-before", "each", "--rate", "50"
        )

    lines = {line["associate_id"]: line["result"] for line in read_report(worker.folder_of(ended))}
    assert (ended.code, lines.pop(BEFALLEN), set(lines.values())) == (0, "updated", {"unchanged"})
    assert [orjson.loads(put.body)["Message"] for put in server.puts] == ["Holiday"]
