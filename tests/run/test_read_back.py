"""A service that confirms what it does not store: `delivery.verify` finds it out."""

import json
from collections.abc import Callable

import pytest

from tests.raw_server import HANG, Act, Peer, RawServer, Request, answer, echo

from .given import Worker, away, raw_up, read_report, results, started, wait_until, wishes, write_csv

OLD = b'{"Status": "StatusNormal", "Message": ""}'
On = Callable[[RawServer], Worker]


class Store:
    """Owns what was set; an act that confirms everything, and shows what it has."""

    def __init__(self, *losing: int) -> None:
        self._losing = losing  # associates whose changes are confirmed and not stored
        self._kept: dict[str, bytes] = {}
        self.reading: Act | None = None  # in place of showing something

    async def __call__(self, peer: Peer, request: Request) -> None:
        """Confirm a PUT, or show."""
        if request.method == "PUT":
            if int(request.path.split("/")[-2]) not in self._losing:
                self._kept[request.path] = request.body
            await echo(peer, request)
        else:
            await (self.reading or answer(200, self._kept.get(request.path, OLD)))(peer, request)


@pytest.fixture
def verifying(worker_on: On, monkeypatch: pytest.MonkeyPatch) -> On:
    """Makes somebody who has a sample read back, of jobs of 45 rows."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__VERIFY", "sample")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__CONCURRENCY", "1")

    def worker(server: RawServer) -> Worker:
        made = worker_on(server)
        write_csv(made.folder / "job.csv", away(range(1, 46)))
        return made

    return worker


def reads(server: RawServer) -> list[int]:
    """Give the associates that were read, in order."""
    return [int(seen.path.split("/")[-2]) for seen in server.requests if seen.method == "GET"]


def test_a_good_service_passes(verifying: On) -> None:
    """What was confirmed is there: five reads are counted, and nothing else is new."""
    with raw_up(Store()) as server:
        ended = verifying(server)("run", "job.csv")

    assert (ended.code, reads(server)) == (0, [1, 2, 3, 20, 40])
    assert ended.summary["counts"]["updated"] == 45
    assert ended.summary["requests"] == {"put": 45, "get": 5, "retried": 0}


@pytest.mark.proves("SuperOffice confirms a change, but then shows something else")
def test_a_service_that_stores_nothing_is_found_out_at_once(verifying: On) -> None:
    """Exit 6 after the first PUT; no row is `updated`, and resume asks again."""
    store = Store(*range(1, 46))
    with raw_up(store) as server:
        worker = verifying(server)
        ended = worker("run", "job.csv")
        puts = len(server.puts)
        again = worker.follow(ended)

    (first, *others) = read_report(worker.folder_of(ended))
    assert (ended.code, ended.summary["state"], puts) == (6, "stopped", 1)
    assert "associate ID 1, but shows another status when it is read back" in ended.summary["message"]
    assert "back on" not in ended.summary["message"]
    assert (first["result"], first["reason"], first["wire_puts"]) == ("unknown", "echo_mismatch", 2)
    assert {line["result"] for line in others} == {"not_sent"}
    assert again.code == 6


def test_a_row_that_is_lost_later_is_found_in_the_sample(verifying: On) -> None:
    """The run stops there; once the service stores, the rest is sent, and this row once more."""
    store = Store(20)
    with raw_up(store) as server:
        worker = verifying(server)
        ended = worker("run", "job.csv")
        told = results(worker.folder_of(ended))
        store._losing = ()  # noqa: SLF001 - it was repaired
        resumed = worker.follow(ended)

    assert (ended.code, told[18:21]) == (6, ["updated", "unknown", "not_sent"])
    assert (resumed.code, resumed.summary["counts"]["updated"]) == (0, 45)
    assert len(wishes(server)) == 46


def test_a_row_killed_before_it_was_read_back_is_in_doubt(verifying: On) -> None:
    """Its confirmation is in no report; resume looks, and what is there need not be sent again."""
    store = Store()
    store.reading = HANG
    with raw_up(store) as server:
        worker = verifying(server)
        with started("run", "job.csv", *worker.options) as process:
            wait_until(lambda: reads(server) == [1])
            process.kill()
            process.wait()
        run = worker.call("runs", "--state-dir", str(worker.state), "--json").summary["runs"][0]
        told = results_of(worker, run["run_id"])
        store.reading = None
        resumed = worker("resume")

    assert told[0] == "unknown"
    assert "updated" not in told
    assert (resumed.code, resumed.summary["counts"]["updated"]) == (0, 45)
    assert len(wishes(server)) == 45


def results_of(worker: Worker, run_id: str) -> list[str]:
    """Give the results of a run that was killed, as its journal has them."""
    reported = worker.call("report", run_id, *worker.options[:4], "--json")
    return results(worker.folder_of(reported))


def test_without_it_the_echo_counts(worker_on: On) -> None:
    """By default nothing is read back, and README says what that means."""
    with raw_up(Store(*range(1, 46))) as server:
        worker = worker_on(server)
        write_csv(worker.folder / "job.csv", away(range(1, 46)))
        ended = worker("run", "job.csv")

    assert (ended.code, reads(server)) == (0, [])
    assert json.loads(server.puts[0].body)["Status"] == "StatusNotAvailable"
