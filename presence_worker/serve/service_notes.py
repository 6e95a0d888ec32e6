"""What the service must know after a restart, beside its jobs."""

import threading
from collections.abc import Collection, Mapping

import orjson

from ..queue.job_queue import JobQueue

STOPPED, REFUSED = "stopped-jobs", "refused-credentials"


class ServiceNotes:
    """Owns which jobs at work a person stopped, and of which targets the credentials were refused.

    What is noted is on disk when a method returns; all of them block, and any thread may call them.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._changing = threading.Lock()  # two changes at once: the later one would undo the other
        self.stopped: frozenset[str] = frozenset()  # ids of jobs
        self.refused: Mapping[str, str] = {}  # run that found out, by target

    def read(self) -> None:
        """Read what was noted before."""
        with self._changing:
            self.stopped = frozenset(orjson.loads(self._queue.recall(STOPPED) or "[]"))
            self.refused = orjson.loads(self._queue.recall(REFUSED) or "{}")

    def note_stop(self, job_id: str) -> None:
        """Note that a person stopped a job: it is not resumed after a restart."""
        with self._changing:
            self._keep_stopped(self.stopped | {job_id})

    def forget_stop(self, job_id: str) -> None:
        """Forget a job that is over."""
        self.forget_stops([job_id])

    def forget_stops(self, jobs: Collection[str]) -> None:
        """Forget jobs that are over."""
        with self._changing:
            if not self.stopped.isdisjoint(jobs):
                self._keep_stopped(self.stopped.difference(jobs))

    def _keep_stopped(self, jobs: frozenset[str]) -> None:
        self._queue.remember(STOPPED, orjson.dumps(sorted(jobs)).decode())
        self.stopped = jobs

    def note_refused(self, target: str, run_id: str) -> None:
        """Note that the credentials of a target were refused in a run."""
        with self._changing:
            self._keep_refused({**self.refused, target: run_id})

    def forget_refused(self, target: str) -> None:
        """Forget that: they are others now, or a person wants them to be tried again."""
        with self._changing:
            if target in self.refused:
                self._keep_refused({name: run for name, run in self.refused.items() if name != target})

    def _keep_refused(self, refused: Mapping[str, str]) -> None:
        self._queue.remember(REFUSED, orjson.dumps(dict(refused)).decode())
        self.refused = refused
