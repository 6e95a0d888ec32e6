"""Signs that the fault is not in the rows, and what becomes of the rows that showed it."""

import anyio
import pytest

from presence_worker.delivery import Halt, SystemicFailures
from presence_worker.delivery.wrappers import halting
from presence_worker.errors import Stopped, Suspect
from presence_worker.model import Outcome, Result
from presence_worker.settings.value_types import Limit

from .given import (
    BROKEN,
    FORBIDDEN,
    GONE,
    NO_CREDENTIALS,
    PAGE,
    REFUSED,
    THROTTLED,
    UPDATED,
    Put,
    Service,
    always,
    change,
    night,
    script,
)

pytestmark = pytest.mark.anyio
NO_LIMIT = Limit()
PAGE_REFUSED = REFUSED._replace(html=True)


def settled(halt: Halt, *outcomes: Outcome, limit: Limit = NO_LIMIT, to_send: int = 1000) -> list[Result]:
    """Give the results of rows that end in these outcomes, in the order in which they are settled."""
    failures = SystemicFailures(halt, limit=limit, to_send=to_send, floor=5)
    out = [pair for row, outcome in enumerate(outcomes, 1) for pair in failures.settle(change(row), outcome)]
    out += failures.release()
    assert [c.row for c, _ in out] == list(range(1, len(outcomes) + 1))
    return [outcome.result for _, outcome in out]


@pytest.fixture
async def halt() -> Halt:
    return Halt(drain=20)


@pytest.mark.parametrize("answer", [REFUSED, FORBIDDEN, REFUSED._replace(http_status=400)])
@pytest.mark.proves("SuperOffice rejects the first twenty rows with the same answer")
async def test_the_first_twenty_refused_alike(halt: Halt, answer: Outcome) -> None:
    """It is the configuration, not the rows: the run stops, and resume shall send them again."""
    results = settled(halt, *[answer._replace(detail="the words.")] * 20)

    assert isinstance(halt.reason, Stopped)
    assert f"20 rows in a row alike ({answer.http_status}): the words; " in str(halt.reason)
    assert results == [Result.FAILED] * 20


@pytest.mark.parametrize(
    ("status", "fate"),
    [(403, Result.FAILED), (415, Result.FAILED), (404, Result.REJECTED)],
)
async def test_a_missing_permission_is_blamed_in_a_small_job_too(
    halt: Halt, status: int, fate: Result
) -> None:
    """The limit of failures comes before the twentieth row; what is never a row's fault is sent again."""
    results = settled(halt, *[REFUSED._replace(http_status=status)] * 9, limit=Limit(percent=20), to_send=40)

    assert isinstance(halt.reason, Stopped)
    assert results == [fate] * 9
    assert ("9 rows in a row alike (" in str(halt.reason)) == (fate is Result.FAILED)


@pytest.mark.parametrize(("rows", "fate"), [(1, Result.REJECTED), (2, Result.FAILED), (9, Result.FAILED)])
@pytest.mark.proves("the web server does not accept PUT (405)")
async def test_a_method_that_is_not_allowed_is_blamed_at_once(halt: Halt, rows: int, fate: Result) -> None:
    """405 to every row of two or more is the address or the web server, and never the rows."""
    results = settled(halt, *[REFUSED._replace(http_status=405)] * rows, to_send=rows)

    assert results == [fate] * rows
    assert isinstance(halt.reason, Stopped) == (fate is Result.FAILED)


async def test_a_method_that_was_allowed_before_is_not_blamed(halt: Halt) -> None:
    """Once a row is done the method is known to be allowed."""
    results = settled(
        halt, REFUSED._replace(http_status=405), UPDATED, *[REFUSED._replace(http_status=405)] * 5
    )

    assert halt.reason is None
    assert results == [Result.REJECTED, Result.UPDATED, *[Result.REJECTED] * 5]


async def test_a_permission_that_others_had_is_not_blamed_early(halt: Halt) -> None:
    """Once anybody was let in, a few refusals are those people's own."""
    results = settled(halt, UPDATED, *[FORBIDDEN] * 9, limit=Limit(percent=20), to_send=40)

    assert "more than safety.max_failures" in str(halt.reason)
    assert results == [Result.UPDATED, *[Result.REJECTED] * 9]


async def test_those_in_flight_share_the_fate(halt: Halt) -> None:
    """Rows that were in flight when the twentieth was refused are no more to blame than it."""
    results = settled(halt, *[FORBIDDEN] * 27)

    assert results == [Result.FAILED] * 27


async def test_no_row_is_lost_after_them(halt: Halt) -> None:
    """Rows in flight that end in another way are settled as they ended."""
    results = settled(halt, *[FORBIDDEN] * 20, GONE, UPDATED)

    assert results == [*[Result.FAILED] * 20, GONE.result, Result.UPDATED]


async def test_failures_alike_are_no_refusals(halt: Halt) -> None:
    """Trouble that all rows have is the gate's business, not the configuration's."""
    results = settled(halt, *[BROKEN] * 30)

    assert halt.reason is None
    assert results == [BROKEN.result] * 30


async def test_nobody_refused_alike_is_rejected() -> None:
    """With eight in flight, whatever was sent before the run stops is sent again by resume."""
    service = Service(always(FORBIDDEN), latency=1)

    ended = await night(service, 1000, concurrency=8)

    assert isinstance(ended.reason, Stopped)
    assert len(service.puts) <= 28
    assert ended.counts == {Result.FAILED: len(service.puts)}


async def test_nineteen_alike_and_a_success(halt: Halt) -> None:
    """One row that is done shows that the configuration is right: the others are rejected."""
    results = settled(halt, *[REFUSED] * 19, UPDATED, *[REFUSED] * 30)

    assert halt.reason is None
    assert results == [Result.REJECTED] * 19 + [Result.UPDATED] + [Result.REJECTED] * 30


async def test_refusals_that_differ(halt: Halt) -> None:
    """Different refusals are the rows' own."""
    results = settled(halt, *[REFUSED] * 10, REFUSED._replace(http_status=400), *[REFUSED] * 30)

    assert halt.reason is None
    assert results == [Result.REJECTED] * 41


async def test_a_short_job_all_refused(halt: Halt) -> None:
    """Fewer than twenty refusals prove nothing: the rows are rejected when the run ends."""
    results = settled(halt, *[REFUSED] * 19)

    assert halt.reason is None
    assert results == [Result.REJECTED] * 19


@pytest.mark.proves("the right is taken away (403 twenty times in a row)")
async def test_twenty_forbidden_in_mid_run(halt: Halt) -> None:
    """A permission taken away at night stops the run; 404 in a row does not."""
    results = settled(halt, UPDATED, *[REFUSED] * 30, *[FORBIDDEN] * 20)

    assert "alike (403)" in str(halt.reason)
    assert results == [Result.UPDATED] + [Result.REJECTED] * 30 + [Result.FAILED] * 20


async def test_forbidden_rows_among_others(halt: Halt) -> None:
    """A 403 here and there is those rows' own fate."""
    results = settled(halt, *[UPDATED, *[FORBIDDEN] * 19] * 3)

    assert halt.reason is None
    assert results == [Result.UPDATED, *[Result.REJECTED] * 19] * 3


@pytest.mark.parametrize("outcome", [GONE, BROKEN, REFUSED])
async def test_too_many_not_done(halt: Halt, outcome: Outcome) -> None:
    """Failed, unknown and rejected rows count together; one more than max_failures stops the run."""
    most = settled(halt, UPDATED, *[outcome] * 9, limit=Limit(count=9))
    assert halt.reason is None

    more = settled(halt, UPDATED, *[outcome] * 10, limit=Limit(count=9))

    assert "10 of 1000 rows were not done, more than safety.max_failures (9) allows" in str(halt.reason)
    assert most == more[:-1]


async def test_a_row_that_is_done_after_refusals_does_not_count(halt: Halt) -> None:
    """Only what was not done is counted, also while refusals are kept back."""
    results = settled(halt, *[REFUSED] * 9, UPDATED, limit=Limit(count=9))

    assert halt.reason is None
    assert results == [*[Result.REJECTED] * 9, Result.UPDATED]


async def test_a_percentage_is_of_the_rows_to_be_sent(halt: Halt) -> None:
    """20 % of 50 is ten; below the floor a percentage says nothing."""
    settled(halt, *[GONE] * 10, limit=Limit(percent=20), to_send=50)
    settled(halt, *[GONE] * 4, limit=Limit(percent=20), to_send=4)
    assert halt.reason is None

    settled(halt, *[GONE] * 11, limit=Limit(percent=20), to_send=50)

    assert "11 of 50 rows" in str(halt.reason)


async def test_one_row_too_many(halt: Halt) -> None:
    """Is told in the singular."""
    settled(halt, GONE, limit=Limit(count=0))

    assert "1 of 1000 rows was not done" in str(halt.reason)


async def test_rows_never_sent_do_not_count(halt: Halt) -> None:
    """What was rejected without a try says nothing of the service."""
    settled(halt, *[REFUSED._replace(attempts=0, http_status=None)] * 19, limit=Limit(count=0))

    assert halt.reason is None


async def test_max_failures_stop_a_run() -> None:
    """Of a run with too many failures the rest is not sent."""
    service = Service(lambda put: REFUSED if put.row % 2 else UPDATED)

    ended = await night(service, 1000, max_failures=Limit(percent=10))

    assert "safety.max_failures (10%)" in str(ended.reason)
    assert len(ended.outcomes) == len(service.puts)
    assert ended.counts[Result.REJECTED] >= 101
    assert len(service.puts) <= 220


@pytest.mark.parametrize(
    ("answers", "stops"),
    [
        ([PAGE, PAGE, PAGE], True),
        ([PAGE, PAGE_REFUSED, PAGE], True),
        ([PAGE, PAGE, UPDATED, PAGE, PAGE, THROTTLED, PAGE], False),
    ],
)
async def test_pages_for_people(halt: Halt, answers: list[Outcome], *, stops: bool) -> None:
    """Three HTML pages in a row mean that nobody we know is there."""
    send = halting(script(*answers), halt, longest_wait=lambda: 300)

    outcomes = [await send(change(row)) for row, _ in enumerate(answers, 1)]

    assert outcomes == answers
    assert ("HTML pages" in str(halt.reason)) is stops


@pytest.mark.proves("a firewall's page comes for single rows")
async def test_pages_for_some_rows_do_not_stop_the_others() -> None:
    """A firewall may dislike what some rows say: the same rows' next page is no news; the others go on."""
    disliked = (3, 40, 41, 80)
    service = Service(lambda put: PAGE if put.row in disliked else UPDATED)

    ended = await night(service, 100, concurrency=1)

    assert ended.reason is None
    assert {row for row, result in ended.results.items() if result is not Result.UPDATED} == set(disliked)
    assert all(ended.results[row] is Result.UNKNOWN for row in disliked)


async def test_a_page_for_the_only_row_is_that_rows_own() -> None:
    """One row alone says nothing about others."""
    ended = await night(Service(always(PAGE)), 1)

    assert (ended.reason, ended.results) == (None, {1: Result.UNKNOWN})


@pytest.mark.proves("login pages come instead of answers")
async def test_pages_stop_a_run() -> None:
    """A login page instead of the service: the run stops soon, and no row is taken for done."""
    service = Service(always(PAGE))

    ended = await night(service, 1000)

    assert "target.base_url" in str(ended.reason)
    assert len(service.puts) <= 3 + 8
    assert set(ended.results.values()) == {Result.UNKNOWN}


async def test_what_must_stop_the_run_stops_it(halt: Halt) -> None:
    """The reason is the answer's own words."""
    outcome = await halting(script(NO_CREDENTIALS), halt, longest_wait=lambda: 300)(change())

    assert outcome is NO_CREDENTIALS
    assert isinstance(halt.reason, Stopped)
    assert str(halt.reason) == "check [auth]"


@pytest.mark.parametrize("suspect", [*Suspect, None])
async def test_what_has_to_be_corrected_first_is_known(suspect: Suspect | None, halt: Halt) -> None:
    """The next command depends on it: the same credentials again may lock the account."""
    outcome = NO_CREDENTIALS._replace(suspect=suspect)

    await halting(script(outcome), halt, longest_wait=lambda: 300)(change())

    assert isinstance(halt.reason, Stopped)
    assert halt.reason.suspect is suspect


def asks_to_wait(seconds: float, *, until: float) -> Service:
    """Give a service that throttles all rows but the first until a moment, with Retry-After."""
    throttled = THROTTLED._replace(retry_after=seconds)

    def rule(put: Put) -> Outcome:
        return throttled if put.row > 1 and put.at < until else UPDATED

    return Service(rule)


async def test_a_long_pause_is_waited_out() -> None:
    """A Retry-After above retry_after_max pauses the whole run while patience and deadline allow it."""
    service = asks_to_wait(900, until=10)

    ended = await night(service, 100, outage_patience=1200, deadline=3600)

    assert ended.reason is None
    assert ended.counts == {Result.UPDATED: 100}
    assert not [at for at in service.times if 1 < at < 900]


@pytest.mark.parametrize(("patience", "deadline"), [(600, 3600), (1200, 600)])
@pytest.mark.proves("SuperOffice asks to wait longer than the settings allow")
async def test_too_long_a_pause_stops_at_once(patience: float, deadline: float) -> None:
    """Where patience or deadline do not allow the wait, the run stops; it can be resumed later."""
    service = asks_to_wait(900, until=10)

    ended = await night(service, 100, outage_patience=patience, deadline=deadline)

    assert str(ended.reason) == "SuperOffice asks us to wait 900 s, longer than the settings allow"
    assert ended.seconds < 1
    assert ended.counts[Result.UPDATED] == 1
    assert set(ended.results.values()) <= {Result.UPDATED, Result.FAILED}


async def test_a_pause_as_long_as_we_may_wait(halt: Halt) -> None:
    """Only a longer one stops the run."""
    pause = THROTTLED._replace(retry_after=300.0)

    await halting(script(pause), halt, longest_wait=lambda: 300)(change())

    assert halt.reason is None


async def test_long_pauses_add_up() -> None:
    """A second long Retry-After is measured by the patience that the first one left."""
    service = asks_to_wait(900, until=5000)

    ended = await night(service, 100, outage_patience=1200)

    assert "longer than the settings allow" in str(ended.reason)
    assert ended.seconds == pytest.approx(900, abs=1)


async def test_a_pause_within_the_maximum_is_always_waited_out() -> None:
    """Up to retry_after_max the service is obeyed, whatever the patience."""
    service = asks_to_wait(200, until=10)

    ended = await night(service, 20, outage_patience=150, retry_after_max=300)

    assert ended.reason is None
    assert ended.counts == {Result.UPDATED: 20}
    assert anyio.current_time() >= 200
