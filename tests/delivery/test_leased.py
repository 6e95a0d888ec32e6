"""A lease that runs out: nothing goes out until it is certain again that nobody else is at work."""

import anyio
import pytest

from presence_worker.delivery import Halt, Policy, deliver, source_of
from presence_worker.errors import LeaseLost
from presence_worker.model import Change, Outcome, Reason, Result, Trouble
from presence_worker.settings import Delivery

from .given import NEVER, UPDATED, change

pytestmark = pytest.mark.anyio
NOT_OURS = Outcome(
    result=Result.FAILED, reason=Reason.CONNECTION, attempts=0, wire_puts=0, trouble=Trouble.NOT_OURS
)


class Lease:
    """A lease that is ours again at a moment, or is lost then."""

    def __init__(self, *, again: float = NEVER, lost: float = NEVER) -> None:
        self._again = again
        self._lost = lost
        self.puts: list[tuple[int, float]] = []  # rows that went out, and when

    async def put(self, change: Change) -> Outcome:
        """Send only while the lease is ours."""
        if anyio.current_time() < self._again:
            return NOT_OURS
        self.puts.append((change.row, anyio.current_time()))
        return UPDATED

    async def wait(self) -> None:
        """Wait until it is."""
        await anyio.sleep(min(self._again, self._lost) - anyio.current_time())
        if anyio.current_time() >= self._lost:
            raise LeaseLost("another machine has it")


async def delivered(lease: Lease, rows: int) -> tuple[dict[int, Outcome], Halt]:
    """Deliver so many rows; give their outcomes, and what ended it early."""
    halt, outcomes = Halt(20), dict[int, Outcome]()
    settings = Delivery.model_validate({"rate": 50, "attempts": 1})
    policy = Policy(settings, halt, clock=anyio.current_time, seconds_left=lambda: NEVER, wait=lease.wait)

    def settle(change: Change, outcome: Outcome) -> None:
        outcomes[change.row] = outcome

    source = source_of(change(row) for row in range(1, rows + 1))
    await deliver(source, policy.pipeline(lease.put), settle, halt, workers=4)
    return outcomes, halt


async def test_rows_go_out_when_the_lease_is_ours_again() -> None:
    """However long that takes, it is no failed try of the row, and each goes out once."""
    lease = Lease(again=3600)

    outcomes, halt = await delivered(lease, 9)

    assert halt.reason is None
    assert {(o.result, o.attempts, o.wire_puts) for o in outcomes.values()} == {(Result.UPDATED, 1, 1)}
    assert sorted(row for row, _ in lease.puts) == list(range(1, 10))
    assert min(at for _, at in lease.puts) == 3600


async def test_nothing_goes_out_when_it_is_lost() -> None:
    """The delivery ends for that reason, and the rows were never sent."""
    lease = Lease(lost=60)

    outcomes, halt = await delivered(lease, 9)

    assert isinstance(halt.reason, LeaseLost)
    assert lease.puts == []
    assert {outcome.result for outcome in outcomes.values()} <= {Result.NOT_SENT}


async def test_who_was_not_allowed_to_ask_has_no_answer() -> None:
    """The first request of a run still goes alone: a wrong password must be tried once."""
    lease = Lease(again=10)
    alone: list[float] = []

    async def put(change: Change) -> Outcome:
        outcome = await lease.put(change)
        if outcome is not NOT_OURS:
            alone.append(anyio.current_time())
            await anyio.sleep(5)
        return outcome

    halt, settings = Halt(20), Delivery.model_validate({"rate": 50})
    policy = Policy(settings, halt, clock=anyio.current_time, seconds_left=lambda: NEVER, wait=lease.wait)
    rows = source_of(change(row) for row in range(1, 5))
    await deliver(rows, policy.pipeline(put), lambda *_: None, halt, workers=4)

    assert [at < 15 for at in alone] == [True, False, False, False]
