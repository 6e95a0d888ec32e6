"""Requests in flight: as many as rate and latency ask for (Little's law), and no more than allowed."""

from math import ceil

import pytest

from .given import UPDATED, Put, Service, always, night, worst_second

pytestmark = pytest.mark.anyio
ROWS = 400


@pytest.mark.parametrize("concurrency", [8, 64, 256])
@pytest.mark.parametrize(("rate", "latency"), [(10, 0.035), (10, 0.65), (50, 0.1), (200, 0.03)])
async def test_it_follows_rate_and_latency(rate: int, latency: float, concurrency: int) -> None:
    """Whatever more is allowed, rate times latency are in flight, and the whole rate is used."""
    service = Service(always(UPDATED), latency)

    done = await night(service, ROWS, rate=rate, concurrency=concurrency)

    assert service.most_in_flight <= ceil(rate * latency) + 1
    assert ROWS * latency / done.seconds == pytest.approx(rate * latency, rel=0.05)
    assert done.seconds == pytest.approx(ROWS / rate, rel=0.05)


@pytest.mark.parametrize("latency", [1.0, 4.0])
async def test_it_is_bounded(latency: float) -> None:
    """Where rate times latency is more than is allowed, all that is allowed is in flight all the time."""
    service = Service(always(UPDATED), latency)

    done = await night(service, ROWS, rate=10, concurrency=8)

    assert service.most_in_flight == 8
    assert done.seconds == pytest.approx(ROWS / (8 / latency), rel=0.05)


async def test_it_follows_a_service_that_becomes_slow() -> None:
    """A service that takes ten times as long for a while is sent the same rate; nobody has to tune."""

    def slow_for_a_while(put: Put) -> float:
        return 1.0 if 10 <= put.at < 20 else 0.1

    service = Service(always(UPDATED), slow_for_a_while)

    done = await night(service, ROWS, rate=20, concurrency=64)

    assert 20 <= service.most_in_flight <= 22
    assert done.seconds == pytest.approx(ROWS / 20, rel=0.05)
    assert worst_second(service.times) <= 21
