"""Requests while SuperOffice is away: one probe at a time goes out, all others wait."""

from collections.abc import Callable
from http import HTTPStatus

import anyio
import structlog

from ..errors import Cause, Stopped, Suspect
from ..model import Change, Outcome, Send, Trouble
from ..wording import plain_duration
from .systemic_failures import Halt

log = structlog.get_logger()
STRIKES = 10  # signs of trouble in a row that close the gate
LONGEST_INTERVAL = 60.0  # seconds between two probes
AWAY = (Trouble.DOWN, Trouble.DISCONNECTED)


class Gate:
    """Owns the knowledge whether SuperOffice answers.

    It starts closed, so that the first request of a run goes alone: a wrong password is tried once.
    """

    def __init__(
        self,
        halt: Halt,
        *,
        patience: float,  # seconds without a useful answer
        first_patience: float,  # seconds until SuperOffice is there at all
        interval: float,  # seconds before the first probe; doubles
        reopened: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._halt = halt
        self._patience = min(first_patience, patience)
        self._later_patience = patience
        self._first_interval = interval
        self._interval = interval
        self._reopened = reopened
        self._clock = clock
        self._probing = anyio.Lock()
        self._strikes: set[int] = set()  # rows, and negative numbers for what surely was everybody's
        self._away: set[int] = set()  # rows that surely got no answer since the last useful one
        self.is_open = False
        self._answered = False  # at least once
        self._last_words = ""  # of trouble
        self._suspect: Suspect | None = None
        self._good = clock()  # when the last useful answer came
        self._next_probe = clock()

    @property
    def is_away(self) -> bool:
        """Return whether SuperOffice is known to be away."""
        return not self.is_open and bool(self._strikes)

    @property
    def waiting_since(self) -> float:
        """When the last useful answer came, or since when one is waited for."""
        return self._good

    @property
    def waiting_until(self) -> float:
        """When patience is at its end without a useful answer."""
        return self._good + self._patience

    @property
    def last_words(self) -> str:
        """What the last trouble said."""
        return self._last_words

    @property
    def patience_left(self) -> float:
        """Seconds that may still pass without a useful answer."""
        return self._good + self._later_patience - self._clock()

    async def probe(self, send: Send, change: Change) -> Outcome:
        """Send when it is this change's turn to be the probe, or when the gate has been opened by another."""
        async with self._probing:
            if not self.is_open:
                await self._until_next_probe()
                return self.learn(change, await send(change), probe=True)
        return self.learn(change, await send(change), probe=False)

    async def _until_next_probe(self) -> None:
        end = self.waiting_until
        await anyio.sleep(max(0.0, min(self._next_probe, end) - self._clock()))
        if self._clock() >= end and (self._answered or self._strikes):
            self._give_up()
            await anyio.sleep_forever()  # the halt ends it

    def _give_up(self) -> None:
        waited = plain_duration(self._clock() - self._good)
        why = f" ({self._last_words.rstrip('.')})" if self._last_words else ""
        suspect = None if self._answered else self._suspect
        words = f"SuperOffice gave no useful answer for {waited}{why}"
        self._halt(Stopped(words, suspect=suspect, cause=Cause.OUTAGE))

    def learn(self, change: Change, outcome: Outcome, *, probe: bool) -> Outcome:
        """Take in the outcome of a try; return it with its trouble: an outage, or the row's own."""
        if outcome.stop or outcome.trouble is Trouble.NOT_OURS:
            return outcome
        if outcome.http_status is not None:
            self._answered, self._patience = True, self._later_patience
        if outcome.trouble in AWAY:
            self._strike(change, outcome, probe=probe)
            outcome = outcome._replace(trouble=self._everybodys(change, outcome) or outcome.trouble)
        elif outcome.trouble is not Trouble.THROTTLED:
            self._welcome()
        self._last_words, self._suspect = outcome.detail or self._last_words, outcome.suspect
        waiting = outcome.trouble in (Trouble.THROTTLED, Trouble.WAITING)
        if waiting and self._clock() - self._good >= self._patience:
            self._give_up()
        return outcome

    def _strike(self, change: Change, outcome: Outcome, *, probe: bool) -> None:
        """Count a sign of trouble; answers that may be one row's own trouble count once for each row."""
        surely_away = outcome.wire_puts == 0 or outcome.http_status == HTTPStatus.SERVICE_UNAVAILABLE
        self._strikes.add(-len(self._strikes) - 1 if surely_away else change.row)
        self._away.update([change.row] if surely_away else [])
        if probe:
            self._next_probe = self._clock() + self._interval
            self._interval = min(self._interval * 2, LONGEST_INTERVAL)
        elif self.is_open and len(self._strikes) >= STRIKES:
            self.is_open = False
            self._good = self._clock()  # patience begins now: a process that was stopped has seen no outage
            self._next_probe = self._clock() + self._interval
            log.debug("decision.gate", is_open=False, because=outcome.reason)

    def _everybodys(self, change: Change, outcome: Outcome) -> Trouble | None:
        """Return the kind of trouble that all rows have, which counts against none; None for a row's own.

        Who was not even connected had no say in it; an answer may be about one row, until others get it too.
        """
        if not self.is_open:
            return Trouble.WAITING
        is_shared = change.row in self._away and len(self._away) > 1
        return Trouble.THROTTLED if is_shared or outcome.wire_puts == 0 else None

    def _welcome(self) -> None:
        self._good = self._clock()
        if not self.is_open:
            self.is_open = True
            if self._strikes:
                log.debug("decision.gate", is_open=True, because=None)
                self._reopened()
        self._interval = self._first_interval
        self._strikes.clear()
        self._away.clear()
