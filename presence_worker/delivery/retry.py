"""How a row in trouble is tried again: with patience, and with proof where an answer was lost."""

import random
from collections.abc import Awaitable, Callable

import anyio
import structlog
from tenacity import AsyncRetrying, retry_if_result

from ..model import Change, Outcome, Reason, Result, Send, Trouble

log = structlog.get_logger()
PROVEN_WORDS = "proven by reading it back"
COUNTED = (Trouble.OWN, Trouble.DISCONNECTED, Trouble.DOWN)
AT_ONCE = (Trouble.WAITING, Trouble.RENEWED)  # the gate waits, or there is nothing to wait for
DOUBT = Outcome(result=Result.UNKNOWN, attempts=0, wire_puts=0)  # of a PUT in an earlier session
Prove = Callable[[Change], Awaitable[bool]]  # whether the service is seen to hold what was wanted


class Case:
    """Owns what is known so far of one row in trouble."""

    def __init__(self, change: Change, outcome: Outcome) -> None:
        self.change = change
        self.outcome = outcome.after(DOUBT) if change.in_doubt else outcome
        self.tries = 1
        self.counted = int(outcome.trouble in COUNTED)
        self._foreign = outcome.seen  # what the service says it saved instead

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
        """Take the same foreign echo twice for the service's last word: asking again would not help."""
        self.outcome = self.outcome._replace(
            result=Result.REJECTED, reason=echo.reason, detail=echo.detail, trouble=None
        )

    def prove(self) -> None:
        """Take in that a read showed the wanted value."""
        self.outcome = self.outcome._replace(
            result=Result.UPDATED, reason=None, detail=PROVEN_WORDS, trouble=None
        )

    def ended_early(self) -> Outcome:
        """Give what is known when the run ends while the row still waits."""
        outcome = self.outcome._replace(trouble=None)
        if outcome.result is Result.FAILED and not outcome.wire_puts:
            return outcome._replace(result=Result.NOT_SENT, reason=Reason.STOPPED)
        return outcome


def backoff(case: Case, base: float, longest: float) -> float:
    """Give the seconds before the next try: full jitter, and none where waiting is done elsewhere."""
    trouble = case.outcome.trouble
    if trouble in AT_ONCE or (trouble is Trouble.DISCONNECTED and case.tries == 1):
        return 0.0
    return random.uniform(0, min(longest, base * 2 ** min(case.tries - 1, 30)))  # noqa: S311 - not a secret


def _logged(case: Case, wait: float) -> float:
    log.debug(
        "decision.retry",
        row=case.change.row,
        attempt=case.tries + 1,
        wait_s=round(wait, 3),
        because=case.outcome.reason,
    )
    return wait


def persistent(
    send: Send, prove: Prove, *, attempts: int, base: float, longest: float
) -> Callable[[Case], Awaitable[Outcome]]:
    """Make the function that tries a row in trouble until it is settled or our patience is at its end.

    A row whose answer was lost is read before it is sent again, and once more at the end.
    """

    async def next_try(case: Case) -> None:
        if case.outcome.result is Result.UNKNOWN and await prove(case.change):
            case.prove()
        else:
            case.add(await send(case.change))

    async def see_through(case: Case) -> Outcome:
        tries = AsyncRetrying(
            sleep=anyio.sleep,
            wait=lambda _: _logged(case, backoff(case, base, longest)),
            stop=lambda _: case.counted >= attempts,
            retry=retry_if_result(lambda outcome: outcome.trouble is not None),
            retry_error_callback=lambda _: None,  # what is known then is in the case
        )
        async for attempt in tries:
            if attempt.retry_state.attempt_number > 1:  # the first try is behind us
                await next_try(case)
            attempt.retry_state.set_result(case.outcome)
        if case.outcome.result is Result.UNKNOWN and await prove(case.change):
            case.prove()
        return case.outcome._replace(trouble=None)

    return see_through
