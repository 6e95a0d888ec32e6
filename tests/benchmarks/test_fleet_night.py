"""A night that is reckoned goes as the pace of tenants, the places and the cores of workers let it."""

import pytest

from .fleet_night import NOTICED, RATE, Costs, Night, simulated

COSTS = Costs(
    run=0.1, row=1e-4, memory=60, memory_run=1.5, database_run=0.01, database_row=3e-6, transactions=3
)
REQUESTS = 1.01  # of a row


@pytest.mark.parametrize("workers", [1, 4])
def test_the_pace_of_a_tenant_sets_the_floor(workers: int) -> None:
    """Where each tenant has a place and the cores have time, a night takes what one tenant takes."""
    course = simulated(Night(tenants=40, rows=1_000, workers=workers), COSTS)

    assert course.seconds == pytest.approx(1_000 * REQUESTS / RATE, rel=0.1)


def test_tenants_without_a_place_go_in_a_second_wave() -> None:
    """Two workers of ten places have twenty runs side by side; one more makes a night twice as long."""
    one, two = (
        simulated(Night(tenants=count, rows=500, workers=2, places=10), COSTS).seconds for count in (20, 21)
    )

    assert two == pytest.approx(2 * one, rel=0.1)


def test_a_core_that_has_no_time_left_makes_a_night_longer() -> None:
    """A worker has one core: what its rows need of it is the least that they take."""
    dear = Costs(
        run=0.1, row=2e-3, memory=60, memory_run=1.5, database_run=0.01, database_row=3e-6, transactions=3
    )

    course = simulated(Night(tenants=100, rows=100), dear)

    assert course.seconds >= 100 * 100 * REQUESTS * dear.row
    assert course.cores == pytest.approx(1.0, abs=0.05)


def test_the_runs_of_an_unplugged_worker_go_on_elsewhere() -> None:
    """They begin again when the leases are over, and are as far as they were."""
    whole = Night(tenants=30, rows=1_000, workers=3)
    cut = Night(tenants=30, rows=1_000, workers=3, unplugged=50)

    longer = simulated(cut, COSTS).seconds - simulated(whole, COSTS).seconds

    assert longer == pytest.approx(cut.lease + NOTICED, abs=5)
