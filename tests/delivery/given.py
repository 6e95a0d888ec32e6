"""What the tests of this folder begin with: changes, answers, and a service that answers by rule."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import anyio

from presence_worker.delivery import Halt, Policy, SystemicFailures, deliver, read_back, source_of
from presence_worker.delivery.policy import Read
from presence_worker.errors import PresenceWorkerError, Terminated
from presence_worker.model import (
    NOT_PRESENT,
    PRESENT,
    Change,
    Outcome,
    Presence,
    Reason,
    Result,
    Send,
    Trouble,
)
from presence_worker.settings import Delivery
from presence_worker.settings.value_types import Limit

AWAY = Presence(status=NOT_PRESENT, message="Back on 4 January")
HERE = Presence(status=PRESENT, message="")
NEVER = float("inf")

UPDATED = Outcome(result=Result.UPDATED, http_status=200)
REFUSED = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, http_status=404)
FORBIDDEN = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, http_status=403)
NO_CREDENTIALS = Outcome(result=Result.FAILED, reason=Reason.REFUSED, http_status=401, stop="check [auth]")
THROTTLED = Outcome(result=Result.FAILED, reason=Reason.THROTTLED, http_status=429, trouble=Trouble.THROTTLED)
UNAVAILABLE = Outcome(result=Result.FAILED, reason=Reason.SERVER_ERROR, http_status=503, trouble=Trouble.DOWN)
GONE = Outcome(result=Result.FAILED, reason=Reason.CONNECTION, wire_puts=0, trouble=Trouble.DOWN)
BROKEN = Outcome(result=Result.UNKNOWN, reason=Reason.SERVER_ERROR, http_status=500, trouble=Trouble.DOWN)
TIMED_OUT = Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT, trouble=Trouble.DOWN)
CUT_OFF = Outcome(result=Result.UNKNOWN, reason=Reason.CONNECTION, trouble=Trouble.DISCONNECTED)
ODD = Outcome(result=Result.UNKNOWN, reason=Reason.BAD_ANSWER, http_status=200, trouble=Trouble.OWN)
PAGE = Outcome(
    result=Result.UNKNOWN, reason=Reason.BAD_ANSWER, http_status=200, trouble=Trouble.OWN, html=True
)
ANSWERS = (UPDATED, REFUSED, THROTTLED, UNAVAILABLE, GONE, BROKEN, TIMED_OUT, CUT_OFF, ODD)


def change(row: int = 1, *, in_doubt: bool = False) -> Change:
    """Give the change of a row; its associate has the same number."""
    return Change(row=row, associate_id=row, wanted=AWAY, in_doubt=in_doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One PUT as the service sees it."""

    row: int
    nth: int  # of this row, 1-based
    at: float  # seconds since the start


Rule = Callable[[Put], Outcome]
Latency = Callable[[Put], float]  # seconds until a PUT is answered


class Service:
    """Owns the record of what was asked; answers by a rule, after a while."""

    def __init__(self, rule: Rule, latency: float | Latency = 0.05) -> None:
        self._rule = rule
        self._latency = latency if callable(latency) else lambda _: latency
        self._times: Counter[int] = Counter()
        self.puts: list[Put] = []
        self.in_flight = self.most_in_flight = 0

    async def put(self, change: Change) -> Outcome:
        """Answer as the rule says for the moment of asking."""
        self._times[change.row] += 1
        put = Put(row=change.row, nth=self._times[change.row], at=anyio.current_time())
        self.puts.append(put)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await anyio.sleep(self._latency(put))
            return self._rule(put)
        finally:
            self.in_flight -= 1

    @property
    def times(self) -> list[float]:
        """When each PUT came."""
        return [put.at for put in self.puts]


def always(outcome: Outcome) -> Rule:
    """Answer always alike."""
    return lambda _: outcome


def script(*outcomes: Outcome) -> Send:
    """Make a sender that gives one outcome after the other, and the last one for ever."""
    calls = count()

    async def send(_: Change) -> Outcome:
        return outcomes[min(next(calls), len(outcomes) - 1)]

    return send


async def throng(send: Send, rows: Iterable[int]) -> list[Outcome]:
    """Send rows all at once; give their outcomes as they come."""
    outcomes: list[Outcome] = []

    async def send_one(row: int) -> None:
        outcomes.append(await send(change(row)))

    async with anyio.create_task_group() as group:
        for row in rows:
            group.start_soon(send_one, row)
    return outcomes


def showing(*seen: Presence | None) -> Read:
    """Make a read that shows one presence after the other, and the last one for ever."""
    calls = count()

    async def read(_: int) -> Presence | None:
        await anyio.sleep(0.01)
        return seen[min(next(calls), len(seen) - 1)]

    return read


def worst_second(times: Sequence[float]) -> int:
    """Give the most events that fall into one second, wherever it begins."""
    most = first = 0
    for last, time in enumerate(times):
        while times[first] <= time - 1 + 1e-6:
            first += 1
        most = max(most, last - first + 1)
    return most


@dataclass
class Night:
    """What became of a delivery."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)  # by row
    reason: PresenceWorkerError | None = None  # why it ended early
    seconds: float = 0.0

    @property
    def results(self) -> dict[int, Result]:
        """The results by row."""
        return {row: outcome.result for row, outcome in self.outcomes.items()}

    @property
    def counts(self) -> Counter[Result]:
        """How many rows have each result."""
        return Counter(self.results.values())


async def night(
    service: Service,
    changes: int | Iterable[Change],
    *,
    read: Read | None = None,
    look: Send | None = None,
    halt_at: float = NEVER,
    deadline: float = NEVER,
    max_failures: Limit = Limit(),  # noqa: B008 - frozen
    **settings: Any,
) -> Night:
    """Deliver *changes* (or so many rows) as a session does, and tell what became of them.

    It fails where a change is settled twice.
    """
    todo = [change(row) for row in range(1, changes + 1)] if isinstance(changes, int) else list(changes)
    delivery = Delivery.model_validate({"rate": 50, **settings})
    clock, night = anyio.current_time, Night()
    halt = Halt(delivery.drain, clock)
    failures = SystemicFailures(halt, limit=max_failures, to_send=len(todo), floor=5)
    policy = Policy(delivery, halt, clock=clock, seconds_left=lambda: deadline - clock())
    put = read_back(service.put, look, policy.pace, delivery.verify) if look else service.put
    tries = policy.pipeline_with_proof(put, read, look) if read and look else policy.pipeline(put, read)

    def record(change: Change, outcome: Outcome) -> None:
        assert change.row not in night.outcomes
        night.outcomes[change.row] = outcome

    def settle(change: Change, outcome: Outcome) -> None:
        for settled in failures.settle(change, outcome):
            record(*settled)

    async def halt_in_time() -> None:
        await anyio.sleep(halt_at)
        halt(Terminated("stopped by a signal"))

    async with anyio.create_task_group() as beside:
        if halt_at is not NEVER:
            beside.start_soon(halt_in_time)
        await deliver(source_of(iter(todo)), tries, settle, halt, workers=delivery.concurrency)
        beside.cancel_scope.cancel()
    for settled in failures.release():
        record(*settled)
    night.reason, night.seconds = halt.reason, clock()
    return night
