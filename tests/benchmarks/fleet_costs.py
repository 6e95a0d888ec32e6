"""What a row, a run and a worker cost where several machines share a database."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .child import BrokenTrialError
from .figures import Figure, at_most
from .fleet_machines import Arrivals, Machines, machines, tenants_named
from .fleet_night import Costs
from .job import write_job
from .readings import Reading
from .trial import Extent

TENANTS = 100  # side by side on one worker
OF_DATABASE = 5.0  # µs of PostgreSQL's CPU a row
OF_MEMORY = 2.0  # MiB (PSS) a run
OF_TRANSACTIONS = 4.0  # per second and worker
SETTLE = 11.0  # seconds until PostgreSQL has counted all transactions of a connection that is idle
ENOUGH = 4  # readings


class Use(NamedTuple):
    """What was used between two readings."""

    seconds: float
    rows: int
    database: float  # seconds of CPU
    worker: float  # seconds of CPU, of all workers
    transactions: float

    @classmethod
    def between(cls, begin: Reading, end: Reading, arrivals: Arrivals) -> "Use":
        """Return the difference of two readings."""
        return cls(
            seconds=end.at - begin.at,
            rows=arrivals.between(begin.at, end.at),
            database=end.database - begin.database,
            worker=sum(end.workers) - sum(begin.workers),
            transactions=end.transactions - begin.transactions,
        )

    def per_second(self, what: str) -> float:
        """Return how much of it was used each second."""
        found: float = getattr(self, what)
        return found / self.seconds


class Course(NamedTuple):
    """What was read of a worker, from its idleness to its last run."""

    tenants: int
    rows: int  # of each
    idle: Sequence[Reading]
    at_work: Sequence[Reading]
    arrivals: Arrivals

    @property
    def resting(self) -> Use:
        """What is used where there is nothing to do."""
        return Use.between(self.idle[0], self.idle[-1], self.arrivals)

    @property
    def whole(self) -> Use:
        """What is used from the first job to the end of the last run."""
        return Use.between(self.at_work[0], self.at_work[-1], self.arrivals)

    @property
    def steady(self) -> Use:
        """What is used while all runs send: none begins, none ends."""
        full = [reading for reading in self.at_work if reading.sending == self.tenants]
        settled = [reading for reading in full if reading.at > full[0].at + SETTLE]
        if len(full) < ENOUGH:
            raise BrokenTrialError("the runs never sent all at once")
        kept = settled if len(settled) >= ENOUGH else full
        return Use.between(kept[0], kept[-1], self.arrivals)

    @property
    def memory(self) -> tuple[float, float]:
        """MiB of the worker without runs, and how much more for each run at most."""
        before, most = self.idle[-1].memory[0], max(reading.memory[0] for reading in self.at_work)
        return before, (most - before) / self.tenants


def measure_course(extent: Extent) -> Course:
    """Let one worker have many runs side by side, after one that loads what it needs."""
    tenants = tenants_named(extent.of(TENANTS, quick=4))
    rows, patience = extent.of(500, quick=60), extent.of(400, quick=90)
    with machines(extent.worker, tenants, len(tenants)) as (shared, arrivals):
        few, many = write_job(shared.folder, 20), write_job(shared.folder, rows)
        with shared.workers(1) as workers:
            shared.put(tenants[0], few)
            shared.work_off(workers, patience)
            shared.idle(workers, extent.of(int(SETTLE), quick=1))
            idle = shared.idle(workers, extent.of(10, quick=3))
            for tenant in tenants:
                shared.put(tenant, many)
            at_work = shared.work_off(workers, patience)
        check_done(shared, 1 + len(tenants))
    if (came := arrivals.between(0, float("inf"))) != (wanted := rows * len(tenants) + 20):
        raise BrokenTrialError(f"{came} PUTs arrived for {wanted} rows")
    return Course(len(tenants), rows, idle, at_work, arrivals)


def check_done(shared: Machines, runs: int) -> None:
    """Raise BrokenTrialError unless so many runs are finished."""
    finished = shared.count("SELECT count(*) FROM presence_worker.run WHERE state = 'finished'")
    if finished != runs:
        raise BrokenTrialError(f"{finished} of {runs} runs are finished")


def costs_of(course: Course) -> Costs:
    """Return what a row and a run cost; what is used all the time counts for neither."""
    steady, whole, resting = course.steady, course.whole, course.resting
    idle = resting.database / resting.seconds, resting.worker / resting.seconds
    row = (steady.worker - idle[1] * steady.seconds) / steady.rows
    database_row = (steady.database - idle[0] * steady.seconds) / steady.rows
    before, each = course.memory
    return Costs(
        run=(whole.worker - idle[1] * whole.seconds - row * whole.rows) / course.tenants,
        row=row,
        memory=before,
        memory_run=each,
        database_run=(whole.database - idle[0] * whole.seconds - database_row * whole.rows) / course.tenants,
        database_row=database_row,
        transactions=steady.transactions / steady.seconds,
    )


class Shown(NamedTuple):
    """A line of the table: what of a course it shows, and what that may be at most."""

    label: str
    unit: str
    value: Callable[[Course, Costs], float]
    most: float | None = None


SIDE = "runs side by side"
SHOWN = (
    Shown(f"{SIDE}, PostgreSQL", "µs of CPU/row", lambda _, costs: costs.database_row * 1e6, OF_DATABASE),
    Shown(f"{SIDE}, transactions", "per second", lambda _, costs: costs.transactions, OF_TRANSACTIONS),
    Shown(f"{SIDE}, memory of a run", "MiB (PSS)", lambda _, costs: costs.memory_run, OF_MEMORY),
    Shown(f"{SIDE}, memory without runs", "MiB (PSS)", lambda _, costs: costs.memory),
    Shown(f"{SIDE}, rows", "per second", lambda course, _: course.steady.per_second("rows")),
    Shown(f"{SIDE}, worker", "µs of CPU/row", lambda _, costs: costs.row * 1e6),
    Shown("begin and end a run, worker", "ms of CPU", lambda _, costs: costs.run * 1e3),
    Shown("begin and end a run, PostgreSQL", "ms of CPU", lambda _, costs: costs.database_run * 1e3),
    Shown("at rest, worker", "ms of CPU/s", lambda course, _: 1e3 * course.resting.per_second("worker")),
    Shown(
        "at rest, PostgreSQL", "ms of CPU/s", lambda course, _: 1e3 * course.resting.per_second("database")
    ),
    Shown("at rest, transactions", "per second", lambda course, _: course.resting.per_second("transactions")),
)


def figures_of(courses: Sequence[Course]) -> list[Figure]:
    """Return what was measured, round by round, beside the goals."""
    return [
        _figure(shown, [shown.value(each, costs_of(each)) for each in courses], courses[0].tenants)
        for shown in SHOWN
    ]


def _figure(shown: Shown, samples: Sequence[float], tenants: int) -> Figure:
    label = f"fleet: {tenants} {shown.label}" if SIDE in shown.label else f"fleet: {shown.label}"
    goal = at_most(shown.most, max(samples), "max") if shown.most else None
    return Figure(label=label, unit=shown.unit, samples=samples, goal=goal)
