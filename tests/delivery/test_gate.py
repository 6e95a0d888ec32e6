"""The gate: closed until somebody answered, closed while nobody does, one probe at a time."""

import anyio
import pytest

from presence_worker.delivery import Halt
from presence_worker.delivery.gate import STRIKES, Gate
from presence_worker.delivery.wrappers import gated
from presence_worker.errors import Stopped
from presence_worker.model import Change, Outcome, Result, Trouble

from .given import (
    BROKEN,
    CUT_OFF,
    GONE,
    NO_CREDENTIALS,
    ODD,
    REFUSED,
    THROTTLED,
    TIMED_OUT,
    UNAVAILABLE,
    UPDATED,
    Rule,
    Service,
    always,
    change,
    night,
    throng,
)

pytestmark = pytest.mark.anyio


class Door:
    """Owns a gate before a service, and how often it was opened again."""

    def __init__(self, rule: Rule, latency: float = 0.0, patience: float = 1200) -> None:
        self.halt = Halt(drain=20)
        self.reopened = 0
        self.gate = Gate(
            self.halt, patience=patience, first_patience=30, interval=2, reopened=self._count_reopening
        )
        self.service = Service(rule, latency)
        self._send = gated(self.service.put, self.gate)

    def _count_reopening(self) -> None:
        self.reopened += 1

    async def knock(self, *rows: int) -> list[Outcome]:
        """Send rows, one after the other."""
        return [await self._send(change(row)) for row in rows]

    async def insist(self, *rows: int) -> None:
        """Send rows again and again, until the halt."""

        async def repeat(row: int) -> None:
            while True:
                await self._send(change(row))
                await anyio.sleep(0.1)

        with self.halt.scope():
            async with anyio.create_task_group() as group:
                for row in rows:
                    group.start_soon(repeat, row)

    async def throng(self, *rows: int) -> list[Outcome]:
        """Send rows all at once; give their outcomes as they come."""
        return await throng(self._send, rows)


async def test_the_first_request_goes_alone() -> None:
    """The others start when it was answered."""
    service = Service(always(UPDATED), latency=1)

    ended = await night(service, 20, rate=1000)

    assert sum(at < 1 for at in service.times) == 1
    assert sum(1 <= at < 2 for at in service.times) == 8
    assert ended.counts == {Result.UPDATED: 20}


@pytest.mark.proves("the password is wrong")
async def test_a_wrong_password_is_tried_once() -> None:
    """After a 401 nobody else starts: the account is not locked, and the run stops."""
    service = Service(always(NO_CREDENTIALS), latency=1)

    ended = await night(service, 20, rate=1000)

    assert len(service.puts) == 1
    assert isinstance(ended.reason, Stopped)
    assert ended.results == {1: Result.FAILED}


@pytest.mark.parametrize("answer", [UPDATED, REFUSED, ODD])
async def test_an_answer_opens(answer: Outcome) -> None:
    """Whatever shows that the service is at work opens the gate; a good start is no reopening."""
    door = Door(always(answer))

    outcomes = await door.knock(1)

    assert door.gate.is_open
    assert outcomes == [answer]
    assert door.reopened == 0


@pytest.mark.parametrize("answer", [THROTTLED, NO_CREDENTIALS])
async def test_other_answers_leave_it_as_it_is(answer: Outcome) -> None:
    """429 says only that it is too early, and what stops the run says nothing to the others."""
    door = Door(lambda put: UPDATED if put.row == 2 else answer)

    await door.knock(*[1] * 20)
    closed = door.gate.is_open
    await door.knock(2, *[1] * 20)

    assert (closed, door.gate.is_open) == (False, True)
    assert anyio.current_time() == 0


@pytest.mark.parametrize("trouble", [GONE, UNAVAILABLE, BROKEN, TIMED_OUT, CUT_OFF])
async def test_ten_signs_of_trouble_close(trouble: Outcome) -> None:
    """Ten rows in a row without an answer mean that the service is away; from then on rows wait."""
    door = Door(lambda put: UPDATED if put.row == 1 else trouble)

    outcomes = await door.knock(*range(1, STRIKES + 2))

    assert not door.gate.is_open
    assert outcomes[1].trouble is (Trouble.THROTTLED if trouble is GONE else trouble.trouble)
    assert Trouble.WAITING not in [outcome.trouble for outcome in outcomes[:-1]]
    assert outcomes[-1].trouble is Trouble.WAITING


async def test_an_answer_in_between_starts_anew() -> None:
    """Only trouble in a row counts; a 429 in between is no answer."""
    door = Door(lambda put: (UPDATED, GONE, THROTTLED)[put.row - 1])

    await door.knock(1, *[2] * 9, 1, *[2] * 9)
    still = door.gate.is_open
    await door.knock(3, 2)

    assert (still, door.gate.is_open) == (True, False)


@pytest.mark.parametrize("poison", [BROKEN, TIMED_OUT, CUT_OFF])
async def test_a_poison_row_does_not_close(poison: Outcome) -> None:
    """An answer that may be one row's own trouble counts once for each row."""
    door = Door(lambda put: UPDATED if put.row == 1 else poison)

    await door.knock(1, *[2, 3, 4, 5, 6, 7, 8, 9, 10] * 20)

    assert door.gate.is_open


@pytest.mark.parametrize("away", [GONE, UNAVAILABLE])
async def test_one_row_alone_can_tell(away: Outcome) -> None:
    """A refused connection or a 503 is never the row's own trouble: the last row of a run waits, too."""
    door = Door(lambda put: UPDATED if put.nth == 1 else away)

    await door.knock(*[1] * (STRIKES + 1))

    assert not door.gate.is_open


@pytest.mark.parametrize(("trouble", "counts"), [(GONE, False), (UNAVAILABLE, False), (BROKEN, True)])
async def test_trouble_of_many_counts_against_none(trouble: Outcome, *, counts: bool) -> None:
    """Where several rows meet nobody, or one is not even connected, it is not theirs; a 500 may be."""
    door = Door(lambda put: UPDATED if put.row == 1 else trouble)

    outcomes = await door.knock(1, 2, 2, 3, 2, 1, 2)

    alone = Trouble.THROTTLED if trouble is GONE else Trouble.DOWN
    kinds = [trouble.trouble if counts else Trouble.THROTTLED] * 2
    assert [outcome.trouble for outcome in outcomes] == [
        None,
        alone,
        alone,
        *kinds,
        None,
        alone,
    ]


async def test_a_row_s_own_trouble_counts_while_others_meet_nobody() -> None:
    """A 500 may be that row's own, whoever else was refused a connection before."""
    door = Door(lambda put: {1: UPDATED, 4: BROKEN}.get(put.row, GONE))

    outcomes = await door.knock(1, 2, 3, 4)

    assert outcomes[-1].trouble is BROKEN.trouble


async def test_probes_are_rare() -> None:
    """While the service is away probes go out after 2 s, then ever later, up to 60 s."""
    door = Door(lambda put: UPDATED if put.at == 0 and put.row == 1 else GONE)
    await door.knock(1, *[2] * STRIKES)

    with anyio.move_on_after(200):
        await door.throng(*range(3, 20))

    assert door.service.times[STRIKES + 1 :] == [2, 4, 8, 16, 32, 64, 124, 184]


async def test_probes_go_one_at_a_time() -> None:
    """The next probe waits for the answer to the one before, however long that takes."""
    door = Door(lambda put: UPDATED if put.at == 0 else TIMED_OUT, latency=30)

    with anyio.move_on_after(300):
        await door.insist(*range(1, 30))

    assert not door.gate.is_open
    assert [at for at in door.service.times if at > 60] == [62, 94, 128, 166, 212, 274]


async def test_those_in_flight_wait_too() -> None:
    """Rows that were in flight when the gate closed are not to blame; they move no probe."""
    door = Door(lambda put: UPDATED if put.at == 0 else CUT_OFF, latency=1)
    await door.knock(1)

    outcomes = await door.throng(*range(2, 30))

    waiting = [outcome.trouble is Trouble.WAITING for outcome in outcomes]
    assert waiting == [False] * (STRIKES - 1) + [True] * 19
    assert (await door.knock(1))[0].trouble is Trouble.WAITING
    assert door.service.times[-1] == 2 + 2


async def test_a_good_answer_opens_for_all() -> None:
    """The first good answer lets everybody go on, and is told as a reopening."""
    door = Door(lambda put: GONE if 0 < put.at < 30 else UPDATED)
    await door.knock(1)
    await anyio.sleep(1)
    await door.knock(*[2] * STRIKES)

    await door.throng(*range(3, 30))

    assert door.gate.is_open
    assert door.reopened == 1
    assert [at for at in door.service.times if at > 1] == [3, 5, 9, 17, *[33] * 23]


async def test_a_straggler_opens() -> None:
    """A good answer opens also when it was asked for before the gate closed."""
    door = Door(lambda put: GONE if put.row == 2 else UPDATED)
    await door.knock(1)
    slow = Service(always(UPDATED), latency=5)

    async with anyio.create_task_group() as group:
        group.start_soon(door.gate.probe, slow.put, change(3))
        await anyio.sleep(1)
        await door.knock(*[2] * STRIKES)
        closed = door.gate.is_open

    assert (closed, door.gate.is_open, door.reopened) == (False, True, 1)


async def test_the_next_outage_starts_small() -> None:
    """After a good answer the first probe comes after 2 s again."""
    door = Door(lambda put: GONE if 0 < put.at < 40 or put.at > 60 else UPDATED)
    await door.knock(1)
    await anyio.sleep(1)
    await door.knock(*[2] * (STRIKES + 4))
    await anyio.sleep(50 - anyio.current_time())
    await door.knock(2)
    await anyio.sleep(50)

    await door.knock(*[2] * (STRIKES + 3))

    assert door.service.times[-4:] == [100, 102, 104, 108]


@pytest.mark.proves("SuperOffice does not answer at the start")
async def test_a_service_that_is_not_there_at_the_start() -> None:
    """At the start 30 s are enough, whatever the patience: somebody may be watching."""
    service = Service(always(GONE), latency=0.01)

    ended = await night(service, 100)

    assert isinstance(ended.reason, Stopped)
    assert "no useful answer for 30 s" in str(ended.reason)
    assert ended.seconds == pytest.approx(30, abs=0.1)
    assert [round(at) for at in service.times] == [0, 2, 6, 14]
    assert set(ended.results.values()) <= {Result.NOT_SENT}


async def test_less_patience_at_the_start() -> None:
    """Who has less than 30 s of patience has it at the start, too."""
    door = Door(always(GONE), patience=5)

    await door.insist(1)

    assert anyio.current_time() == 5


async def test_a_late_start_asks_first() -> None:
    """A process that was stopped before its first request has seen no outage."""
    door = Door(always(UPDATED))
    await anyio.sleep(3600)

    with door.halt.scope():
        await door.knock(1)

    assert door.halt.reason is None
    assert len(door.service.puts) == 1


@pytest.mark.parametrize(("detail", "words"), [("no route", " s (no route)"), (None, " s")])
async def test_the_last_trouble_is_the_reason(detail: str | None, words: str) -> None:
    """The run's message ends with what was seen last, if anything was."""
    door = Door(always(GONE._replace(detail=detail)), patience=5)

    await door.insist(1)

    assert str(door.halt.reason).endswith(words)


async def test_a_service_that_answers_gets_all_patience() -> None:
    """A 503 at the start is an answer: somebody is there, and is waited for."""
    door = Door(lambda put: UNAVAILABLE if put.at < 1000 else UPDATED)

    with anyio.move_on_after(1200):
        await door.insist(1)

    assert door.gate.is_open
    assert door.halt.reason is None


@pytest.mark.parametrize("trouble", [GONE, BROKEN])
async def test_patience_ends(trouble: Outcome) -> None:
    """Without a useful answer the run stops when outage_patience is over."""
    door = Door(lambda put: UPDATED if put.at == 0 else trouble, latency=0.1, patience=600)

    await door.insist(*range(1, 20))

    assert "no useful answer for 10 min" in str(door.halt.reason)
    assert anyio.current_time() == pytest.approx(600, abs=1)
    assert max(door.service.times) < 600


async def test_throttled_for_ever_ends() -> None:
    """429 is waited out with patience, and not for ever."""
    service = Service(lambda put: UPDATED if put.at < 10 else THROTTLED)

    ended = await night(service, 1000, outage_patience=300)

    assert "no useful answer for 5 min" in str(ended.reason)
    assert ended.seconds == pytest.approx(310, abs=5)
    assert set(ended.results.values()) == {Result.UPDATED, Result.FAILED}


async def test_a_bug_leaves_the_gate_usable() -> None:
    """A sender that raises as the probe does not keep the others out."""
    door = Door(always(UPDATED))

    async def stumble(_: Change) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await door.gate.probe(stumble, change())

    assert await door.knock(1) == [UPDATED]


async def test_only_the_way_of_waiting_changes() -> None:
    """What the gate tells of a row that must wait is otherwise what the service said."""
    door = Door(always(BROKEN))

    outcomes = await door.knock(1)

    assert outcomes == [BROKEN._replace(trouble=Trouble.WAITING)]
