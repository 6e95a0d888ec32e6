"""What several machines cost that share a database, and how long a night takes them."""

from pathlib import Path

from .figures import Figure, at_most
from .fleet_costs import check_done, costs_of, figures_of, measure_course
from .fleet_machines import machines, tenants_named
from .fleet_night import Costs, Night, simulated
from .job import write_job
from .trial import Extent

WORKERS = (1, 3, 10)
UNPLUGGED = 120.0  # seconds after the beginning
NEAR = 1.5  # times what was reckoned that a real night takes at most


def measure(_: Path, extent: Extent) -> list[Figure]:
    """Measure costs, reckon nights from them, and compare one of these with a real one."""
    courses = [measure_course(extent) for _ in range(extent.of(3, quick=1))]
    costs = sorted(map(costs_of, courses), key=lambda each: each.database_row)[len(courses) // 2]
    return [*figures_of(courses), *_nights(costs, extent), *_real_night(costs, extent)]


def _nights(costs: Costs, extent: Extent) -> list[Figure]:
    tenants, rows = extent.of(1_000, quick=20), extent.of(5_000, quick=100)
    nights = {
        f"{count} worker{'s'[: count - 1]}": Night(tenants=tenants, rows=rows, workers=count)
        for count in WORKERS
    }
    nights["3 workers, one unplugged after 2 min"] = Night(
        tenants=tenants, rows=rows, workers=3, unplugged=UNPLUGGED
    )
    return [figure for name, night in nights.items() for figure in _simulated(name, night, costs)]


def _simulated(name: str, night: Night, costs: Costs) -> list[Figure]:
    course, label = simulated(night, costs), f"night of {night.tenants} × {night.rows}: {name}"
    return [
        Figure(label=label, unit="min", samples=[course.seconds / 60]),
        Figure(label=f"{label}, a worker", unit="cores", samples=[course.cores]),
        Figure(label=f"{label}, a worker at most", unit="MiB", samples=[course.memory]),
        Figure(label=f"{label}, PostgreSQL at most", unit="cores", samples=[course.database]),
        Figure(label=f"{label}, together", unit="transactions/s", samples=[course.transactions]),
    ]


def _real_night(costs: Costs, extent: Extent) -> list[Figure]:
    """Carry a small night out with three workers, and reckon it."""
    tenants, rows = tenants_named(extent.of(200, quick=6)), extent.of(200, quick=20)
    night = Night(tenants=len(tenants), rows=rows, workers=3)
    with machines(extent.worker, tenants, night.places) as (shared, arrivals):
        job = write_job(shared.folder, rows)
        with shared.workers(night.workers) as workers:
            for tenant in tenants:
                shared.put(tenant, job)
            at_work = shared.work_off(workers, 400)
        check_done(shared, len(tenants))
    seconds, label = at_work[-1].at - at_work[0].at, f"night of {len(tenants)} × {rows}: 3 workers, real"
    times = seconds / simulated(night, costs).seconds
    most = max(end - begin for begin, end in zip(at_work[0].workers, at_work[-1].workers, strict=True))
    assert arrivals.between(0, float("inf")) == rows * len(tenants)
    return [
        Figure(label=label, unit="s", samples=[seconds]),
        Figure(
            label=f"{label} / reckoned", unit="times", samples=[times], goal=at_most(NEAR, times, "times")
        ),
        Figure(label=f"{label}, the busiest worker", unit="s of CPU", samples=[most]),
    ]
