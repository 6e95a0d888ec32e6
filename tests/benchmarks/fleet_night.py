"""A night of many tenants on several machines, reckoned in virtual time from costs that were measured."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

STEP = 0.5  # seconds of the night that are reckoned at once: as often as a worker writes to the database
MINUTE = 120  # steps
RATE = 10.0  # requests per second of a tenant
AGAIN = 100  # every so many requests are to be repeated
IN_DOUBT = 20.0  # rows of a run that are looked up after its worker died: those of two seconds
NOTICED = 5.0  # seconds after the end of a lease until another machine goes on
FOR_ROWS = 0.5  # of a core, at least, while other runs begin or end


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a run takes on a worker and in the database."""

    run: float  # seconds of the worker's CPU for a run's beginning and end, half each
    row: float  # seconds of the worker's CPU
    memory: float  # MiB of a worker without runs
    memory_run: float  # MiB more for each run
    database_run: float  # seconds of the database's CPU for a run's beginning and end
    database_row: float  # seconds of the database's CPU
    transactions: float  # per second and worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What there is to do, and who does it."""

    tenants: int = 1_000
    rows: int = 5_000  # of each tenant
    workers: int = 1  # with a core each
    places: int = 200  # runs side by side on a worker
    unplugged: float | None = None  # seconds from the beginning until one worker is; None: never
    lease: float = 30.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a night went."""

    seconds: float  # until the last run has ended
    cores: float  # of the busiest worker, on average as long as it had runs
    memory: float  # MiB of the largest worker
    database: float  # cores of PostgreSQL in the busiest minute
    transactions: float  # per second, of all workers


@dataclass(slots=True)
class Run:
    """A run on its way."""

    work: float  # seconds of CPU that it needs before anything else
    requests: float  # still to be made
    is_ending: bool = False


@dataclass(slots=True)
class Machine:
    """Owns the runs of one worker, and its core."""

    costs: Costs
    runs: list[Run] = field(default_factory=list)
    most: int = 0  # runs side by side, so far
    used: float = 0.0  # seconds of CPU
    busy: float = 0.0  # seconds in which it had runs

    def take(self, run: Run) -> None:
        """Work on a run from now on."""
        self.runs.append(run)
        self.most = max(self.most, len(self.runs))

    def step(self) -> tuple[float, int]:
        """Go on for one step; return how many requests were made, and how many runs began or ended.

        Requests that are due go first; beginnings and ends get what is left, or a fair part of the core.
        """
        sending = [run for run in self.runs if run.work <= 0]
        beside = sum(run.work for run in self.runs if run.work > 0)
        for_rows = STEP - min(beside, STEP * (1 - FOR_ROWS))
        requests, spent = self._send(sending, for_rows)
        left, moved = self._work(STEP - spent)
        for run in sending:
            if run.requests <= 0:
                run.is_ending, run.work = True, self.costs.run / 2
        self.busy += STEP if self.runs else 0.0
        self.used += STEP - left
        self.runs = [run for run in self.runs if run.work > 0 or not run.is_ending]
        return requests, moved

    def _send(self, sending: Sequence[Run], cpu: float) -> tuple[float, float]:
        """Make the requests that are due and for which there is CPU; return how many, and what they took."""
        due = [min(run.requests, RATE * STEP) for run in sending]
        wanted = sum(due) * self.costs.row
        share = min(1.0, cpu / wanted) if wanted else 0.0
        for run, count in zip(sending, due, strict=True):
            run.requests = max(0.0, run.requests - count * share)
        return sum(due) * share, wanted * share

    def _work(self, cpu: float) -> tuple[float, int]:
        """Spend CPU on runs that begin or end, oldest first; return what is left of it, and how many did."""
        moved = 0
        for run in self.runs:
            if run.work > 0 and cpu > 0:
                taken = min(cpu, run.work)
                cpu, run.work = cpu - taken, run.work - taken
                moved += run.work <= 0
        return cpu, moved


@dataclass(slots=True)
class Fleet:
    """Owns the machines of a night, and what waits for them."""

    night: Night
    costs: Costs
    waiting: deque[Run]
    machines: list[Machine]
    dead: list[Run] = field(default_factory=list)  # of a worker that was unplugged, until a lease is over
    gone: list[Machine] = field(default_factory=list)
    load: list[float] = field(default_factory=list)  # seconds of the database's CPU, step by step

    def carry_out(self) -> float:
        """Work until nothing is left; return the seconds that took."""
        now = 0.0
        while self.waiting or self.dead or any(machine.runs for machine in self.machines):
            self._befall(now)
            self._hand_out()
            counts = [machine.step() for machine in self.machines]
            requests, moved = map(sum, zip(*counts, strict=True))
            half = self.costs.database_run / 2
            self.load.append(requests * self.costs.database_row + moved * half)
            now += STEP
        return now

    def _befall(self, now: float) -> None:
        """Unplug a worker when its time has come, and let others have its runs when its leases are over."""
        unplugged = self.night.unplugged
        if unplugged is None:
            return
        if unplugged <= now < unplugged + STEP:
            machine = self.machines.pop()
            self.gone.append(machine)
            self.dead = machine.runs
        if self.dead and now >= unplugged + self.night.lease + NOTICED:
            again = [Run(self.costs.run / 2, run.requests + IN_DOUBT) for run in self.dead]
            self.waiting.extendleft(again)
            self.dead = []

    def _hand_out(self) -> None:
        """Give each machine with a free place a run in turn, as long as one waits."""
        free = [machine for machine in self.machines if len(machine.runs) < self.night.places]
        while self.waiting and free:
            for machine in free[: len(self.waiting)]:
                machine.take(self.waiting.popleft())
            free = [machine for machine in free if len(machine.runs) < self.night.places]


def simulated(night: Night, costs: Costs) -> Course:
    """Return how a night goes: each tenant at its rate, each worker with one core."""
    requests = night.rows * (1 + 1 / AGAIN)
    waiting = deque(Run(costs.run / 2, requests) for _ in range(night.tenants))
    fleet = Fleet(night, costs, waiting, [Machine(costs) for _ in range(night.workers)])
    seconds = fleet.carry_out()
    machines = [*fleet.machines, *fleet.gone]
    minutes = [sum(fleet.load[each : each + MINUTE]) for each in range(0, len(fleet.load), MINUTE)]
    return Course(
        seconds=seconds,
        cores=max(machine.used / machine.busy for machine in machines if machine.busy),
        memory=costs.memory + costs.memory_run * max(machine.most for machine in machines),
        database=max(minutes) / (MINUTE * STEP),
        transactions=costs.transactions * night.workers,
    )
