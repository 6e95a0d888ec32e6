"""What this machine knows of the jobs of all machines."""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog
from zstandard import ZstdError

from ..json_form import from_json, json_object
from ..queue.job_queue import QueuedJob
from ..queue.job_steps import find_one
from . import job_rows
from .connections import Connection
from .job_rows import JobRow
from .sealing import Sealing

Step = Callable[[QueuedJob], QueuedJob]
log = structlog.get_logger()
BROKEN = (ZstdError, ValueError, TypeError, KeyError, AttributeError)


class JobCopies:
    """Owns the jobs as they were read last; rows are added when they have changed."""

    def __init__(self, sealing: Sealing, contents: Path) -> None:
        self._sealing = sealing
        self._contents = contents  # a folder for each job that has brought something
        self.seen = 0  # the number of the last change that was read
        self.jobs: dict[str, QueuedJob] = {}  # by id, oldest first
        self.unreadable: frozenset[str] = frozenset()
        self.by_key: dict[tuple[str | None, str], str] = {}  # ids

    def add(self, rows: Iterable[JobRow]) -> list[QueuedJob]:
        """Take over what has changed, or nothing of it; return it."""
        found = {row.id: self.read(row) for row in rows}
        known = self.jobs | {job_id: job for job_id, job in found.items() if job}
        broken = {job_id for job_id, job in found.items() if job is None}
        jobs = [job for job_id, job in known.items() if job_id not in broken]
        self._keep(sorted(jobs, key=lambda job: job.order), (self.unreadable - found.keys()) | broken)
        self.seen = max([self.seen, *(row.changed for row in rows)])
        return [job for job in found.values() if job]

    def forget_others(self, ids: set[str]) -> list[str]:
        """Forget jobs that are not among *ids*; return their ids."""
        gone = [job_id for job_id in (*self.jobs, *self.unreadable) if job_id not in ids]
        if gone:
            self._keep([job for job in self.jobs.values() if job.id in ids], self.unreadable & ids)
        return gone

    def _keep(self, jobs: list[QueuedJob], unreadable: frozenset[str]) -> None:
        self.jobs = {job.id: job for job in jobs}
        self.by_key = {(job.new.by, job.new.key): job.id for job in jobs if job.new.key}
        self.unreadable = unreadable

    def read(self, row: JobRow) -> QueuedJob | None:
        """Return the job of a row; None where it is damaged or of a newer version.

        Raise UsageFault where none of our keys fits.
        """
        job: QueuedJob | None = None
        with suppress(*BROKEN):
            form = json.loads(self._sealing.open(row.body))
            known = {"id": row.id, "order": row.number, "state": row.state, "content": None}
            name = form["content"]
            job = from_json(QueuedJob, form | known)
        if job is None:  # what was raised may quote what is private
            log.error("queue.unreadable", job=row.id)
            return None
        return replace(job, content=self._contents / row.id / name if name else None)

    def write(self, job: QueuedJob) -> bytes:
        """Return the body of a job's row."""
        form = json_object(job) | {"content": job.content and job.content.name}
        return self._sealing.seal(json.dumps(form).encode())  # ASCII: a name may not be UTF-8


def hash_key(by: str | None, key: str | None) -> str | None:
    """Return what the database has of an idempotency key: it may be made of the name of a file."""
    if not key:
        return None
    return hashlib.sha256(json.dumps([by, key]).encode()).hexdigest()


class JobChange:
    """Owns one change of a job, which may be carried out again where the answer to it was lost."""

    def __init__(self, job_id: str, step: Step, copies: JobCopies) -> None:
        self._job_id = job_id
        self._step = step
        self._copies = copies
        self._written: bytes | None = None  # what the database may have been given

    def carry_out(self, connection: Connection) -> QueuedJob:
        """Return the job as it is written; raise NotWaiting where it is not there, or may not be changed."""
        while True:
            row = job_rows.find_row(self._job_id, None, connection)
            known = find_one(row and self._copies.read(row), self._job_id)
            if row is None or row.body == self._written:
                return known
            job = self._step(known)
            if job == known:
                return job
            self._written = self._copies.write(job)
            changed = row._replace(state=job.state, body=self._written)
            if job_rows.update(changed, row.changed, connection, keep_content=job.content is not None):
                return job
            self._written = None
