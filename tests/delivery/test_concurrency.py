"""The places for requests in flight: never more than allowed, fewer in trouble, and given back."""

import anyio
import pytest

from presence_worker.delivery.pace import ConcurrencyLimit
from presence_worker.delivery.wrappers import limited
from presence_worker.model import Change, Outcome

from .given import BROKEN, CUT_OFF, ODD, THROTTLED, UPDATED, Service, always, change, script, throng

pytestmark = pytest.mark.anyio


async def places(limit: ConcurrencyLimit) -> int:
    """Count how many may be in flight at once."""
    service = Service(always(BROKEN), latency=1)
    await throng(limited(service.put, limit), range(1, 30))
    return service.most_in_flight


async def test_no_more_in_flight_than_places() -> None:
    """Whoever finds no place waits for one."""
    limit = ConcurrencyLimit(8)

    most = await places(limit)

    assert most == 8
    assert limit.taken == 0


async def test_in_flight_is_told() -> None:
    """The number of requests in flight can be shown while they are."""
    limit = ConcurrencyLimit(8)
    send = limited(Service(always(UPDATED)).put, limit)

    async with anyio.create_task_group() as group:
        group.start_soon(throng, send, [1, 2, 3])
        await anyio.sleep(0.01)
        taken = limit.taken

    assert taken == 3


async def test_a_place_is_always_left() -> None:
    """However often the number shrinks, one place stays, or nothing would ever get better."""
    limit = ConcurrencyLimit(8)

    for _ in range(10):
        limit.shrink(0.5)

    assert await places(limit) == 1


async def test_places_come_back_one_by_one() -> None:
    """After as many good answers as there are places there is one more, up to what was configured."""
    limit = ConcurrencyLimit(4)
    limit.shrink(0.5)
    send = limited(script(UPDATED), limit)

    seen = []
    for row in range(1, 15):
        await send(change(row))
        seen.append(await places(limit))

    assert seen == [2, 3, 3, 3, *[4] * 10]


async def test_good_answers_count_since_the_last_cut() -> None:
    """What was good before the number shrank says nothing of the places that are left."""
    limit = ConcurrencyLimit(8)
    send = limited(script(UPDATED), limit)
    limit.shrink(0.5)
    for row in range(1, 4):
        await send(change(row))

    limit.shrink(0.5)
    await send(change(4))

    assert await places(limit) == 2


@pytest.mark.parametrize(("answer", "left"), [(THROTTLED, 5), (BROKEN, 8), (ODD, 8), (CUT_OFF, 8)])
async def test_only_who_asks_for_it_gets_fewer(answer: Outcome, left: int) -> None:
    """A 429 takes places away; other trouble is the gate's business."""
    limit = ConcurrencyLimit(8)

    await limited(script(answer), limit)(change())

    assert await places(limit) == left


async def test_a_storm_is_one_reason_for_fewer_places() -> None:
    """However many 429 come within a second, places are taken away once."""
    limit = ConcurrencyLimit(8)
    service = Service(always(THROTTLED), latency=0.1)

    await throng(limited(service.put, limit), range(1, 30))

    assert await places(limit) == 5


async def test_a_bug_gives_its_place_back() -> None:
    """Whatever a sender raises, its place is free again."""
    limit = ConcurrencyLimit(1)

    async def stumble(_: Change) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await limited(stumble, limit)(change())

    assert limit.taken == 0
    assert await places(limit) == 1
