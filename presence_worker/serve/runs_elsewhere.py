"""The runs of jobs that other machines work on, as this one knows them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from ..events import Activity
from ..fleet.membership import OthersRuns, RunProgress
from ..queue.job_queue import JobQueue, JobState, QueuedJob
from .live_run import LOOKS, SECOND, LiveRun

LATER = 5.0  # seconds until the queue is asked again for the job of a run
MOMENT = "%Y%m%dT%H%M%SZ"  # at the beginning of a run's id


class RunsElsewhere:
    """Owns what was read of them last; any thread may ask."""

    def __init__(
        self, others: OthersRuns, queue: JobQueue, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._others = others
        self._queue = queue
        self._clock = clock
        self._known: Sequence[LiveRun] = ()
        self._read_at: float | None = None
        self._looks: dict[str, deque[tuple[float, int]]] = {}  # by run: moments, and rows done until then
        self._jobs: dict[tuple[str, int], QueuedJob | None] = {}  # by run and token; None: of no job
        self._asked_at = -LATER  # when the queue was asked for jobs last
        self._reading = threading.Lock()

    def read(self) -> Sequence[LiveRun]:
        """Return them as they were within the last second; raise DatabaseAway. It blocks."""
        with self._reading:
            now = self._clock()
            if self._read_at is None or now - self._read_at >= SECOND:
                self._known = self._read(now)
                self._read_at = now
            return self._known

    def _read(self, now: float) -> list[LiveRun]:
        found = {run.run_id: run for run in self._others.read()}
        self._looks = {run_id: self._looks.get(run_id, deque(maxlen=LOOKS + 1)) for run_id in found}
        for run_id, run in found.items():
            self._looks[run_id].append((now, run.done))
        self._find_jobs(found, now)
        jobs = ((run, self._jobs[run.run_id, run.token]) for run in found.values())
        return [self._describe(run, job) for run, job in jobs if job]

    def _find_jobs(self, found: Mapping[str, RunProgress], now: float) -> None:
        """Find the jobs of runs that are new; those that seem to have none are looked for again, later."""
        known = {(run.run_id, run.token): self._jobs.get((run.run_id, run.token)) for run in found.values()}
        is_new, is_late = not known.keys() <= self._jobs.keys(), now - self._asked_at >= LATER
        if is_new or (is_late and None in known.values()):
            self._asked_at = now
            working = {job.run_id: job for job in self._queue.jobs() if job.state is JobState.WORKING}
            known = {(run_id, token): working.get(run_id) for run_id, token in known}
        self._jobs = known

    def _describe(self, run: RunProgress, job: QueuedJob) -> LiveRun:
        return LiveRun(
            run_id=run.run_id,
            job_id=job.id,
            target=job.new.target,
            command=job.new.command,
            activity=Activity.SENDING if run.is_sending else None,
            done=run.done,
            total=run.total,
            results=run.results,
            requests_per_second=self._speed_of(run.run_id),
            began_at=_began(run.run_id),
            is_stopping=run.is_stopping,
        )

    def _speed_of(self, run_id: str) -> float:
        (since, before), (at, done) = self._looks[run_id][0], self._looks[run_id][-1]
        return round((done - before) / (at - since), 2) if at > since else 0.0

    def is_over(self, job_id: str) -> bool:
        """Return whether a job that was at work elsewhere has ended. It blocks."""
        job = self._queue.find(job_id)
        return job is None or job.state is not JobState.WORKING

    def stop(self, run_id: str, by: str, note: Callable[[str], None]) -> QueuedJob | None:
        """Ask the machine that works on a run to stop it; return the job, None where none is at work.

        *note* notes durably that a job must not go on; it is done first. It blocks.
        """
        jobs = (job for job in self._queue.jobs() if job.state is JobState.WORKING)
        job = next((job for job in jobs if job.run_id == run_id), None)
        if job is None or any(run.run_id == run_id and run.is_stopping for run in self._others.read()):
            return None
        note(job.id)
        self._others.ask_to_stop(run_id, by)  # where its worker has died, the next one reads the note
        return job


def _began(run_id: str) -> str:
    """Return when a run was made."""
    made = datetime.strptime(run_id.partition("-")[0], MOMENT).replace(tzinfo=UTC)
    return made.isoformat(timespec="seconds")
