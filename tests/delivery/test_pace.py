"""The pace: never faster than allowed, hardly ever slower, and slower when asked."""

import asyncio
import selectors
from random import Random

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.delivery.pace import CUT, LEAST, Pace
from presence_worker.delivery.wrappers import paced
from presence_worker.model import Outcome
from tests.conftest import VIRTUAL_TIME, JumpingSelector, VirtualTimeLoop

from .given import BROKEN, GONE, THROTTLED, UNAVAILABLE, UPDATED, change, script, worst_second

pytestmark = pytest.mark.anyio


class LateSelector(JumpingSelector):
    """A selector that wakes up to two milliseconds late, as real ones do."""

    luck = Random(7)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout and timeout + self.luck.uniform(0, 0.002))


class LateLoop(VirtualTimeLoop):
    """A loop whose timers are late."""

    def __init__(self) -> None:
        self.jumping = LateSelector()
        asyncio.SelectorEventLoop.__init__(self, self.jumping)


LOOPS = [
    pytest.param(VIRTUAL_TIME, id="punctual"),
    pytest.param(("asyncio", {"loop_factory": LateLoop}), id="late"),
]


async def slots_taken(pace: Pace, *, until: float, takers: int = 4) -> list[float]:
    """Let a few greedy ones take slots until the time is over; give when each was taken."""
    times: list[float] = []

    async def take() -> None:
        while anyio.current_time() < until:
            await pace.slot()
            times.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(takers):
            group.start_soon(take)
    return [time for time in times if time < until]


@pytest.mark.parametrize("anyio_backend", LOOPS)
@pytest.mark.parametrize("rate", [1, 3, 10, 50, 200])
async def test_the_rate_is_kept_and_used(rate: int) -> None:
    """In no second more than rate + 1 slots, and over time at least 99 % of them, also with late timers."""
    pace = Pace(rate)

    times = await slots_taken(pace, until=100)

    assert worst_second(times) <= rate + 1
    assert len(times) >= 0.99 * rate * 100


@pytest.mark.parametrize("anyio_backend", LOOPS)
async def test_a_fast_pace_is_used_as_well() -> None:
    """Where a timer may be later than a slot is long, the slots it missed are made up for."""
    pace = Pace(1000)

    times = await slots_taken(pace, until=10)

    assert worst_second(times) <= 1000 + 3
    assert len(times) >= 0.99 * 1000 * 10


@given(rate=st.integers(1, 50), gaps=st.lists(st.floats(0, 2), min_size=5, max_size=60))
async def test_no_rhythm_of_asking_gets_more(rate: int, gaps: list[float]) -> None:
    """Whoever rests at will still gets no more than rate + 1 slots in any second."""
    pace = Pace(rate)
    times = []

    for gap in gaps:
        await anyio.sleep(gap / rate)
        await pace.slot()
        times.append(anyio.current_time())

    assert worst_second(times) <= rate + 1


async def test_a_long_pause_is_not_made_up_for() -> None:
    """A process that was stopped for a minute, its slots waited for, goes on at its pace and not faster."""
    stopped = 0.0
    pace = Pace(10, clock=lambda: anyio.current_time() + stopped)
    times = []

    async def stop_once() -> None:
        nonlocal stopped
        await anyio.sleep(5.03)
        stopped = 60

    async with anyio.create_task_group() as group:
        group.start_soon(stop_once)
        for _ in range(100):
            await pace.slot()
            times.append(anyio.current_time() + stopped)

    assert times[-1] >= 69
    assert worst_second(times) <= 11


async def test_a_burst_needs_a_rest() -> None:
    """With burst 5, five may go at once, after a rest again, and the rest goes at the pace."""
    pace = Pace(10, burst=5)

    first = await slots_taken(pace, until=3)
    await anyio.sleep(10 - anyio.current_time())
    second = await slots_taken(pace, until=13)

    assert [first.count(0.0), second.count(10.0)] == [5, 5]
    assert 34 <= len(first) <= len(second) <= 35
    assert worst_second(first + second) <= 15


async def test_first_come_first_served() -> None:
    """Slots are given in the order in which they were asked for."""
    pace, order = Pace(10), []

    async def take(number: int) -> None:
        await pace.slot()
        order.append(number)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(take, number)

    assert order == list(range(20))


async def test_nobody_overtakes() -> None:
    """A slot whose timer is late goes to who waits for it, not to who comes by."""
    late = 0.0
    pace, order = Pace(10, clock=lambda: anyio.current_time() + late), []

    async def take(name: str) -> None:
        await pace.slot()
        order.append(name)

    await pace.slot()
    async with anyio.create_task_group() as group:
        group.start_soon(take, "waiting")
        await anyio.sleep(0.01)
        late = 0.5
        group.start_soon(take, "coming by")

    assert order == ["waiting", "coming by"]


async def test_a_pause_holds_everybody() -> None:
    """Retry-After is a floor for all, those who wait already included; a shorter one does not lift it."""
    pace = Pace(10)

    async with anyio.create_task_group() as group:
        group.start_soon(pace.slot)
        group.start_soon(pace.slot)
        await anyio.sleep(0.01)
        pace.pause(3)
        pace.pause(1)
        times = await slots_taken(pace, until=5)

    assert times[0] == pytest.approx(3.06)
    assert worst_second(times) <= 11


async def test_a_storm_is_one_reason_to_slow_down() -> None:
    """The pace is cut at most once a second."""
    pace = Pace(10)
    rates = []

    for _ in range(24):
        pace.slow_down()
        rates.append(pace.rate)
        await anyio.sleep(0.125)

    assert rates == pytest.approx([7.0] * 8 + [4.9] * 8 + [3.43] * 8)


async def test_some_pace_always_stays() -> None:
    """However long the service complains, a twentieth of the pace is left."""
    pace = Pace(10)

    for _ in range(60):
        pace.slow_down()
        await anyio.sleep(1)

    assert pace.rate == 10 * LEAST


async def test_who_does_not_want_to_adapt_does_not() -> None:
    """With adaptive off the pace stays as configured."""
    pace = Pace(10, adaptive=False)

    pace.slow_down()

    assert pace.rate == 10


@pytest.mark.parametrize("rate", [10, 50, 200])
async def test_a_used_pace_recovers(rate: int) -> None:
    """From the least pace it takes no more than 20 s to have 95 % again, and it never gets beyond 100 %."""
    pace = Pace(rate)
    for _ in range(9):
        pace.slow_down()
        await anyio.sleep(1)
    least, start = pace.rate, anyio.current_time()

    await slots_taken(pace, until=start + 20)
    recovered = pace.rate
    await slots_taken(pace, until=start + 40)

    assert least <= rate * LEAST * 1.01
    assert recovered >= 0.95 * rate
    assert pace.rate == rate


async def test_recovery_is_additive() -> None:
    """Each second wins back a twentieth of the configured pace, and none in the second after a cut."""
    pace = Pace(50)
    await slots_taken(pace, until=10)
    pace.slow_down()

    rates = []
    for second in range(11, 16):
        await slots_taken(pace, until=second)
        rates.append(pace.rate)

    assert rates == pytest.approx([35, 37.5, 40, 42.5, 45], abs=0.3)


@pytest.mark.parametrize(("seconds", "rate"), [(0.99, 7.0), (1.0, 7.5)])
async def test_a_cut_lasts_a_second(seconds: float, rate: float) -> None:
    """A slot within the second after a cut wins nothing back, one at its end does."""
    pace = Pace(10)
    await pace.slot()
    pace.slow_down()

    pace.pause(seconds)
    await pace.slot()

    assert pace.rate == pytest.approx(rate)


async def test_a_rest_wins_back_one_second_at_most() -> None:
    """However long nothing was sent, also before the first slot, it proves nothing of the service."""
    pace = Pace(10)
    pace.slow_down()
    rates = []

    for rest in (20, 30):
        await anyio.sleep(rest)
        pace.pause(0.5)
        await pace.slot()
        rates.append(pace.rate)

    assert rates == pytest.approx([7.5, 8.0])


async def test_an_unused_pace_does_not_recover() -> None:
    """Who asks for less than is allowed has not shown that the service can take more."""
    pace = Pace(10)
    pace.slow_down()

    for _ in range(30):
        await anyio.sleep(1)
        await pace.slot()

    assert pace.rate == 10 * CUT


@pytest.mark.parametrize(
    ("answer", "left"), [(THROTTLED, CUT), (UNAVAILABLE, CUT), (BROKEN, 1), (GONE, 1), (UPDATED, 1)]
)
async def test_only_who_asks_for_it_slows_us_down(answer: Outcome, left: float) -> None:
    """429 and 503 slow everybody down; other trouble says nothing about our pace."""
    pace = Pace(10)

    outcome = await paced(script(answer), pace)(change())

    assert outcome is answer
    assert pace.rate == 10 * left


async def test_retry_after_is_for_everybody() -> None:
    """What one row is told, all keep to, whatever the answer that said it."""
    pace = Pace(10)
    send = paced(script(BROKEN._replace(retry_after=7.0), UPDATED), pace)

    await send(change(1))
    await send(change(2))

    assert anyio.current_time() == 7
