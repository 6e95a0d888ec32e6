"""How a row in trouble is tried again: with patience, and with proof where an answer was lost."""

import random
from collections.abc import Awaitable, Callable, Iterator

import anyio
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from ..model import Change, Outcome, Reason, Result, Send, Trouble

log = structlog.get_logger()
PROVEN_WORDS = "confirmed by reading it back"
COUNTED = (Trouble.OWN, Trouble.DISCONNECTED, Trouble.DOWN)
AT_ONCE = (
    Trouble.WAITING,
    Trouble.NOT_OURS,
    Trouble.RENEWED,
)  # a wrapper waits, or there is nothing to wait for
DOUBT = Outcome(result=Result.UNKNOWN, attempts=0, wire_puts=0)  # of a PUT in an earlier session
Prove = Callable[[Change], Awaitable[bool]]  # whether SuperOffice is seen to hold what was wanted


class RetryState:
    """Owns what is known so far of one row in trouble."""

    def __init__(self, change: Change, outcome: Outcome) -> None:
        self.change = change
        self.outcome = outcome.after(DOUBT) if change.in_doubt else outcome
        self.tries = 1  # the first one is behind us
        self.counted = int(outcome.trouble in COUNTED)
        self._foreign = outcome.seen  # what SuperOffice says it saved instead

    def add(self, outcome: Outcome) -> None:
        """Take in the outcome of one more try."""
        self.tries += 1
        self.counted += outcome.trouble in COUNTED
        self.outcome = outcome.after(self.outcome)
        if outcome.reason is Reason.ECHO_MISMATCH:
            if outcome.seen == self._foreign:
                self._reject(outcome)
            self._foreign = outcome.seen

    def _reject(self, echo: Outcome) -> None:
        """Take the same foreign echo twice for SuperOffice's last word: asking again would not help."""
        self.outcome = self.outcome._replace(
            result=Result.REJECTED, reason=echo.reason, detail=echo.detail, trouble=None
        )

    def prove(self) -> None:
        """Take in that a read showed the wanted value."""
        self.outcome = self.outcome._replace(
            result=Result.UPDATED, reason=None, detail=PROVEN_WORDS, trouble=None
        )

    @property
    def is_unknown(self) -> bool:
        """Return whether the change may have been applied."""
        return self.outcome.result is Result.UNKNOWN

    def outcome_at_halt(self) -> Outcome:
        """Return what is known when the run ends while the row still waits."""
        outcome = self.outcome._replace(trouble=None)
        if outcome.result is Result.FAILED and not outcome.wire_puts:
            return outcome._replace(result=Result.NOT_SENT, reason=Reason.STOPPED)
        return outcome


def backoff(state: RetryState, base: float, longest: float) -> float:
    """Return the seconds before the next try: full jitter, and none where waiting is done elsewhere."""
    trouble = state.outcome.trouble
    if trouble in AT_ONCE or (trouble is Trouble.DISCONNECTED and state.tries == 1):
        return 0.0
    return random.uniform(0, min(longest, base * 2 ** min(state.tries - 1, 30)))  # noqa: S311 - not a secret


def retried(
    send: Send, prove: Prove, *, attempts: int, base: float, longest: float
) -> Callable[[RetryState], Awaitable[Outcome]]:
    """Make *send* try a row in trouble until it is settled or our patience is at its end.

    A row whose answer was lost is read before it is sent again, and once more at the end.
    """
    retrying = AsyncRetrying(
        sleep=anyio.sleep,
        wait=lambda call: _log_wait(_state(call), backoff(_state(call), base, longest)),
        stop=lambda call: _state(call).counted >= attempts,
        retry=retry_if_result(lambda outcome: outcome.trouble is not None),
        retry_error_callback=lambda call: _state(call).outcome,
    )

    async def retry_until_settled(state: RetryState) -> Outcome:
        await retrying.copy()(
            _try_again, state, iter([state.outcome]), send, prove
        )  # a copy: many rows at once
        if state.is_unknown and await prove(state.change):
            state.prove()
        return state.outcome._replace(trouble=None)

    return retry_until_settled


async def _try_again(state: RetryState, first: Iterator[Outcome], send: Send, prove: Prove) -> Outcome:
    if outcome := next(first, None):  # of the try that is behind us
        return outcome
    if state.is_unknown and await prove(state.change):
        state.prove()
    else:
        state.add(await send(state.change))
    return state.outcome


def _state(call: RetryCallState) -> RetryState:
    state: RetryState = call.args[0]
    return state


def _log_wait(state: RetryState, wait: float) -> float:
    log.debug(
        "decision.retry",
        row=state.change.row,
        attempt=state.tries + 1,
        wait_s=round(wait, 3),
        because=state.outcome.reason,
    )
    return wait
