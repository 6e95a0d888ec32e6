"""The runs that are at work now, as their events describe them, for those who watch."""

from collections import Counter, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import anyio

from ..clock import now
from ..errors import PresenceWorkerError
from ..events import (
    Emit,
    Event,
    Paused,
    Resumed,
    RowRead,
    RowSettled,
    RunStarted,
    StepEnded,
    StepStarted,
    Stopping,
)
from ..model import Result
from ..threads import work_in_thread
from .live_run import LOOKS, SECOND, LiveRun
from .runs_elsewhere import RunsElsewhere


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What a watcher hears."""

    kind: str  # state (anything may have changed), progress, ended
    run: LiveRun | None = None
    target: str | None = None  # None: any


class _Work:
    """Owns what the events of one run have said."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._results: dict[int, Result] = {}  # by row, while rows are sent
        self._counts = Counter[Result]()
        self._read = self._requested = 0  # rows that were read, and rows that took a request
        self._looks = deque([(anyio.current_time(), 0)], maxlen=LOOKS + 1)  # moments; requests until then

    def hear(self, event: Event) -> bool:
        """Note what an event says; return whether more has changed than numbers."""
        match event:
            case RowSettled():
                self._settle(event.row, event.result)
                self._requested += event.was_sent
                return False
            case RowRead():
                self._read += 1
                self._requested += event.was_asked
                return False
            case StepStarted():
                self._results.clear()
                self._counts.clear()
                self._read = 0
        before, self._run = self._run, _note(self._run, event)
        return self._run != before

    def _settle(self, row: int, result: Result) -> None:
        if row in self._results:
            self._counts[self._results[row]] -= 1
        self._results[row] = result
        self._counts[result] += 1

    def look(self) -> None:
        """Note how far it is, once a second."""
        self._looks.append((anyio.current_time(), self._requested))

    def run(self) -> LiveRun:
        """Return what is known now."""
        (since, before), (at, requested) = self._looks[0], self._looks[-1]
        speed = (requested - before) / (at - since) if at > since else 0.0
        done = len(self._results) or self._read
        results = {result: rows for result, rows in [*self._counts.items()] if rows}
        return replace(self._run, done=done, results=results, requests_per_second=round(speed, 2))


def _note(run: LiveRun, event: Event) -> LiveRun:
    match event:
        case RunStarted(run_id=run_id, command=command):
            return replace(run, run_id=run_id, command=command)
        case StepStarted(activity=activity, total=total):
            return replace(run, activity=activity, total=total)
        case StepEnded():
            return replace(run, activity=None)
        case Paused(until=until, cause=cause):
            return replace(run, waiting_until=until.isoformat(), waiting_for=cause)
        case Resumed():
            return replace(run, waiting_until=None, waiting_for=None)
        case Stopping():
            return replace(run, is_stopping=True)
        case _:
            return run


class _Watcher:
    """Owns what one watcher has not heard yet: a slow one hears of each run and target once."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str | None, str | None], LiveEvent] = {}
        self.has_news = anyio.Event()

    def notify(self, event: LiveEvent) -> None:
        self._waiting[event.kind, event.target, event.run.job_id if event.run else None] = event
        self.has_news.set()

    def take(self) -> list[LiveEvent]:
        self.has_news = anyio.Event()
        events, self._waiting = [*self._waiting.values()], {}
        return events


class LiveRuns:
    """Owns what is known of the runs at work, and who watches them."""

    def __init__(self, elsewhere: RunsElsewhere | None = None) -> None:
        """Take what knows of the runs on other machines; None: there are none."""
        self._at_work: dict[str, _Work] = {}  # by job
        self._watchers: set[_Watcher] = set()
        self._elsewhere = elsewhere
        self._others: Mapping[str, LiveRun] = {}  # by job, as watchers know them

    def here(self) -> Sequence[LiveRun]:
        """Return the runs that are at work here now; any thread may call this."""
        return [work.run() for work in [*self._at_work.values()]]

    def current(self) -> Sequence[LiveRun]:
        """Return the runs that are at work now, on all machines; any thread may call this. It may block."""
        here = self.here()
        if self._elsewhere is None:
            return here
        mine = {run.job_id for run in here}
        return [*here, *(run for run in self._elsewhere.read() if run.job_id not in mine)]

    def begin(self, job_id: str, target: str, command: str) -> Emit:
        """Note that a job is at work; return the subscriber to the events of its run."""
        began = now().isoformat(timespec="seconds")
        work = _Work(LiveRun(run_id="", job_id=job_id, target=target, command=command, began_at=began))
        self._at_work[job_id] = work
        self.notify(target)

        def hear(event: Event) -> None:
            if work.hear(event):
                self.notify(target)

        return hear

    def end(self, job_id: str) -> None:
        """Note that a job is not at work any more."""
        if work := self._at_work.pop(job_id, None):
            run = work.run()
            self._notify_all(LiveEvent("ended", run, run.target))
            self.notify(run.target)

    def leave(self, job_id: str) -> None:
        """Note that a job waits again: it has not ended."""
        if work := self._at_work.pop(job_id, None):
            self.notify(work.run().target)

    def notify(self, target: str | None) -> None:
        """Let the watchers know that jobs or runs of a target have changed."""
        self._notify_all(LiveEvent("state", target=target))

    def _notify_all(self, event: LiveEvent) -> None:
        for watcher in self._watchers:
            watcher.notify(event)

    async def run(self) -> None:
        """Let the watchers know once a second how far the runs are."""
        while True:
            await anyio.sleep(SECOND)
            for work in self._at_work.values():
                work.look()
                if self._watchers:
                    run = work.run()
                    self._notify_all(LiveEvent("progress", run, run.target))
            if self._elsewhere and self._watchers:
                with suppress(PresenceWorkerError):  # the database is away: the next look may find it
                    await self._look_elsewhere(self._elsewhere)

    async def _look_elsewhere(self, elsewhere: RunsElsewhere) -> None:
        """Let the watchers know of the runs on other machines."""
        found = {run.job_id: run for run in await work_in_thread(elsewhere.read)}
        gone = [run for job_id, run in self._others.items() if job_id not in found | self._at_work]
        over = {run.job_id for run in gone if await work_in_thread(elsewhere.is_over, run.job_id)}
        is_news = found.keys() != self._others.keys()
        self._others = {job_id: run for job_id, run in found.items() if job_id not in self._at_work}
        for run in gone:
            if run.job_id in over:
                self._notify_all(LiveEvent("ended", run, run.target))
        for run in self._others.values():
            self._notify_all(LiveEvent("progress", run, run.target))
        if is_news:
            self.notify(None)

    async def watch(self) -> AsyncGenerator[LiveEvent, None]:
        """Yield what happens, the progress of a run once a second. A slow watcher loses progress alone."""
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            yield LiveEvent("state")
            while True:
                await watcher.has_news.wait()
                for event in watcher.take():
                    yield event
        finally:
            self._watchers.discard(watcher)
