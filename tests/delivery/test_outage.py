"""Whole nights with a service in trouble: nothing is lost, and hardly a request wasted."""

import pytest

from presence_worker.errors import Stopped
from presence_worker.model import Outcome, Reason, Result

from .given import (
    AWAY,
    BROKEN,
    CUT_OFF,
    GONE,
    HERE,
    THROTTLED,
    TIMED_OUT,
    UNAVAILABLE,
    UPDATED,
    Rule,
    Service,
    night,
    showing,
    worst_second,
)

pytestmark = pytest.mark.anyio
TROUBLES = [
    pytest.param(GONE, id="refused"),
    pytest.param(UNAVAILABLE, id="503"),
    pytest.param(BROKEN, id="500"),
    pytest.param(CUT_OFF, id="reset"),
    pytest.param(TIMED_OUT, id="timed out"),
]


def outage(trouble: Outcome, start: float, end: float) -> Rule:
    """Answer well but for a while."""
    return lambda put: trouble if start <= put.at < end else UPDATED


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.proves("SuperOffice does not answer for some minutes")
async def test_an_outage_of_two_minutes(trouble: Outcome) -> None:
    """No row is lost, fewer than a hundred requests are wasted, and the run takes little longer."""
    service = Service(outage(trouble, 20, 140))

    ended = await night(service, 3000, read=showing(HERE))

    wasted = sum(20 <= at < 140 for at in service.times)
    assert ended.reason is None
    assert ended.counts == {Result.UPDATED: 3000}
    assert wasted < 100
    assert ended.seconds < 60 + 120 + 60 + 15
    assert worst_second(service.times) <= 51


async def test_a_service_that_flaps() -> None:
    """Two seconds there, two seconds away, for a minute: no row is lost."""
    service = Service(lambda put: UNAVAILABLE if put.at < 120 and put.at % 4 >= 2 else UPDATED)

    ended = await night(service, 3000, attempts=4)

    assert ended.counts == {Result.UPDATED: 3000}


@pytest.mark.parametrize(
    ("trouble", "results"),
    [
        (GONE, {Result.NOT_SENT}),
        (UNAVAILABLE, {Result.FAILED}),
        (BROKEN, {Result.UNKNOWN}),
    ],
)
@pytest.mark.proves("SuperOffice does not answer for a long time")
async def test_an_outage_longer_than_patience(trouble: Outcome, results: set[Result]) -> None:
    """The run stops, can be resumed, and says of each row what is true."""
    service = Service(outage(trouble, 20, 10_000))

    ended = await night(service, 3000, outage_patience=300, halt_at=5000)

    done = sum(at < 20 for at in service.times)
    assert isinstance(ended.reason, Stopped)
    assert ended.seconds == pytest.approx(320, abs=61)
    assert ended.counts[Result.UPDATED] == done
    assert set(ended.results.values()) == {Result.UPDATED, *results}
    assert set(ended.outcomes) == {put.row for put in service.puts}


async def test_an_outage_follows_a_storm() -> None:
    """Rows that wait in crowds for their next try when the service goes away are not lost either."""
    service = Service(lambda put: THROTTLED if 5 <= put.at < 60 else outage(GONE, 60, 180)(put))

    ended = await night(service, 2000)

    assert ended.counts == {Result.UPDATED: 2000}
    assert sum(60 <= at < 180 for at in service.times) < 200


async def test_a_third_throttled() -> None:
    """429 on a third of the calls slows the run down; no row fails."""
    service = Service(lambda put: THROTTLED if (put.row + put.nth) % 3 == 0 else UPDATED)

    ended = await night(service, 1000)

    assert ended.counts == {Result.UPDATED: 1000}
    assert ended.seconds < 400


@pytest.mark.proves("SuperOffice asks to wait (429, `Retry-After`)")
async def test_retry_after_holds_everybody() -> None:
    """After a 429 with Retry-After nobody goes before its time, and nobody fails."""
    told = THROTTLED._replace(retry_after=7.0)
    service = Service(lambda put: told if 10 <= put.at < 10.3 else UPDATED)

    ended = await night(service, 1000)

    assert not [at for at in service.times if 10.3 < at < 17]
    assert ended.counts == {Result.UPDATED: 1000}


async def test_a_poison_row() -> None:
    """A row that is always answered 500 has its attempts, and nobody else notices."""
    service = Service(lambda put: BROKEN if put.row == 100 else UPDATED)

    ended = await night(service, 1000, read=showing(HERE))

    assert ended.reason is None
    assert ended.counts == {Result.UPDATED: 999, Result.UNKNOWN: 1}
    assert (ended.outcomes[100].attempts, ended.outcomes[100].reason) == (6, Reason.SERVER_ERROR)
    assert ended.seconds < 40


async def test_a_row_alone_without_service() -> None:
    """A row that alone is answered 503 has its attempts, too, and has failed then."""
    service = Service(lambda put: UNAVAILABLE if put.row == 100 else UPDATED)

    ended = await night(service, 3000)

    assert ended.counts == {Result.UPDATED: 2999, Result.FAILED: 1}
    assert ended.outcomes[100].attempts == 6


@pytest.mark.parametrize("last", [1, 2])
async def test_the_last_rows_outlive_an_outage(last: int) -> None:
    """A connection that is refused is never a row's own trouble, also when no other row is left to tell."""
    service = Service(lambda put: GONE if put.row > 100 - last and put.at < 140 else UPDATED)

    ended = await night(service, 100)

    assert (ended.reason, ended.counts) == (None, {Result.UPDATED: 100})
    assert sum(put.row > 100 - last for put in service.puts) < 40


async def test_a_poison_row_at_the_start() -> None:
    """A run whose first row is poison goes on with the second."""
    service = Service(lambda put: BROKEN if put.row == 1 else UPDATED)

    ended = await night(service, 100)

    assert ended.counts == {Result.UPDATED: 99, Result.UNKNOWN: 1}
    assert service.puts[1].row == 2
    assert service.puts[1].at == pytest.approx(2.05)


async def test_poison_rows_at_the_end() -> None:
    """A few poison rows are left alone at the tail of a run: they are still only their own trouble."""
    service = Service(lambda put: BROKEN if put.row > 992 else UPDATED)

    ended = await night(service, 1000)

    assert ended.reason is None
    assert ended.counts == {Result.UPDATED: 992, Result.UNKNOWN: 8}
    assert {ended.outcomes[row].attempts for row in range(993, 1001)} == {6}


@pytest.mark.proves("an answer is lost")
async def test_lost_answers_are_proven() -> None:
    """Answers are lost, but the changes were applied: reads prove them, and no row is sent twice."""
    service = Service(lambda put: CUT_OFF if put.row % 7 == 0 else UPDATED)

    ended = await night(service, 500, read=showing(AWAY))

    assert ended.counts == {Result.UPDATED: 500}
    assert len(service.puts) == 500


async def test_probes_do_not_use_up_attempts() -> None:
    """Rows that were probes in a long outage still have their attempts for their own trouble."""
    service = Service(outage(GONE, 10, 900))

    ended = await night(service, 600, attempts=2, concurrency=2)

    assert ended.reason is None
    assert ended.counts[Result.UPDATED] >= 595


async def test_a_run_starts_late() -> None:
    """A service that comes up within half a minute is waited for."""
    service = Service(outage(GONE, 0, 12))

    ended = await night(service, 500)

    assert ended.counts == {Result.UPDATED: 500}
    assert sum(at < 12 for at in service.times) == 3


async def test_the_run_goes_on_gently() -> None:
    """After an outage half of the places are there at first."""
    service = Service(outage(GONE, 20, 60), latency=1)

    await night(service, 500, concurrency=8, rate=1000)

    reopened = next(at for at in service.times if at >= 60)
    assert sum(reopened + 1 <= at < reopened + 2 for at in service.times) <= 5
