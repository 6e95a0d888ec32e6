"""A folder of HR's that a service watches, with a queue and without runs."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from presence_worker.errors import ExitCode
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import NewJob, QueuedJob
from presence_worker.serve.inboxes import InboxWatch, InThreads
from presence_worker.serve.open_answers import OpenAnswers
from presence_worker.serve.service import Service
from presence_worker.settings.serve import Inbox
from tests.serve.given import context_for, targets_of

CSV = "associateId,status\n12,StatusNormal\n"


@dataclass
class Drops:
    """Owns a folder and a queue: files are dropped, the folder is read, jobs are ended."""

    home: Path
    complete: str = "rename"
    targets: int = 1
    refusal: Exception | None = None  # of the service, to take a job
    queue: FolderQueue = field(init=False)
    watch: InboxWatch = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.home / "inbox"
        self.folder.mkdir(exist_ok=True)
        self.restart()

    def restart(self) -> None:
        """Forget all that is only in memory."""
        self.queue = FolderQueue(self.home / "state")
        context = context_for("http://127.0.0.1:1", self.home / "state")
        targets = targets_of(**dict.fromkeys("abc"[: self.targets], context))
        answers = OpenAnswers(self.queue, targets)
        inbox = Inbox(folder=self.folder, complete=self.complete)
        service = SimpleNamespace(queue=self.queue, targets=targets, submit=self._submit)
        self.watch = InboxWatch(inbox, cast(Service, service), answers, InThreads())

    async def _submit(self, new: NewJob, content: Path | None) -> tuple[QueuedJob, bool]:
        if self.refusal:
            raise self.refusal
        return self.queue.put(new, content)

    def drop(self, name: str = "leave.csv", text: str = CSV) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    async def read(self) -> list[str]:
        """Read the folder as the service does; give the names of the files of all jobs, oldest first."""
        await self.watch.read()
        return self.names

    @property
    def names(self) -> list[str]:
        return [str(job.new.file_name) for job in self.queue.jobs()]

    def end(self, code: ExitCode = ExitCode.DONE, run_id: str | None = "20261201T020000Z-7f3a") -> QueuedJob:
        """End the newest job."""
        job = self.queue.begin(self.queue.jobs()[-1].id, run_id)
        return self.queue.end(job.id, run_id=run_id, exit_code=code, headline="It ended.")

    def there(self) -> dict[str, Any]:
        """Give what is in the folder, by its path."""
        return {
            str(path.relative_to(self.folder)): path.read_text()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
