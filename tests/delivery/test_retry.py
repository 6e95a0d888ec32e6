"""Rows in trouble: tried again with patience, and doubt ends only by proof."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.delivery.retry import RetryState, backoff, retried
from presence_worker.model import Change, Outcome, Presence, Reason, Result, Send, Trouble

from .given import (
    ANSWERS,
    BROKEN,
    CUT_OFF,
    GONE,
    ODD,
    REFUSED,
    THROTTLED,
    TIMED_OUT,
    UNAVAILABLE,
    UPDATED,
    Service,
    always,
    change,
    script,
)

pytestmark = pytest.mark.anyio
PUT_OFF = GONE._replace(trouble=Trouble.WAITING)  # as the gate tells it while the service is away
RENEWED = Outcome(
    result=Result.FAILED, reason=Reason.REFUSED, http_status=401, trouble=Trouble.RENEWED
)  # as the client tells it once it has another credential
DOUBTFUL = [BROKEN, TIMED_OUT, CUT_OFF, ODD]
CERTAIN = [THROTTLED, UNAVAILABLE, GONE, REFUSED, GONE._replace(reason=Reason.INTERNAL_ERROR, trouble=None)]


class Eyes:
    """Owns the count of looks at the service; one of them is the first to show what was wanted."""

    def __init__(self, *, proof: int = 1_000_000) -> None:
        self._proof = proof
        self.looks = 0

    async def __call__(self, _: Change) -> bool:
        self.looks += 1
        return self.looks >= self._proof


async def seen_through(
    first: Outcome, send: Send, eyes: Eyes | None = None, *, in_doubt: bool = False, attempts: int = 6
) -> Outcome:
    """See a row through whose first try ended in *first*."""
    retry_until_settled = retried(send, eyes or Eyes(), attempts=attempts, base=0.5, longest=30)
    return await retry_until_settled(RetryState(change(in_doubt=in_doubt), first))


@pytest.mark.parametrize("trouble", [GONE, UNAVAILABLE, BROKEN, TIMED_OUT, ODD, CUT_OFF])
async def test_attempts_bound_a_rows_own_trouble(trouble: Outcome) -> None:
    """After the last attempt the row has the outcome of its last try, and it is final."""
    service = Service(always(trouble))

    outcome = await seen_through(trouble, service.put, attempts=6)

    assert len(service.puts) == 5
    assert (outcome.result, outcome.attempts, outcome.trouble) == (trouble.result, 6, None)
    assert outcome.wire_puts == 6 * trouble.wire_puts


@pytest.mark.parametrize("patience", [THROTTLED, PUT_OFF])
async def test_what_the_service_asks_for_does_not_count(patience: Outcome) -> None:
    """Tries answered 429, and tries while the service is away, use up no attempts."""
    service = Service(lambda put: UPDATED if put.nth > 50 else patience)

    outcome = await seen_through(patience, service.put, attempts=2)

    assert (outcome.result, outcome.attempts) == (Result.UPDATED, 52)


async def test_what_counts_adds_up_across_what_does_not() -> None:
    """A row's own trouble is counted wherever it comes between the waiting."""
    send = script(THROTTLED, GONE, THROTTLED, PUT_OFF, GONE, UPDATED)

    outcome = await seen_through(GONE, send, attempts=3)

    assert (outcome.result, outcome.attempts, outcome.wire_puts) == (Result.FAILED, 6, 2)


async def test_one_attempt_is_one() -> None:
    """With attempts = 1 a row in trouble is settled by its first try."""
    service = Service(always(UPDATED))

    outcome = await seen_through(GONE, service.put, attempts=1)

    assert not service.puts
    assert outcome == GONE._replace(trouble=None)


async def test_a_final_answer_ends_it() -> None:
    """A row that is done, or refused for good, is not sent again."""
    service = Service(lambda put: REFUSED if put.nth == 2 else THROTTLED)

    outcome = await seen_through(THROTTLED, service.put)

    assert len(service.puts) == 2
    assert (outcome.result, outcome.attempts) == (Result.REJECTED, 3)


async def test_durations_add_up() -> None:
    """A row's duration is that of all its requests."""
    first, second = THROTTLED._replace(duration_ms=30.0), UPDATED._replace(duration_ms=12.0)

    outcome = await seen_through(first, script(second))

    assert outcome.duration_ms == 42


@given(outcome=st.sampled_from([GONE, BROKEN, ODD, THROTTLED]), tries=st.integers(1, 5000))
def test_backoff_doubles_and_ends(outcome: Outcome, tries: int) -> None:
    """Full jitter: anything from nothing to base * 2^(n-1), and never above the longest."""
    state = RetryState(change(), outcome)
    state.tries = tries

    wait = backoff(state, 0.5, 30)

    assert 0 <= wait <= min(30, 0.5 * 2 ** min(tries - 1, 10))


def test_backoff_is_spread() -> None:
    """Rows that fell together do not come back together."""
    state = RetryState(change(), GONE)
    state.tries = 5

    waits = [backoff(state, 0.5, 30) for _ in range(1000)]

    assert min(waits) < 0.5
    assert max(waits) > 7.5
    assert 3.5 < sum(waits) / 1000 < 4.5


def test_a_lost_connection_costs_no_wait() -> None:
    """A keep-alive connection closed under our feet is no trouble of the service: once, at once."""
    state = RetryState(change(), CUT_OFF)
    first = backoff(state, 1e9, 1e9)
    state.add(CUT_OFF)

    second = backoff(state, 1e9, 1e9)

    assert first == 0
    assert second > 0


def test_who_waits_at_the_gate_waits_nowhere_else() -> None:
    """While the service is away the gate says when to try."""
    state = RetryState(change(), PUT_OFF)
    state.tries = 20

    assert backoff(state, 0.5, 30) == 0


async def test_what_was_renewed_is_tried_at_once_and_costs_nothing() -> None:
    """A credential that had run out is nobody's trouble once there is another one."""
    service = Service(lambda put: RENEWED if put.nth < 9 else UPDATED, latency=0)

    outcome = await seen_through(RENEWED, service.put, attempts=1)

    assert (outcome.result, outcome.attempts, outcome.wire_puts) == (Result.UPDATED, 10, 10)
    assert anyio.current_time() == 0


@pytest.mark.parametrize("doubtful", DOUBTFUL)
@pytest.mark.parametrize("after", [*CERTAIN, *DOUBTFUL])
def test_doubt_stays(doubtful: Outcome, after: Outcome) -> None:
    """Once an answer was lost, no refusal, no patience and no bug of ours makes the row certain."""
    outcome = after.after(doubtful)

    assert outcome.result is Result.UNKNOWN
    assert outcome.reason is doubtful.reason
    assert outcome.attempts == 2
    assert outcome.wire_puts == 1 + after.wire_puts


@pytest.mark.parametrize("earlier", [*DOUBTFUL, *CERTAIN])
def test_an_echo_ends_doubt(earlier: Outcome) -> None:
    """An echo proves the change, whatever was before."""
    outcome = UPDATED.after(earlier)

    assert (outcome.result, outcome.reason, outcome.attempts) == (Result.UPDATED, None, 2)


@pytest.mark.parametrize("answer", ANSWERS)
def test_doubt_of_an_earlier_session_stays(answer: Outcome) -> None:
    """A row sent before the crash is in doubt from the start, and its tries of this session are counted."""
    state = RetryState(change(in_doubt=True), answer)

    assert state.outcome.result is (Result.UPDATED if answer is UPDATED else Result.UNKNOWN)
    assert (state.outcome.attempts, state.outcome.wire_puts) == (1, answer.wire_puts)


@given(outcomes=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=12), in_doubt=st.booleans())
def test_whatever_comes_after_doubt(outcomes: list[Outcome], *, in_doubt: bool) -> None:
    """Once unknown, a row is only ever updated or unknown; tries and PUTs add up."""
    doubt = in_doubt
    state = RetryState(change(in_doubt=in_doubt), outcomes[0])

    for number, outcome in enumerate(outcomes):
        if number:
            state.add(outcome)
        doubt = (doubt or outcome.result is Result.UNKNOWN) and outcome is not UPDATED
        assert (state.outcome.result is Result.UNKNOWN) is doubt

    assert state.outcome.attempts == state.tries == len(outcomes)
    assert state.outcome.wire_puts == sum(outcome.wire_puts for outcome in outcomes)
    assert state.outcome.trouble is outcomes[-1].trouble


def foreign(status: str, message: str = "") -> Outcome:
    """Give the outcome of a PUT whose echo says that something else was saved."""
    seen = Presence(status=status, message=message)
    return ODD._replace(reason=Reason.ECHO_MISMATCH, detail="another comment", seen=seen)


@pytest.mark.parametrize("between", [[], [UNAVAILABLE], [TIMED_OUT, ODD]])
@pytest.mark.parametrize("in_doubt", [False, True])
async def test_an_echo_that_is_foreign_twice_alike_is_the_last_word(
    between: list[Outcome], *, in_doubt: bool
) -> None:
    """The service has decided: the row is rejected, in doubt or not, and not asked for a third time."""
    echo = foreign("StatusSpm")
    service = Service(lambda put: [*between, echo, UPDATED][put.nth - 1])

    outcome = await seen_through(echo, service.put, in_doubt=in_doubt)

    assert (outcome.result, outcome.reason) == (Result.REJECTED, Reason.ECHO_MISMATCH)
    assert (outcome.detail, outcome.trouble) == ("another comment", None)
    assert outcome.attempts == outcome.wire_puts == 2 + len(between)


async def test_echoes_that_differ_are_doubts() -> None:
    """Something else each time is no last word; in the end the row stays in doubt."""
    service = Service(lambda put: foreign("StatusSpm", str(put.nth)))

    outcome = await seen_through(foreign("StatusSpm"), service.put)

    assert (outcome.result, outcome.reason, outcome.attempts) == (Result.UNKNOWN, Reason.ECHO_MISMATCH, 6)


async def test_what_is_there_counts_more_than_a_foreign_echo() -> None:
    """Where a read shows the wanted value, the row is done."""
    outcome = await seen_through(foreign("StatusSpm"), script(UPDATED), Eyes(proof=1))

    assert (outcome.result, outcome.attempts) == (Result.UPDATED, 1)


@pytest.mark.parametrize("doubtful", DOUBTFUL)
async def test_what_is_in_doubt_is_read_first(doubtful: Outcome) -> None:
    """A read that shows the wanted value proves it; the row is not sent again."""
    service = Service(always(UPDATED))

    outcome = await seen_through(doubtful, service.put, Eyes(proof=1))

    assert not service.puts
    assert outcome.result is Result.UPDATED
    assert (outcome.reason, outcome.detail) == (None, "confirmed by reading it back")
    assert (outcome.attempts, outcome.wire_puts, outcome.trouble) == (1, 1, None)


async def test_the_old_value_proves_nothing() -> None:
    """Where a read shows the old value, the row is sent again."""
    service, eyes = Service(always(UPDATED)), Eyes()

    outcome = await seen_through(TIMED_OUT, service.put, eyes)

    assert (len(service.puts), eyes.looks) == (1, 1)
    assert (outcome.result, outcome.attempts) == (Result.UPDATED, 2)


async def test_a_last_look() -> None:
    """When patience is at its end, a row in doubt is looked at once more."""
    service, eyes = Service(always(BROKEN)), Eyes(proof=3)

    outcome = await seen_through(BROKEN, service.put, eyes, attempts=3)

    assert (len(service.puts), eyes.looks) == (2, 3)
    assert (outcome.result, outcome.attempts) == (Result.UPDATED, 3)


async def test_a_refusal_after_doubt_is_looked_at() -> None:
    """A refusal does not say what became of the PUT before it, but the value does."""
    send = script(REFUSED)

    proven = await seen_through(BROKEN, send, Eyes(proof=2))
    unproven = await seen_through(BROKEN, send, Eyes())

    assert proven.result is Result.UPDATED
    assert (unproven.result, unproven.attempts) == (Result.UNKNOWN, 2)


@pytest.mark.parametrize("trouble", [GONE, THROTTLED, UNAVAILABLE])
async def test_what_is_certain_is_not_read(trouble: Outcome) -> None:
    """A row of which nothing was applied needs no read."""
    eyes = Eyes(proof=1)

    outcome = await seen_through(trouble, script(UPDATED), eyes)

    assert not eyes.looks
    assert outcome.result is Result.UPDATED


async def test_a_row_of_an_earlier_session_needs_proof() -> None:
    """A row that was in doubt before is refused now: the read tells whether it had been done."""
    done = await seen_through(REFUSED, script(REFUSED), Eyes(proof=1), in_doubt=True)
    not_known = await seen_through(REFUSED, script(REFUSED), Eyes(), in_doubt=True)

    assert (done.result, done.wire_puts) == (Result.UPDATED, 1)
    assert (not_known.result, not_known.reason) == (Result.UNKNOWN, Reason.REFUSED)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([GONE], Result.NOT_SENT),
        ([GONE, GONE, PUT_OFF], Result.NOT_SENT),
        ([GONE, THROTTLED], Result.FAILED),
        ([THROTTLED, GONE], Result.FAILED),
        ([UNAVAILABLE], Result.FAILED),
        ([GONE, BROKEN, GONE], Result.UNKNOWN),
    ],
)
def test_a_row_that_is_interrupted(outcomes: list[Outcome], expected: Result) -> None:
    """Not sent is only what never reached the service; what it answered 429 or 503 has failed."""
    state = RetryState(change(), outcomes[0])
    for outcome in outcomes[1:]:
        state.add(outcome)

    ended = state.outcome_at_halt()

    assert (ended.result, ended.trouble) == (expected, None)
    assert (ended.reason is Reason.STOPPED) is (expected is Result.NOT_SENT)
    assert ended.attempts == len(outcomes)


def test_doubt_of_an_earlier_session_outlives_an_interruption() -> None:
    """A row in doubt is not `not_sent`, even where this session reached nobody."""
    ended = RetryState(change(in_doubt=True), GONE).outcome_at_halt()

    assert (ended.result, ended.wire_puts) == (Result.UNKNOWN, 0)
