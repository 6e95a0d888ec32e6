"""Workers over one iterator: each change to one of them, and settled once, whatever happens."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.delivery import Halt, Policy, deliver, source_of
from presence_worker.delivery.worker_pool import MOST_WAITING
from presence_worker.errors import Stopped
from presence_worker.model import Change, Outcome, Presence, Reason, Result
from presence_worker.settings import Delivery

from .given import (
    ANSWERS,
    AWAY,
    BROKEN,
    CUT_OFF,
    HERE,
    NEVER,
    REFUSED,
    THROTTLED,
    TIMED_OUT,
    UPDATED,
    Put,
    Rule,
    Service,
    always,
    change,
    night,
    showing,
)

pytestmark = pytest.mark.anyio
SCRIPTS = st.lists(st.lists(st.sampled_from(ANSWERS), max_size=8), min_size=1, max_size=40).map(
    lambda scripts: [[], *scripts]  # the first row is done, so that the service is known to be there
)


def by_script(scripts: list[list[Outcome]]) -> Rule:
    """Answer each row by its own script, and when that is over, well."""

    def rule(put: Put) -> Outcome:
        script = scripts[put.row - 1]
        return script[put.nth - 1] if put.nth <= len(script) else UPDATED

    return rule


def stumbling(put: Put) -> Outcome:
    """Answer rows 3 and 5 with a bug of ours, row 5 only at its second try."""
    if put.row == 3 or (put.row, put.nth) == (5, 2):
        raise ZeroDivisionError
    return THROTTLED if put.row == 5 else UPDATED


async def test_each_change_goes_out_once() -> None:
    """In a quiet night each row is sent once, and there are never more in flight than allowed."""
    service = Service(always(UPDATED))

    ended = await night(service, 200)

    assert sorted(put.row for put in service.puts) == list(range(1, 201))
    assert service.most_in_flight <= 8
    assert ended.results == dict.fromkeys(range(1, 201), Result.UPDATED)


async def test_no_rows() -> None:
    """Where there is nothing to do, nothing is done."""
    service = Service(always(UPDATED))

    ended = await night(service, 0)

    assert (service.puts, ended.outcomes, ended.reason) == ([], {}, None)


@given(scripts=SCRIPTS)
async def test_each_change_is_settled_once(scripts: list[list[Outcome]]) -> None:
    """Whatever the answers, a run that is not halted settles each row exactly once, and truly."""
    service = Service(by_script(scripts))

    ended = await night(service, len(scripts), attempts=3, rate=200, outage_patience=1e6)

    assert ended.reason is None
    assert sorted(ended.outcomes) == list(range(1, len(scripts) + 1))
    wires = Counter(put.row for put in service.puts)
    assert {row: outcome.attempts for row, outcome in ended.outcomes.items()} == wires


@given(scripts=SCRIPTS, halt_at=st.floats(0, 6), drain=st.sampled_from([0, 0.02, 20]))
async def test_each_change_is_settled_truly(
    scripts: list[list[Outcome]], halt_at: float, drain: float
) -> None:
    """Halted at any moment, no row is settled twice, and of those not settled none was ever sent."""
    service = Service(by_script(scripts))

    ended = await night(service, len(scripts), attempts=3, rate=20, halt_at=halt_at, drain=drain)

    assert {put.row for put in service.puts} <= set(ended.outcomes)
    for row, outcome in ended.outcomes.items():
        said = [by_script(scripts)(put) for put in service.puts if put.row == row]
        doubtful = any(answer.result is Result.UNKNOWN for answer in said)
        assert outcome.attempts == len(said)
        assert outcome.result is not Result.UPDATED or said[-1] is UPDATED
        assert outcome.result is not Result.NOT_SENT or not any(answer.wire_puts for answer in said)
        assert outcome.result in (Result.UPDATED, Result.UNKNOWN) or not doubtful


async def test_a_bug_on_one_row_stays_there() -> None:
    """What we stumble over ourselves is that row's outcome; all others are delivered."""
    service = Service(stumbling)

    ended = await night(service, 20)

    assert ended.reason is None
    assert ended.counts == {Result.UPDATED: 18, Result.UNKNOWN: 2}
    assert {ended.outcomes[row].reason for row in (3, 5)} == {Reason.INTERNAL_ERROR}
    assert (ended.outcomes[5].attempts, ended.outcomes[5].wire_puts) == (2, 2)


async def test_a_bug_after_doubt_leaves_the_doubt() -> None:
    """A bug of ours at the next try does not make a row in doubt a failed one."""

    async def stumble(_: int) -> None:
        raise ZeroDivisionError

    ended = await night(Service(lambda put: TIMED_OUT if put.row == 2 else UPDATED), 20, read=stumble)

    assert ended.counts == {Result.UPDATED: 19, Result.UNKNOWN: 1}
    assert "ZeroDivisionError" in str(ended.outcomes[2].detail)


async def test_a_row_that_waits_gives_its_place_back() -> None:
    """One row that waits long for its next try holds up nobody, though there is only one place."""
    service = Service(lambda put: THROTTLED if (put.row, put.nth) == (2, 1) else UPDATED)

    ended = await night(service, 50, concurrency=1, backoff_base=1e6, backoff_max=1e6)

    assert ended.counts == {Result.UPDATED: 50}
    assert [put.row for put in service.puts] == [*range(1, 51), 2]


async def test_a_row_of_an_earlier_session_is_proven() -> None:
    """A row in doubt that is refused now is unknown, and updated where a read shows its value."""
    changes = [change(1), *[change(row, in_doubt=True) for row in (2, 3, 4)]]
    service = Service(lambda put: REFUSED if put.row in (2, 3) else UPDATED)

    async def read(associate_id: int) -> Presence:
        return AWAY if associate_id == 2 else HERE

    ended = await night(service, changes, read=read)

    assert ended.results == {1: Result.UPDATED, 2: Result.UPDATED, 3: Result.UNKNOWN, 4: Result.UPDATED}


@pytest.mark.parametrize(("seen", "puts"), [(AWAY, [3]), (HERE, [1, 2, 3]), (None, [1, 2, 3])])
async def test_what_an_earlier_session_left_in_doubt_is_looked_up(
    seen: Presence | None, puts: list[int]
) -> None:
    """It is sent again only where the service does not show what was wanted, also as the first of all."""
    changes = [change(1, in_doubt=True), change(2, in_doubt=True), change(3)]
    service, times = Service(always(UPDATED)), list[float]()

    async def look(_: Change) -> Outcome:
        times.append(anyio.current_time())
        return Outcome(result=Result.NOT_SENT, http_status=200, seen=seen)

    ended = await night(service, changes, read=showing(seen), look=look, rate=1)

    assert ended.counts == {Result.UPDATED: 3}
    assert sorted(put.row for put in service.puts) == puts
    assert len({*times, *(put.at for put in service.puts)}) == 2 + len(puts)  # one slot each, at one a second
    assert sum(outcome.wire_puts for outcome in ended.outcomes.values()) == len(puts)


async def test_without_reads_doubt_stays() -> None:
    """With verify_reads off, only an echo ends the doubt."""
    service = Service(lambda put: TIMED_OUT if put.row == 2 else UPDATED)

    ended = await night(service, 10, read=None, attempts=2)

    assert ended.results[2] is Result.UNKNOWN
    assert ended.outcomes[2].wire_puts == 2


@pytest.mark.parametrize(("seen", "puts"), [(AWAY, 1), (HERE, 2), (None, 2)])
async def test_a_read_comes_before_the_next_try(seen: Presence | None, puts: int) -> None:
    """Only a read that shows what is wanted saves the second PUT."""
    service = Service(lambda put: CUT_OFF if (put.row, put.nth) == (2, 1) else UPDATED)

    ended = await night(service, 5, read=showing(seen))

    assert sum(put.row == 2 for put in service.puts) == puts
    assert ended.outcomes[2].wire_puts == puts
    assert ended.counts == {Result.UPDATED: 5}


async def test_reads_keep_to_the_pace() -> None:
    """A read takes a slot as a PUT does, or a bad night doubles what the service must bear."""
    times = []
    service = Service(lambda put: UPDATED if put.row % 2 else BROKEN, latency=0.01)

    async def read(_: int) -> Presence:
        times.append(anyio.current_time())
        return AWAY

    await night(service, 50, read=read, rate=10)

    assert len(times) == 25
    assert max(times + service.times) >= 7


async def test_rows_in_trouble_do_not_pile_up() -> None:
    """When very many rows wait for their next try, no new ones are begun, so that memory stays flat."""
    service = Service(lambda put: UPDATED if put.row == 1 else THROTTLED, latency=0.01)
    taken = []

    def changes() -> Iterator[Change]:
        for row in range(1, 5000):
            taken.append(row)
            yield change(row)

    halt, clock = Halt(20), anyio.current_time
    settings = Delivery(rate=1000, backoff_base=1e6, backoff_max=1e6, adaptive=False)
    made = Policy(settings, halt, clock=clock, seconds_left=lambda: NEVER).pipeline(service.put)
    settled: list[Result] = []
    with anyio.move_on_after(30):
        await deliver(source_of(changes()), made, lambda _, o: settled.append(o.result), halt, workers=8)

    assert MOST_WAITING <= len(taken) <= MOST_WAITING + 9
    assert settled == [Result.UPDATED, *[Result.FAILED] * (len(taken) - 1)]


async def test_changes_that_cannot_be_read_stop_the_run() -> None:
    """When the journal gives no more changes, what is in flight finishes and the run stops."""
    service = Service(always(UPDATED), latency=1)
    halt, clock = Halt(20), anyio.current_time
    made = Policy(Delivery(rate=100), halt, clock=clock, seconds_left=lambda: NEVER).pipeline(service.put)
    settled: dict[int, Outcome] = {}

    def changes() -> Iterator[Change]:
        yield from (change(row) for row in range(1, 12))
        raise Stopped("the disk is full")

    await deliver(source_of(changes()), made, lambda c, o: settled.update({c.row: o}), halt, workers=4)

    assert str(halt.reason) == "the disk is full"
    assert set(settled) == {put.row for put in service.puts}
    assert {outcome.result for outcome in settled.values()} == {Result.UPDATED}


async def test_a_halt_before_the_start() -> None:
    """A run that is halted before its first row sends none."""
    service, halt = Service(always(UPDATED)), Halt(20)
    made = Policy(Delivery(), halt, clock=anyio.current_time, seconds_left=lambda: NEVER).pipeline(
        service.put
    )
    halt(Stopped("too late"))

    await deliver(source_of(iter([change()])), made, lambda *_: None, halt, workers=4)

    assert not service.puts


async def test_tries_are_told_truly() -> None:
    """Attempts and PUTs on the wire are what the service saw, row by row."""
    service = Service(lambda put: ANSWERS[(put.row * put.nth) % len(ANSWERS)] if put.nth < 5 else UPDATED)
    seen: dict[int, int] = defaultdict(int)

    ended = await night(service, 100, rate=1000, attempts=10)

    for put in service.puts:
        seen[put.row] += 1
    assert {row: outcome.attempts for row, outcome in ended.outcomes.items()} == seen
