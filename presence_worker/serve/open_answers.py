"""The jobs from folders whose files wait for their answer."""

from collections.abc import Iterator
from pathlib import Path

import structlog

from ..errors import ExitCode, PresenceWorkerError, RunFault
from ..queue.job_queue import OPEN, JobQueue, QueuedJob
from ..run.commands import answer_hr
from ..run_states import JobWay
from .inbox_answer import AnswerPlace, put_answer
from .inbox_files import DONE, REFUSED, file_of
from .served_targets import ServedTargets

NOT_USED = "Your file was not used, and nothing was changed. Please ask us before you send it again."
NO_RECORD = "We do not have the result of this file any more. Please ask us if you need it."
log = structlog.get_logger()


class OpenAnswers:
    """Owns which jobs from folders are not answered yet; all methods block."""

    def __init__(self, queue: JobQueue, targets: ServedTargets) -> None:
        self._queue = queue
        self._targets = targets
        self._folders = {
            job.id: job.new.origin["folder"]
            for job in queue.jobs()
            if job.new.way is JobWay.INBOX and not job.is_answered
        }
        self._troubles: dict[str, str] = {}  # by job; each is logged once

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._folders

    @property
    def folders(self) -> set[str]:
        """Return the folders with files that wait."""
        return {*self._folders.copy().values()}

    def add(self, job: QueuedJob) -> None:
        """Note that a file waits, because it became a job, or is in the folder once more."""
        self._folders[job.id] = job.new.origin["folder"]

    def answer(self, folder: str, marker: str | None) -> None:
        """Answer what has ended of the jobs of a *folder*; what cannot be answered now waits."""
        for job_id in [job for job, place in self._folders.copy().items() if place == folder]:
            try:
                is_over = self._answer(job_id, marker)
            except (OSError, PresenceWorkerError) as error:
                self._log_once(job_id, folder, error)
                continue
            if is_over:
                del self._folders[job_id]
                self._troubles.pop(job_id, None)

    def _answer(self, job_id: str, marker: str | None) -> bool:
        """Return whether there is nothing more to do about a job."""
        job = self._queue.find(job_id)
        if job is None:  # it was deleted
            return True
        if job.state in OPEN:
            return False
        folder = Path(job.new.origin["folder"])
        is_refused = job.exit_code == ExitCode.REFUSED or job.run_id is None
        place = AnswerPlace(folder, REFUSED if is_refused else DONE, job.run_id or job.id)
        put_answer(place, file_of(job.new.origin), marker, "\n".join(self._lines(job)) + "\n")
        self._queue.note_answered(job.id, keep_content=is_refused and job.run_id is not None)
        log.info("inbox.answered", job=job.id, target=job.new.target, folder=str(folder), run_id=job.run_id)
        return True

    def _lines(self, job: QueuedJob) -> Iterator[str]:
        if job.run_id is None:
            yield from (f"Your file {job.new.file_name}", "", NOT_USED)
            return
        try:
            yield from answer_hr(job.run_id, self._targets.context(job.new.target))
        except RunFault:
            yield from (f"Your file {job.new.file_name}", "", NO_RECORD)

    def _log_once(self, job_id: str, folder: str, error: Exception) -> None:
        words = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
        if self._troubles.get(job_id) != words:
            self._troubles[job_id] = words
            log.warning("inbox.not_answered", job=job_id, folder=folder, detail=words)
