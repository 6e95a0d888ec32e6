"""The queue of all machines: jobs and what they bring, in the database; copies of contents in a folder."""

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..journal import now
from ..queue.contents import content_name
from ..queue.job_queue import JobState, KeyReused, NewJob, QueuedJob, QueueFull
from ..queue.job_steps import (
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
from . import job_rows
from .connections import Connection, SharedDatabase
from .content_copies import ContentCopies
from .job_copies import JobChange, JobCopies, Step, hash_key
from .job_rows import JobRow, NewRow
from .sealing import Sealing

TEXT = "text "  # begins the names of texts in the database


class FleetQueue:
    """Owns this machine's copies of the jobs of all machines; see `JobQueue`.

    The database is the truth. STATE/shared-queue/ has what is being received, and contents of jobs.
    All methods may raise DatabaseAway.
    """

    def __init__(self, database: SharedDatabase, sealing: Sealing, state_dir: Path) -> None:
        self._database = database
        self._sealing = sealing
        self._contents = ContentCopies(state_dir, self._find_over)
        self._copies = JobCopies(sealing, self._contents.kept)
        self._deleted = 0  # the number of the last deletion that we know of
        self._reading = threading.Lock()

    # -- jobs come in ----------------------------------------------------------------------------------------

    @contextmanager
    def receive(self) -> Iterator[Path]:
        """Yield a folder for the content of a job; see `JobQueue`."""
        with self._contents.receive() as folder:
            yield folder

    def put(self, new: NewJob, content: Path | None, *, most: int | None = None) -> tuple[QueuedJob, bool]:
        """Take a job in; see `JobQueue`. Senders at the same moment may exceed *most* by a few."""
        key = hash_key(new.by, new.key)
        known = self._find_row(None, key) if key else None
        if known:
            return self._check_same(known, new), False
        job = self._make_job(new, has_content=content is not None)
        payload = None if content is None else self._sealing.seal(self._contents.read(content))
        row = NewRow(job.id, job.order, new.target, job.state, key, self._copies.write(job), payload)
        self._database.work(lambda connection: job_rows.insert(row, most, connection))
        found = self._find_row(job.id, key)
        if found is None:
            raise QueueFull(f"{most} jobs are waiting already; try again later")
        if found.id != job.id:
            return self._check_same(found, new), False
        if content is not None:
            self._contents.keep(content, job.id, new.file_name)
        return job, True

    def _make_job(self, new: NewJob, *, has_content: bool) -> QueuedJob:
        number = self._database.work(job_rows.next_number)
        job_id = f"{number:06d}-{secrets.token_hex(4)}"
        place = self._contents.kept / job_id / content_name(new.file_name)
        return QueuedJob(
            id=job_id,
            order=number,
            new=new,
            submitted_at=now(),
            state=JobState.WAITING,
            content=place if has_content else None,
            run_id=new.run_id,
        )

    def _find_row(self, job_id: str | None, key: str | None) -> JobRow | None:
        return self._database.work(lambda connection: job_rows.find_row(job_id, key, connection))

    def _check_same(self, row: JobRow, new: NewJob) -> QueuedJob:
        known = self._copies.read(row)
        if known is None:
            raise KeyReused(f"this idempotency key came before, with job {row.id}, which cannot be read")
        check_same(known, new)
        return known

    # -- looks -----------------------------------------------------------------------------------------------

    def find(self, job_id: str) -> QueuedJob | None:
        """Return a job."""
        return self._read().jobs.get(job_id)

    def find_key(self, by: str | None, key: str) -> QueuedJob | None:
        """Return the job that came with an idempotency key."""
        copies = self._read()
        return copies.jobs.get(copies.by_key.get((by, key), ""))

    def jobs(self) -> Sequence[QueuedJob]:
        """Return all jobs, oldest first."""
        return tuple(self._read().jobs.values())

    def unreadable(self) -> Sequence[str]:
        """Return the ids of the jobs that cannot be read."""
        return sorted(self._read().unreadable)

    def _read(self) -> JobCopies:
        """Return the jobs as they are now; what others have done away with is deleted here, too."""
        with self._reading:
            seen = self._copies.seen
            rows, deleted = self._database.work(lambda connection: job_rows.read_changed(seen, connection))
            over = [job.id for job in self._copies.add(rows) if seen and not job.content]
            if deleted > self._deleted:
                over += self._copies.forget_others(self._database.work(job_rows.read_ids))
                self._deleted = deleted
        for job_id in over:
            self._contents.delete(job_id)
        return self._copies

    def _find_over(self, ids: Sequence[str]) -> list[str]:
        """Return those of the jobs that do not need what they have brought any more."""
        copies = self._read()
        needed = {job.id for job in copies.jobs.values() if job.content} | copies.unreadable
        return [job_id for job_id in ids if job_id not in needed]

    # -- steps -----------------------------------------------------------------------------------------------

    def begin(self, job_id: str, run_id: str | None = None) -> QueuedJob:
        """Note that a job is at work, and have its content here; see `JobQueue`."""
        job = self._change(job_id, lambda job: begin_job(job, run_id))
        if job.content and not job.content.exists():
            self._fetch(job.id, job.content)
        return job

    def _fetch(self, job_id: str, place: Path) -> None:
        kept = self._database.work(lambda connection: job_rows.read_content(job_id, connection))
        if kept is not None:
            self._contents.write(place, self._sealing.open(kept))

    def note_death(self, job_id: str, settled: int) -> QueuedJob:
        """Count that the run of a job died; see `JobQueue`."""
        return self._change(job_id, lambda job: count_death(job, settled))

    def give_back(self, job_id: str) -> QueuedJob:
        """Let a job that is at work wait again, at its old place."""
        return self._change(job_id, give_back_job)

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
        return self._change(
            job_id, lambda job: end_job(job, run_id, exit_code, headline, has_failed=has_failed)
        )

    def note_answered(self, job_id: str, *, keep_content: bool) -> QueuedJob:
        """Note that what follows its ending is done; see `JobQueue`."""
        return self._change(job_id, lambda job: answer_job(job, keep_content=keep_content))

    def cancel(self, job_id: str) -> QueuedJob:
        """Cancel a job that waits; see `JobQueue`."""
        return self._change(job_id, cancel_job)

    def delete(self, job_id: str) -> None:
        """Delete a job that is over, with its idempotency key."""
        is_tried = False

        def work(connection: Connection) -> None:
            nonlocal is_tried
            while row := job_rows.find_row(job_id, None, connection):
                job = self._copies.read(row)
                check_over(find_one(job, job_id))
                is_tried = True
                job_rows.delete(job_id, row.changed, connection)
            if not is_tried:
                find_one(None, job_id)

        self._database.work(work)
        self._contents.delete(job_id)

    def _change(self, job_id: str, step: Step) -> QueuedJob:
        """Change a job by a step; where another process changes it first, from what it is then."""
        job = self._database.work(JobChange(job_id, step, self._copies).carry_out)
        if job.content is None:
            self._contents.delete(job_id)
        return job

    # -- texts of the service --------------------------------------------------------------------------------

    def remember(self, name: str, value: str) -> None:
        """Keep a text of the service under a name, durably."""
        kept = self._sealing.seal(value.encode())
        self._database.work(lambda connection: job_rows.keep_text(TEXT + name, kept, connection))

    def remember_first(self, name: str, value: str) -> bool:
        """Keep a text under a name that has none, durably; return whether it had none."""
        kept = self._sealing.seal(value.encode())
        return self._database.work(lambda connection: job_rows.keep_first(TEXT + name, kept, connection))

    def recall(self, name: str) -> str | None:
        """Return that text."""
        return self.recall_all(name).get(name)

    def recall_all(self, beginning: str) -> Mapping[str, str]:
        """Return the texts whose names have this beginning, by name."""
        found = self._database.work(lambda connection: job_rows.read_texts(TEXT + beginning, connection))
        return {name.removeprefix(TEXT): self._sealing.open(value).decode() for name, value in found}

    def forget(self, name: str) -> None:
        """Forget the text of a name."""
        self._database.work(lambda connection: job_rows.forget_text(TEXT + name, connection))
