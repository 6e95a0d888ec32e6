"""The queue of one machine: jobs and what they bring, in folders under STATE/queue/."""

import json
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from ..errors import Locked, StateFault
from ..journal import Archive, hold_lock, make_private, now, sync_directory, unusable, write_whole
from .contents import Contents, sync_file
from .job_files import JobFiles
from .job_queue import JobState, NewJob, QueuedJob, QueueFull
from .job_steps import (
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

log = structlog.get_logger()
PATIENCE = 60.0  # seconds for other processes to finish a change, on a slow disk
BUSY = "another process has held the queue for a minute; try again"
REMEMBERED = "remembered.json"


class FolderQueue:
    """Owns STATE/queue/: see `JobQueue`.

    incoming/ has what is being received, content/ what jobs have brought, jobs/ a small file for each job.
    """

    def __init__(self, state_dir: Path) -> None:
        self.folder = state_dir.absolute() / "queue"
        self._contents = Contents(self.folder / "incoming", self.folder / "content")
        self._files = JobFiles(self.folder / "jobs", self.folder / "content")
        self._changing = threading.Lock()
        self._is_prepared = False

    @contextmanager
    def receive(self) -> Iterator[Path]:
        """Yield a folder for the content of a job; see `JobQueue`."""
        with self._locked():
            folder, receiving = self._contents.open_incoming()
        with receiving:
            yield folder

    def put(self, new: NewJob, content: Path | None, *, most: int | None = None) -> tuple[QueuedJob, bool]:
        """Take a job in; see `JobQueue`."""
        if content is not None:
            with self._on_disk():
                sync_file(content)
        with self._locked() as files:
            known = files.find_key(new.by, new.key)
            if known:
                check_same(known, new)
                return known, False
            files.check_key(new.by, new.key)
            if most is not None and sum(job.state == JobState.WAITING for job in files.jobs.values()) >= most:
                raise QueueFull(f"{most} jobs are waiting already; try again later")
            return self._put(new, content), True

    def _put(self, new: NewJob, content: Path | None) -> QueuedJob:
        order = self._files.last_order + 1
        job = QueuedJob(
            id=f"{order:06d}-{secrets.token_hex(4)}",
            order=order,
            new=new,
            submitted_at=now(),
            state=JobState.WAITING,
            content=None,
            run_id=new.run_id,
        )
        try:
            if content is not None:
                job = replace(job, content=self._contents.take(content, job.id, new.file_name))
            self._files.write(job)
        except OSError:
            self._contents.delete(job.id)
            raise
        return job

    def find(self, job_id: str) -> QueuedJob | None:
        """Return a job."""
        return self._read().jobs.get(job_id)

    def find_key(self, by: str | None, key: str) -> QueuedJob | None:
        """Return the job that came with an idempotency key."""
        return self._read().find_key(by, key)

    def jobs(self) -> Sequence[QueuedJob]:
        """Return all jobs, oldest first."""
        return tuple(self._read().jobs.values())

    def unreadable(self) -> Sequence[str]:
        """Return the ids of the jobs that cannot be read."""
        return self._read().unreadable()

    def begin(self, job_id: str, run_id: str | None = None) -> QueuedJob:
        """Note that a job is at work; see `JobQueue`."""
        with self._job(job_id) as job:
            return self._write(begin_job(job, run_id))

    def note_death(self, job_id: str, settled: int) -> QueuedJob:
        """Count that the run of a job died; see `JobQueue`."""
        with self._job(job_id) as job:
            return self._write(count_death(job, settled))

    def give_back(self, job_id: str) -> QueuedJob:
        """Let a job that is at work wait again, at its old place."""
        with self._job(job_id) as job:
            return self._write(give_back_job(job))

    def end(
        self,
        job_id: str,
        *,
        run_id: str | None,
        exit_code: int | None,
        headline: str,
        has_failed: bool = False,
    ) -> QueuedJob:
        """Note how a job ended; see `JobQueue`."""
        with self._job(job_id) as job:
            return self._write(end_job(job, run_id, exit_code, headline, has_failed=has_failed))

    def note_answered(self, job_id: str, *, keep_content: bool) -> QueuedJob:
        """Note that what follows its ending is done; see `JobQueue`."""
        with self._job(job_id) as job:
            return self._write(answer_job(job, keep_content=keep_content))

    def cancel(self, job_id: str) -> QueuedJob:
        """Cancel a job that waits; see `JobQueue`."""
        with self._job(job_id) as job:
            return self._write(cancel_job(job))

    def remember(self, name: str, value: str) -> None:
        """Keep a text of the service under a name, durably."""
        with self._locked():
            self._write_remembered(self._read_remembered() | {name: value})

    def remember_first(self, name: str, value: str) -> bool:
        """Keep a text under a name that has none, durably; return whether it had none."""
        with self._locked():
            known = self._read_remembered()
            if name not in known:
                self._write_remembered(known | {name: value})
            return name not in known

    def recall(self, name: str) -> str | None:
        """Return that text."""
        return self._read_remembered().get(name)

    def recall_all(self, beginning: str) -> Mapping[str, str]:
        """Return the texts whose names begin so, by name."""
        return {name: value for name, value in self._read_remembered().items() if name.startswith(beginning)}

    def forget(self, name: str) -> None:
        """Forget the text of a name, durably."""
        with self._locked():
            known = self._read_remembered()
            if known.pop(name, None) is not None:
                self._write_remembered(known)

    def delete(self, job_id: str) -> None:
        """Delete a job that is over, with its idempotency key."""
        with self._job(job_id) as job:
            check_over(job)
            self._files.remove(job_id)
            self._contents.delete(job_id)

    def _read(self) -> JobFiles:
        """Return the jobs as they are now; nothing is created to find out."""
        with self._on_disk():
            if not self._files.is_fresh() and self.folder.is_dir():
                with self._locked():
                    pass
        return self._files

    @contextmanager
    def _locked(self) -> Iterator[JobFiles]:
        """Hold the queue, against threads and processes; yield its jobs."""
        with self._on_disk(), self._changing:
            if not self._is_prepared:
                self._make_folders()
            with hold_lock(self.folder / "queue.lock", BUSY, patience=PATIENCE):
                self._files.refresh()
                if not self._is_prepared:
                    self._contents.sweep(self._files.with_content())
                    self._is_prepared = True
                yield self._files

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """Raise StateFault for what the disk says."""
        try:
            yield
        except OSError as error:
            raise unusable(self.folder, error) from error
        except Locked as busy:  # which is about a target, for those who call us
            raise StateFault(str(busy)) from None

    def _make_folders(self) -> None:
        Archive(self.folder.parent).prepare()
        for folder in (self._contents.incoming, self._contents.kept, self._files.folder):
            make_private(folder)
        sync_directory(self.folder)
        sync_directory(self.folder.parent)

    @contextmanager
    def _job(self, job_id: str) -> Iterator[QueuedJob]:
        """Hold the queue, and yield a job."""
        with self._locked() as files:
            yield find_one(files.jobs.get(job_id), job_id)

    def _write(self, job: QueuedJob) -> QueuedJob:
        """Write a job where it has changed; what it has brought is deleted if it is no longer needed."""
        known = self._files.jobs[job.id]
        if job != known:
            self._files.write(job)
        if known.content and not job.content:
            self._contents.delete(job.id)
        return job

    def _write_remembered(self, texts: Mapping[str, str]) -> None:
        form = json.dumps(texts).encode()
        write_whole(self.folder / REMEMBERED, lambda file: file.write(form) > 0)
        sync_directory(self.folder)

    def _read_remembered(self) -> dict[str, str]:
        path = self.folder / REMEMBERED
        try:
            with self._on_disk():
                found: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
        except ValueError:  # damaged: the service begins as at its very first start
            log.warning("queue.unreadable", file=str(path))
            return {}
        return found
