"""A queue in memory: what the tests of the service see of a queue, without a disk."""

import errno
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from presence_worker.errors import StateFault
from presence_worker.queue.contents import content_name
from presence_worker.queue.job_queue import JobState, NewJob, QueuedJob, QueueFull
from presence_worker.queue.job_steps import (
    answer_job,
    begin_job,
    cancel_job,
    check_over,
    check_same,
    count_death,
    end_job,
    find_one,
    give_back_job,
)


class MemoryQueue:
    """Owns jobs as long as it lives; what they bring lies in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_id: dict[str, QueuedJob] = {}
        self.kept: dict[str, str] = {}
        self._numbers = count(1)
        self._putting = threading.Lock()
        self.fault: Exception | None = None  # that reading it raises
        self.is_full = False  # it takes nothing new
        self.reads = self.begun = 0
        self.endings_to_refuse = 0

    @contextmanager
    def receive(self) -> Iterator[Path]:
        self._check_space()
        folder = self.folder / f"in-{next(self._numbers)}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, new: NewJob, content: Path | None, *, most: int | None = None) -> tuple[QueuedJob, bool]:
        self._check_space()
        with self._putting:
            return self._put(new, content, most)

    def _check_space(self) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")

    def _put(self, new: NewJob, content: Path | None, most: int | None) -> tuple[QueuedJob, bool]:
        if new.key and (known := self.find_key(new.by, new.key)):
            check_same(known, new)
            return known, False
        if most is not None and sum(job.state is JobState.WAITING for job in self.by_id.values()) >= most:
            raise QueueFull("full")
        number = next(self._numbers)
        place = None
        if content is not None:
            place = self.folder / f"job-{number}" / content_name(new.file_name)
            place.parent.mkdir(parents=True)
            content.replace(place)
        job = QueuedJob(
            id=f"job-{number}",
            order=number,
            new=new,
            submitted_at="2026-12-01T02:00:00+00:00",
            state=JobState.WAITING,
            content=place,
            run_id=new.run_id,
        )
        self.by_id[job.id] = job
        return job, True

    def find(self, job_id: str) -> QueuedJob | None:
        return self.by_id.get(job_id)

    def find_key(self, by: str | None, key: str) -> QueuedJob | None:
        return next((job for job in self.by_id.values() if (job.new.by, job.new.key) == (by, key)), None)

    def jobs(self) -> Sequence[QueuedJob]:
        self.reads += 1
        if self.fault:
            raise self.fault
        return sorted(self.by_id.values(), key=lambda job: job.order)

    def unreadable(self) -> Sequence[str]:
        return ()

    def begin(self, job_id: str, run_id: str | None = None) -> QueuedJob:
        self.begun += 1
        return self._put_back(begin_job(self._find(job_id), run_id))

    def note_death(self, job_id: str, settled: int) -> QueuedJob:
        return self._put_back(count_death(self._find(job_id), settled))

    def give_back(self, job_id: str) -> QueuedJob:
        return self._put_back(give_back_job(self._find(job_id)))

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
        job = self._find(job_id)
        return self._put_back(end_job(job, run_id, exit_code, headline, has_failed=has_failed))

    def note_answered(self, job_id: str, *, keep_content: bool) -> QueuedJob:
        return self._put_back(answer_job(self._find(job_id), keep_content=keep_content))

    def cancel(self, job_id: str) -> QueuedJob:
        return self._put_back(cancel_job(self._find(job_id)))

    def remember(self, name: str, value: str) -> None:
        self.kept[name] = value

    def remember_first(self, name: str, value: str) -> bool:
        is_first = name not in self.kept
        self.kept.setdefault(name, value)
        return is_first

    def recall(self, name: str) -> str | None:
        return self.kept.get(name)

    def recall_all(self, beginning: str) -> Mapping[str, str]:
        return {name: value for name, value in self.kept.items() if name.startswith(beginning)}

    def forget(self, name: str) -> None:
        self.kept.pop(name, None)

    def delete(self, job_id: str) -> None:
        check_over(self._find(job_id))
        self._put_back(answer_job(self._find(job_id), keep_content=False))
        del self.by_id[job_id]

    # -- what a kill leaves ------------------------------------------------------------------------------

    def change(self, job: QueuedJob, **changes: Any) -> QueuedJob:
        """Let a job be as it was when the service died."""
        return self._keep(job.id, **changes)

    def add_left_over(self, job: QueuedJob, deaths: int) -> QueuedJob:
        """Add a job like another one whose service died before its run was staged."""
        number = next(self._numbers)
        place = self.folder / f"job-{number}" / "job.csv"
        place.parent.mkdir(parents=True)
        place.write_text("associateId,status\n1,Away\n", encoding="utf-8")
        left = replace(job, id=f"job-{number}", order=number, state=JobState.WORKING, content=place)
        self.by_id[left.id] = replace(
            left, run_id=None, exit_code=None, headline=None, is_answered=False, deaths=deaths
        )
        return self.by_id[left.id]

    def _find(self, job_id: str) -> QueuedJob:
        return find_one(self.by_id.get(job_id), job_id)

    def _put_back(self, job: QueuedJob) -> QueuedJob:
        known, self.by_id[job.id] = self.by_id[job.id], job
        if known.content and not job.content:
            shutil.rmtree(known.content.parent)
        return job

    def _keep(self, job_id: str, **changes: Any) -> QueuedJob:
        self.by_id[job_id] = replace(self.by_id[job_id], **changes)
        return self.by_id[job_id]
