"""A small file for each job of the queue; each change of a job is a new file, which nothing changes."""

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from ..journal import sync_directory, write_whole
from ..json_form import from_json, json_object
from .job_queue import KeyReused, QueuedJob

NAME = re.compile(r"(\d{6,}-[0-9a-f]{8})\.(\d+)\.json", re.ASCII)
STAMP = ".stamp"  # changes whenever a job does
log = structlog.get_logger()


class JobFiles:
    """Owns the files of all jobs. Hold the lock of the queue for every method but `is_fresh`.

    What was read is kept: a file never changes. The stamp says whether another process has written since.
    """

    def __init__(self, folder: Path, contents: Path) -> None:
        self.folder = folder
        self._contents = contents  # a folder for each job that has brought something
        self._is_stale = True
        self._stamp: bytes | None = None  # as it was when we read or wrote last
        self.versions: dict[str, int] = {}  # of each job, also of those that cannot be read
        self.jobs: dict[str, QueuedJob] = {}  # by id, oldest first
        self.by_key: dict[tuple[str | None, str], str] = {}  # their ids, also of those that are gone
        self.last_order = 0

    def is_fresh(self) -> bool:
        """Return whether no process has changed a job since we read."""
        return not self._is_stale and self._stamp == self._read_stamp()

    def refresh(self) -> None:
        """Read what other processes have written."""
        stamp = self._read_stamp()
        if self._is_stale or stamp != self._stamp:
            self._read_changed(self._list_versions())
            self._stamp, self._is_stale = stamp, False

    def with_content(self) -> set[str]:
        """Return the ids of the jobs that may need what they have brought."""
        return {job_id for job_id in self.versions if not (job := self.jobs.get(job_id)) or job.content}

    def unreadable(self) -> list[str]:
        """Return the ids of the jobs that cannot be read."""
        return sorted(self.versions.keys() - self.jobs.keys(), key=_order)

    def find_key(self, by: str | None, key: str | None) -> QueuedJob | None:
        """Return the job that came with a key."""
        return self.jobs.get(self.by_key.get((by, key or ""), ""))

    def check_key(self, by: str | None, key: str | None) -> None:
        """Raise KeyReused where a job that cannot be read came with a key."""
        job_id = self.by_key.get((by, key or ""), "")
        if job_id in self.versions and job_id not in self.jobs:
            raise KeyReused(f"this idempotency key came before, with job {job_id}, which cannot be read")

    def write(self, job: QueuedJob) -> None:
        """Write a job durably; where that fails, it is what it was before."""
        self._announce()
        before = self.versions.get(job.id, -1)
        path = self._path(job.id, before + 1)
        content = job.content and job.content.name
        form = json.dumps(json_object(job) | {"content": content}).encode()  # a name may not be UTF-8
        try:
            write_whole(path, lambda file: file.write(form) > 0)
            sync_directory(self.folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        self._keep(job, before + 1)
        with suppress(OSError):  # else the next start does it
            self._path(job.id, before).unlink(missing_ok=True)
        self._is_stale = False

    def remove(self, job_id: str) -> None:
        """Delete a job durably."""
        self._announce()
        self._path(job_id, self.versions[job_id]).unlink(missing_ok=True)
        sync_directory(self.folder)
        self._forget(job_id)
        self._is_stale = False

    def _announce(self) -> None:
        """Change the stamp before anything else changes."""
        self._is_stale = True
        self._stamp = secrets.token_bytes(8)
        descriptor = os.open(self.folder / STAMP, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, self._stamp)
        finally:
            os.close(descriptor)

    def _read_stamp(self) -> bytes | None:
        try:
            return (self.folder / STAMP).read_bytes()
        except FileNotFoundError:
            return None

    def _list_versions(self) -> dict[str, int]:
        """Return the newest version of each job; delete what a program that was killed left of others."""
        found: dict[str, int] = {}
        for name in sorted(os.listdir(self.folder)):  # noqa: PTH208 - ten thousand names
            match = NAME.fullmatch(name)
            if match:
                job, version = match[1], int(match[2])
                old = min(version, found.get(job, version))
                found[job] = max(version, found.get(job, version))
                if old != found[job]:
                    self._path(job, old).unlink(missing_ok=True)
            elif name != STAMP:
                (self.folder / name).unlink(missing_ok=True)
        return found

    def _read_changed(self, versions: dict[str, int]) -> None:
        for gone in [job for job in self.versions if job not in versions]:
            self._forget(gone)
        changed = {job for job, version in versions.items() if version != self.versions.get(job)}
        for job_id in sorted(changed, key=_order):
            job = self._read(job_id, versions[job_id])
            if job:
                self._keep(job, versions[job_id])
            else:
                self._keep_unreadable(job_id, versions[job_id])

    def _read(self, job_id: str, version: int) -> QueuedJob | None:
        path = self._path(job_id, version)
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            form = json.loads(path.read_bytes())
            job = from_json(QueuedJob, form | {"content": None})
            name = form["content"]
            return replace(job, content=self._contents / job_id / name if name else None)
        log.error("queue.unreadable", file=str(path))
        return None

    def _keep_unreadable(self, job_id: str, version: int) -> None:
        """Keep what is known of a job that cannot be read; its key is not free, if that can be read."""
        self.jobs.pop(job_id, None)
        self.versions[job_id] = version
        self.last_order = max(self.last_order, _order(job_id))
        with suppress(OSError, ValueError, TypeError, KeyError):
            new = json.loads(self._path(job_id, version).read_bytes())["new"]
            if new["key"]:
                self.by_key[new["by"], new["key"]] = job_id

    def _keep(self, job: QueuedJob, version: int) -> None:
        self.jobs[job.id] = job
        self.versions[job.id] = version
        self.last_order = max(self.last_order, job.order)
        if job.new.key:
            self.by_key[job.new.by, job.new.key] = job.id

    def _forget(self, job_id: str) -> None:
        del self.versions[job_id]
        self.jobs.pop(job_id, None)

    def _path(self, job_id: str, version: int) -> Path:
        return self.folder / f"{job_id}.{version}.json"


def _order(job_id: str) -> int:
    return int(job_id.partition("-")[0])
