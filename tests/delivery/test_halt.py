"""The halt: who waits ends at once, who is in flight may finish, nobody starts anew."""

import asyncio

import anyio
import pytest

from presence_worker.delivery import Halt
from presence_worker.errors import Stopped
from presence_worker.model import Change, Outcome, Reason, Result

from .given import BROKEN, GONE, NO_CREDENTIALS, THROTTLED, UPDATED, Service, always, change, night

pytestmark = pytest.mark.anyio


async def test_who_waits_ends_at_once() -> None:
    """Rows that wait for their turn end with the halt; they were never sent, so nothing is told of them."""
    service = Service(always(UPDATED))

    ended = await night(service, 100, rate=1, halt_at=10.5)

    assert ended.seconds == 10.5
    assert len(service.puts) == len(ended.outcomes) == 11
    assert str(ended.reason) == "stopped by a signal"


async def test_what_is_in_flight_may_finish() -> None:
    """Answers that come within the drain count, and no other row is started meanwhile."""
    service = Service(always(UPDATED), latency=5)

    ended = await night(service, 100, concurrency=8, rate=1000, halt_at=8, drain=20)

    assert ended.seconds == pytest.approx(10, abs=0.1)
    assert ended.counts == {Result.UPDATED: 9}
    assert max(service.times) < 8


@pytest.mark.parametrize("concurrency", [1, 8])
async def test_nobody_starts_anew(concurrency: int) -> None:
    """A service slower than the pace lets nobody wait for a slot; the halt is noticed all the same."""
    service = Service(always(UPDATED), latency=1)

    ended = await night(service, 500, concurrency=concurrency, rate=1000, halt_at=10.5)

    assert ended.seconds <= 11.1
    assert max(service.times) < 10.5


@pytest.mark.proves("the password stops working in the middle of a run")
async def test_refused_credentials_are_not_tried_on() -> None:
    """A 401 in mid-run lets nobody start anew: only rows in flight meet it, or an account gets locked."""
    service = Service(lambda put: UPDATED if put.at < 10 else NO_CREDENTIALS, latency=1)

    ended = await night(service, 500, concurrency=8, rate=1000)

    assert sum(put.at >= 10 for put in service.puts) <= 8
    assert str(ended.reason) == "check [auth]"
    assert set(ended.results.values()) == {Result.UPDATED, Result.FAILED}


async def test_after_the_drain_it_is_not_known() -> None:
    """A row whose answer does not come within the drain may have been applied."""
    service = Service(always(UPDATED), latency=25)

    ended = await night(service, 10, halt_at=20, drain=3)

    assert ended.seconds == 23
    assert ended.counts == {Result.UNKNOWN: 1}
    assert ended.outcomes[1].reason is Reason.STOPPED
    assert (ended.outcomes[1].attempts, ended.outcomes[1].wire_puts) == (1, 1)


async def test_trouble_during_the_drain_is_told_as_it_is() -> None:
    """An answer during the drain that asks for another try gets none, and is what is known."""
    service = Service(lambda put: UPDATED if put.row == 1 else BROKEN, latency=5)

    ended = await night(service, 20, concurrency=4, rate=1000, halt_at=7)

    assert ended.seconds <= 11
    assert ended.counts == {Result.UPDATED: 1, Result.UNKNOWN: 4}
    assert ended.outcomes[2].reason is Reason.SERVER_ERROR


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(GONE, Result.NOT_SENT, id="nothing reached the service"),
        pytest.param(THROTTLED, Result.FAILED, id="the service was reached, and did nothing"),
        pytest.param(BROKEN, Result.UNKNOWN, id="the service may have done it"),
    ],
)
async def test_rows_that_wait_for_a_try_say_what_is_known(answer: Outcome, expected: Result) -> None:
    """A row that waits for its next try when the halt comes is not sent, failed or unknown, as is true."""
    service = Service(lambda put: UPDATED if put.row == 1 else answer)

    ended = await night(service, 2, halt_at=1.5, backoff_base=1000, backoff_max=1000, attempts=10)

    assert ended.seconds == 1.5
    assert ended.results == {1: Result.UPDATED, 2: expected}
    assert ended.outcomes[2].trouble is None


async def test_the_first_reason_counts() -> None:
    """Who stops a run that is stopping already changes nothing."""
    halt = Halt(20)

    halt(Stopped("the first"))
    halt(Stopped("the second"))

    assert str(halt.reason) == "the first"


async def test_who_halts_keeps_the_answer() -> None:
    """The very answer that stops the run is told, also where nothing may drain."""
    halt = Halt(drain=0)
    outcomes = []

    async def refused(_: Change) -> Outcome:
        halt(Stopped("check [auth]"))
        return NO_CREDENTIALS

    async def work() -> None:
        outcomes.append(await halt.protecting(refused)(change()))

    with halt.scope():
        async with anyio.create_task_group() as group:
            group.start_soon(work)

    assert outcomes == [NO_CREDENTIALS]


async def test_what_ends_the_others_lets_who_is_in_flight_finish() -> None:
    """Where everything around is cancelled, say by a bug elsewhere, an answer on its way still counts."""
    halt, service, outcomes = Halt(20), Service(always(UPDATED), latency=5), []

    with anyio.move_on_after(1), halt.scope():
        outcomes.append(await halt.protecting(service.put)(change()))
        await anyio.sleep_forever()

    assert outcomes == [UPDATED]
    assert anyio.current_time() == 5


async def test_who_is_ended_by_force_tells_nothing() -> None:
    """A task that is cancelled past all scopes has no outcome: nobody would take it."""
    halt, service = Halt(20), Service(always(UPDATED), latency=5)

    async def work() -> None:
        with halt.scope():
            await halt.protecting(service.put)(change())

    task = asyncio.get_running_loop().create_task(work())
    await anyio.sleep(1)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert halt.in_flight == 0
