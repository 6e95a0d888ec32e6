"""A queue in memory: what the tests of the service see of a queue, without a disk."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from presence_worker.errors import StateFault
from presence_worker.queue.job_queue import JobState, KeyReused, NewJob, NotWaiting, QueuedJob, QueueFull

OPEN = (JobState.WAITING, JobState.WORKING)


class MemoryQueue:
    """Owns jobs as long as it lives; what they bring lies in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_id: dict[str, QueuedJob] = {}
        self.kept: dict[str, str] = {}
        self.fault: Exception | None = None  # that reading it raises
        self.endings_to_refuse = 0

    @contextmanager
    def receive(self) -> Iterator[Path]:
        folder = self.folder / f"in-{len(self.by_id)}"
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)

    def put(self, new: NewJob, content: Path | None, *, most: int | None = None) -> tuple[QueuedJob, bool]:
        if new.key and (known := self.find_key(new.by, new.key)):
            if known.new.sha256 != new.sha256:
                raise KeyReused("another body")
            return known, False
        if most is not None and sum(job.state is JobState.WAITING for job in self.by_id.values()) >= most:
            raise QueueFull("full")
        number = len(self.by_id) + 1
        place = None
        if content is not None:
            place = self.folder / f"job-{number}" / content.name
            place.parent.mkdir(parents=True)
            content.replace(place)
        job = QueuedJob(
            id=f"job-{number}",
            order=number,
            new=new,
            submitted_at="2026-12-01T02:00:00+00:00",
            state=JobState.WAITING,
            content=place,
        )
        self.by_id[job.id] = job
        return job, True

    def find(self, job_id: str) -> QueuedJob | None:
        return self.by_id.get(job_id)

    def find_key(self, by: str | None, key: str) -> QueuedJob | None:
        return next((job for job in self.by_id.values() if (job.new.by, job.new.key) == (by, key)), None)

    def jobs(self) -> Sequence[QueuedJob]:
        if self.fault:
            raise self.fault
        return sorted(self.by_id.values(), key=lambda job: job.order)

    def begin(self, job_id: str, run_id: str | None = None) -> QueuedJob:
        job = self.by_id[job_id]
        if job.state not in OPEN:
            raise NotWaiting(job_id)
        return self._keep(job_id, state=JobState.WORKING, run_id=run_id or job.run_id)

    def note_death(self, job_id: str, settled: int) -> QueuedJob:
        job = self.by_id[job_id]
        deaths = 1 if settled > job.settled else job.deaths + 1
        return self._keep(job_id, deaths=deaths, settled=max(settled, job.settled))

    def give_back(self, job_id: str) -> QueuedJob:
        return self._keep(job_id, state=JobState.WAITING)

    def end(
        self,
        job_id: str,
        *,
        run_id: str | None,
        exit_code: int | None,
        headline: str,
        has_failed: bool = False,
    ) -> QueuedJob:
        if self.endings_to_refuse:
            self.endings_to_refuse -= 1
            raise StateFault("the disk is full")
        state = JobState.FAILED if has_failed else JobState.ENDED
        return self._keep(job_id, state=state, run_id=run_id, exit_code=exit_code, headline=headline)

    def note_answered(self, job_id: str, *, keep_content: bool) -> QueuedJob:
        content = self.by_id[job_id].content
        return self._keep(job_id, is_answered=True, content=content if keep_content else None)

    def cancel(self, job_id: str) -> QueuedJob:
        if self.by_id[job_id].state is not JobState.WAITING:
            raise NotWaiting(job_id)
        return self._keep(job_id, state=JobState.CANCELLED)

    def remember(self, name: str, value: str) -> None:
        self.kept[name] = value

    def recall(self, name: str) -> str | None:
        return self.kept.get(name)

    def delete(self, job_id: str) -> None:
        del self.by_id[job_id]

    # -- what a kill leaves ------------------------------------------------------------------------------

    def change(self, job: QueuedJob, **changes: Any) -> QueuedJob:
        """Let a job be as it was when the service died."""
        return self._keep(job.id, **changes)

    def add_left_over(self, job: QueuedJob, deaths: int) -> QueuedJob:
        """Add a job like another one whose service died before its run was staged."""
        number = len(self.by_id) + 1
        place = self.folder / f"job-{number}" / "job.csv"
        place.parent.mkdir(parents=True)
        place.write_text("associateId,status\n1,Away\n", encoding="utf-8")
        left = replace(job, id=f"job-{number}", order=number, state=JobState.WORKING, content=place)
        self.by_id[left.id] = replace(
            left, run_id=None, exit_code=None, headline=None, is_answered=False, deaths=deaths
        )
        return self.by_id[left.id]

    def _keep(self, job_id: str, **changes: Any) -> QueuedJob:
        self.by_id[job_id] = replace(self.by_id[job_id], **changes)
        return self.by_id[job_id]
