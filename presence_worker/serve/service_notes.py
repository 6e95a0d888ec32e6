"""What the service must know after a restart, or on another machine, beside its jobs."""

import threading
from collections.abc import Collection, Iterable, Mapping

import orjson

from ..queue.job_queue import JobQueue

NOTE = "note "  # begins the names of all
STOPPED, REFUSED = f"{NOTE}stopped ", f"{NOTE}refused "  # a job, or a target, follows
FORMER_STOPPED, FORMER_REFUSED = "stopped-jobs", "refused-credentials"  # all in one, as version 1 kept them


class ServiceNotes:
    """Owns which jobs at work a person stopped, and of which targets the credentials were refused.

    What is noted is durable when a method returns; all of them block, and any thread may call them. Each
    note stands alone, so that machines that share a queue do not undo what another one notes.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._changing = threading.Lock()
        self._is_converted = False
        self.stopped: frozenset[str] = frozenset()  # ids of jobs
        self.refused: Mapping[str, str] = {}  # run that found out, by target

    def read(self) -> None:
        """Read what was noted before, and on other machines."""
        with self._changing:
            if not self._is_converted:
                self._convert()
            found = self._queue.recall_all(NOTE)
            self.stopped = frozenset(_after(STOPPED, found))
            self.refused = {target: found[REFUSED + target] for target in _after(REFUSED, found)}

    def _convert(self) -> None:
        former = [(name, self._queue.recall(name)) for name in (FORMER_STOPPED, FORMER_REFUSED)]
        for name, text in former:
            known = orjson.loads(text) if text else {}
            for each in known:
                is_job = name == FORMER_STOPPED
                self._queue.remember((STOPPED if is_job else REFUSED) + each, "" if is_job else known[each])
            if text:
                self._queue.forget(name)
        self._is_converted = True

    def note_stop(self, job_id: str) -> None:
        """Note that a person stopped a job: it is not resumed after a restart."""
        with self._changing:
            self._queue.remember(STOPPED + job_id, "")
            self.stopped |= {job_id}

    def forget_stop(self, job_id: str) -> None:
        """Forget a job that is over."""
        self.forget_stops([job_id])

    def forget_stops(self, jobs: Collection[str]) -> None:
        """Forget jobs that are over."""
        with self._changing:
            for job_id in self.stopped.intersection(jobs):
                self._queue.forget(STOPPED + job_id)
                self.stopped -= {job_id}

    def note_refused(self, target: str, run_id: str) -> None:
        """Note that the credentials of a target were refused in a run."""
        with self._changing:
            self._queue.remember(REFUSED + target, run_id)
            self.refused = {**self.refused, target: run_id}

    def forget_refused(self, target: str) -> None:
        """Forget that: they are others now, or a person wants them to be tried again."""
        with self._changing:
            if target in self.refused:
                self._queue.forget(REFUSED + target)
                self.refused = {name: run for name, run in self.refused.items() if name != target}


def _after(beginning: str, names: Iterable[str]) -> list[str]:
    return [name.removeprefix(beginning) for name in names if name.startswith(beginning)]
