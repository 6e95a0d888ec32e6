"""What is said while a run works: how far it is, and what it waits for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import anyio
import structlog

from ..delivery import Halt, Policy
from ..run_context import Progress

EVERY = 30.0  # seconds between two progress events
GLANCE = 1.0  # seconds between two looks at what goes on
LONG = 5.0  # seconds; a shorter wait is not worth a word
log = structlog.get_logger()


class Wait(NamedTuple):
    """What a run waits for, in seconds of the loop's clock."""

    since: float
    until: float
    cause: str
    is_pause: bool  # the service asked for it; else it does not answer


class Commentary:
    """Owns the figures of the step that a run is at, and what was said last; passes all on to *line*."""

    def __init__(self, line: Progress, total: int, clock: Callable[[], float]) -> None:
        self._line = line
        self._total = total
        self._done = 0
        self._clock = clock
        self._wait: Wait | None = None

    def begin(self, total: int, doing: Callable[[], str]) -> None:
        """Begin a step of *total* rows; *doing* gives what goes on at the moment."""
        self._total, self._done = total, 0
        self._line.begin(total, lambda: "waiting for SuperOffice" if self._wait else doing())

    def settled(self, *, done: bool) -> None:
        """Move on by one row."""
        self._done += 1
        self._line.settled(done=done)

    def end(self) -> None:
        """End the step."""
        self._line.end()

    def remark(self, words: str) -> None:
        """Say something at the terminal."""
        self._line.remark(words)

    def warn(self, words: str) -> None:
        """Say something even where only errors are printed."""
        self._line.warn(words)

    async def run(self, policy: Policy, halt: Halt, seconds_left: Callable[[], float]) -> None:
        """Say how far the run is and, until a halt, what it waits for; until cancelled."""
        due, requests = self._clock() + EVERY, policy.pace.taken
        while True:
            await anyio.sleep(GLANCE)
            if not halt.reason:
                self._look(policy, seconds_left)
            if (late := self._clock() - due) >= 0:
                self._say_progress((policy.pace.taken - requests) / (EVERY + late))
                due, requests = self._clock() + EVERY, policy.pace.taken

    def _say_progress(self, rate: float) -> None:
        log.info(
            "run.progress",
            done=self._done,
            total=self._total,
            rate=round(rate, 2),
            waiting_since=self._wait and _stamp(self._moment(self._wait.since)),
        )

    def _look(self, policy: Policy, seconds_left: Callable[[], float]) -> None:
        """Say that a wait began, that it takes longer than was said, or that it is over."""
        before, wait = self._wait, self._waiting(policy, seconds_left)
        self._wait = wait
        if wait and (before is None or wait.is_pause != before.is_pause or wait.until > before.until + LONG):
            self._say_wait(wait)
        elif before and not wait:
            words = "SuperOffice answers again" if not before.is_pause else "The pause is over"
            log.info("run.waiting_over", waited_s=round(self._clock() - before.since, 1))
            self.remark(f"{words}; the run goes on")

    def _waiting(self, policy: Policy, seconds_left: Callable[[], float]) -> Wait | None:
        now, gate, paused_until = self._clock(), policy.gate, policy.pace.paused_until
        deadline = now + seconds_left()
        since = self._wait.since if self._wait else now
        if gate.is_away or (not gate.is_open and now - gate.waiting_since >= LONG):
            until = min(gate.waiting_until, deadline)
            return Wait(gate.waiting_since, until, gate.last_words or "no answer yet", is_pause=False)
        if paused_until - now >= (GLANCE if self._wait else LONG):
            return Wait(since, min(paused_until, deadline), "it asks for a pause", is_pause=True)
        return None

    def _say_wait(self, wait: Wait) -> None:
        since, until = self._moment(wait.since), self._moment(wait.until)
        log.warning("run.waiting", since=_stamp(since), until=_stamp(until), cause=wait.cause)
        if wait.is_pause:
            words = (
                f"SuperOffice asks for a pause. The run has waited since {_at(since)} and goes on at "
                f"{_at(until)}"
            )
        else:
            words = (
                f"SuperOffice does not answer ({wait.cause}). The run has waited since {_at(since)} and asks "
                f"again; without an answer by {_at(until)} it stops, and can be resumed"
            )
        self.remark(words)

    def _moment(self, at: float) -> datetime:
        """Give the wall clock's time for a moment of the loop's clock."""
        return datetime.now(UTC) + timedelta(
            seconds=min(at - self._clock(), timedelta(days=365).total_seconds())
        )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _at(moment: datetime) -> str:
    local = moment.astimezone()
    is_today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%Y-%m-%d %H:%M:%S}"
