"""What a run says to its subscribers: each event is made here, with the run's id and its target."""

from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import anyio

from ..delivery import Halt, Policy, number_of_read_backs
from ..events import (
    Activity,
    Announced,
    Emit,
    InFlight,
    Noted,
    Paused,
    Progress,
    Resumed,
    RowRead,
    RowSettled,
    StepEnded,
    StepStarted,
    Stopping,
    Topic,
)
from ..journal import Journal, RunRecord
from ..model import Result
from ..settings import Settings
from .guards import comparison_notes, same_file_warning

EVERY = 30.0  # seconds between two progress events
GLANCE = 1.0  # seconds between two checks of what goes on
LONG = 5.0  # seconds; a shorter wait is not mentioned
FARTHEST = timedelta(days=365).total_seconds()


def requests_in_all(
    journal: Journal, settings: Settings, overtaken: Container[int], *, gets: int, is_plan: bool = False
) -> int:
    """Return the requests of a run: the *gets* of this session, all of earlier ones, and those that remain.

    A row in doubt is read before it is sent again. Who is *overtaken* is not sent, and a plan sends no row.
    """
    made = gets + journal.sessions.work().gets + journal.results.puts()[0]
    if is_plan:
        return made
    left_out = sum(person in overtaken for person in journal.rows.people_to_send()) if overtaken else 0
    puts = journal.results.to_send() - left_out
    doubts = journal.results.people_in_doubt() if settings.target.verify_reads else ()
    reads = sum(person not in overtaken for person in doubts)
    return made + puts + reads + number_of_read_backs(settings.delivery.verify, puts)


class Announcer:
    """Owns the name of a run in its events, and the figures of the step it is at."""

    def __init__(self, emit: Emit, run_id: str, target: str, to_send: int = 0) -> None:
        self.emit = emit
        self.run_id = run_id
        self.target = target
        self.total = to_send
        self.done = 0  # rows of the step
        self.activity: Activity | None = None  # none between two steps

    def begin(self, activity: Activity, total: int) -> None:
        """Begin a step of *total* rows."""
        self.activity, self.total, self.done = activity, total, 0
        self.emit(StepStarted(run_id=self.run_id, target=self.target, activity=activity, total=total))

    def end(self) -> None:
        """End the step."""
        if self.activity is not None:
            self.emit(StepEnded(run_id=self.run_id, target=self.target, activity=self.activity))
            self.activity = None

    def row_read(self, row: int, *, is_known: bool, was_asked: bool = True) -> None:
        """Emit that a row's current status was read, by a request for it or from the list of all users."""
        self.done += 1
        self.emit(
            RowRead(run_id=self.run_id, target=self.target, row=row, is_known=is_known, was_asked=was_asked)
        )

    def row_settled(self, row: int, result: Result, *, was_sent: bool = True) -> None:
        """Emit the result of a row."""
        self.done += 1
        self.emit(
            RowSettled(run_id=self.run_id, target=self.target, row=row, result=result, was_sent=was_sent)
        )

    def note(self, words: str, topic: Topic, *, is_warning: bool = False) -> None:
        """Emit something that should be known beside the results."""
        self.emit(
            Noted(
                run_id=self.run_id,
                target=self.target,
                words=words,
                topic=topic,
                is_warning=is_warning,
            )
        )

    def note_all(self, run: RunRecord) -> None:
        """Emit all notes of a run that was staged."""
        about_last = comparison_notes(run.compared) if run.compared else []
        warning = same_file_warning(run.compared) if run.compared else None
        for words in run.notes:
            topic = Topic.COMPARISON if words in about_last else Topic.JOB
            self.note(words, topic, is_warning=words == warning)

    def announce(self, requests: int, rate: float, *, is_final: bool) -> None:
        """Emit how many requests the run takes in all, and how long they take at the configured *rate*."""
        self.emit(
            Announced(
                run_id=self.run_id,
                target=self.target,
                requests=requests,
                seconds=round(requests / rate, 1),
                rate=rate,
                is_final=is_final,
            )
        )

    def stop_soon(self, words: str) -> None:
        """Emit that the run must stop."""
        self.emit(Stopping(run_id=self.run_id, target=self.target, words=words))


class Wait(NamedTuple):
    """What a run waits for, in seconds of the loop's clock."""

    since: float
    until: float
    cause: str
    is_pause: bool  # the service asked for it; else it does not answer


class Monitor:
    """Owns the last event about the wait that a run is in."""

    def __init__(
        self,
        announcer: Announcer,
        policy: Policy,
        halt: Halt,
        *,
        clock: Callable[[], float],
        seconds_left: Callable[[], float],
    ) -> None:
        self._announcer = announcer
        self._policy = policy
        self._halt = halt
        self._clock = clock
        self._seconds_left = seconds_left
        self._wait: Wait | None = None
        self._in_flight = 0

    async def run(self) -> None:
        """Emit how far the run is and, until a halt, what it waits for; until cancelled."""
        pace = self._policy.pace
        due, requests = self._clock() + EVERY, pace.taken
        while True:
            await anyio.sleep(GLANCE)
            if not self._halt.reason:
                self._look()
            self._count()
            if (late := self._clock() - due) >= 0:
                self._emit_progress((pace.taken - requests) / (EVERY + late))
                due, requests = self._clock() + EVERY, pace.taken

    def _count(self) -> None:
        if self._halt.in_flight != self._in_flight or self._wait:
            self._in_flight, run = self._halt.in_flight, self._announcer
            run.emit(InFlight(run_id=run.run_id, target=run.target, number=self._in_flight))

    def _emit_progress(self, rate: float) -> None:
        run = self._announcer
        run.emit(
            Progress(
                run_id=run.run_id,
                target=run.target,
                done=run.done,
                total=run.total,
                rate=rate,
                waiting_since=self._wait and self._moment(self._wait.since),
            )
        )

    def _look(self) -> None:
        """Emit that a wait began, that it takes longer than the last event said, or that it is over."""
        before, wait = self._wait, self._wait_now()
        self._wait = wait
        if wait and (before is None or wait.is_pause != before.is_pause or wait.until > before.until + LONG):
            self._emit_wait(wait)
        elif before and not wait:
            waited, run = self._clock() - before.since, self._announcer
            run.emit(
                Resumed(run_id=run.run_id, target=run.target, waited=waited, was_asked_for=before.is_pause)
            )

    def _wait_now(self) -> Wait | None:
        now, gate, paused_until = self._clock(), self._policy.gate, self._policy.pace.paused_until
        deadline = now + self._seconds_left()
        since = self._wait.since if self._wait else now
        if gate.is_away or (not gate.is_open and now - gate.waiting_since >= LONG):
            until = min(gate.waiting_until, deadline)
            return Wait(gate.waiting_since, until, gate.last_words or "no answer yet", is_pause=False)
        if paused_until - now >= (GLANCE if self._wait else LONG):
            return Wait(since, min(paused_until, deadline), "it asks for a pause", is_pause=True)
        return None

    def _emit_wait(self, wait: Wait) -> None:
        run = self._announcer
        run.emit(
            Paused(
                run_id=run.run_id,
                target=run.target,
                since=self._moment(wait.since),
                until=self._moment(wait.until),
                cause=wait.cause,
                is_asked_for=wait.is_pause,
            )
        )

    def _moment(self, at: float) -> datetime:
        """Return the wall clock's time for a moment of the loop's clock."""
        return datetime.now(UTC) + timedelta(seconds=min(at - self._clock(), FARTHEST))
