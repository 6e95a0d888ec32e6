"""A process that is stopped for longer than its time-outs, and goes on: no burst, and no false failure."""

import signal
import sys
import time
from collections.abc import Callable, Iterable

import pytest

from tests.raw_server import CLOSE, Act, Peer, RawServer, Request, applied, echo

from .given import Worker, away, ended, raw_up, results, slowly, started, wait_until, write_csv

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody is stopped there")
RATE = 40  # requests per second
IN_FLIGHT = 20  # at the most: enough that the trouble of all of them together looks like an outage
ROWS = 32
FROZEN = 0.9  # seconds, longer than all time-outs
SHORT = {
    "READ_TIMEOUT": "0.8",
    "TOTAL_TIMEOUT": "0.8",
    "OUTAGE_PATIENCE": "0.5",
    "PROBE_INTERVAL": "0.05",
    "BACKOFF_BASE": "0",
}
ACTS: dict[str, Act] = {
    "answered meanwhile": slowly(echo, 0.5),
    "applied and hung up on meanwhile": slowly(applied(CLOSE), 0.5),
}


def most_at_once(requests: Iterable[Request], seconds: float) -> int:
    """Give how many requests came within *seconds* of each other, at the most."""
    moments = [request.at for request in requests]
    return max(sum(start <= moment < start + seconds for moment in moments) for start in moments)


@pytest.mark.campaign
@pytest.mark.parametrize("answers", ACTS)
def test_stopped_for_longer_than_its_timeouts(
    answers: str, worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was in flight is proven or sent again, the pace is kept, and every row is done."""
    for name, value in SHORT.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_DELIVERY__{name}", value)
    acts: dict[str, Act] = {"now": slowly(echo, 0.5)}

    async def act(peer: Peer, request: Request) -> None:
        await acts["now"](peer, request)

    with raw_up(act) as server:
        worker = worker_on(server)
        path = write_csv(worker.folder / "job.csv", away(range(1, ROWS + 1)))
        pace = ("--rate", str(RATE), "--concurrency", str(IN_FLIGHT))
        with started("run", path, *worker.options, *pace, "--json") as process:
            wait_until(lambda: len(server.puts) >= 15)
            acts["now"] = ACTS[answers]
            wait_until(lambda: len(server.puts) >= 20)
            process.send_signal(signal.SIGSTOP)
            time.sleep(FROZEN)
            acts["now"] = slowly(echo, 0.1)
            process.send_signal(signal.SIGCONT)
            done = ended(process)

    assert (done.code, results(worker.folder_of(done))) == (0, ["updated"] * ROWS)
    assert most_at_once(server.requests, 0.5) <= 1.5 * RATE * 0.5  # the server, too, may be late
