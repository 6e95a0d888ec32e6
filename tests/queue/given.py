"""What the tests of queues hand in."""

import hashlib
from pathlib import Path

from presence_worker.queue.job_queue import JobQueue, NewJob, QueuedJob
from presence_worker.run_states import JobCommand, JobWay

CONTENT = b"associateId,status\n7,StatusNormal\n"


def new_job(
    *, key: str | None = None, by: str | None = "import", target: str = "main", content: bytes | None = None
) -> NewJob:
    """Give what a sender asks for."""
    return NewJob(
        target=target,
        command=JobCommand.RUN,
        way=JobWay.HTTP,
        by=by,
        key=key,
        file_name="changes.csv" if content is not None else None,
        sha256=hashlib.sha256(content).hexdigest() if content is not None else None,
    )


def put(
    queue: JobQueue,
    *,
    key: str | None = None,
    by: str | None = "import",
    target: str = "main",
    content: bytes = CONTENT,
    most: int | None = None,
) -> tuple[QueuedJob, bool]:
    """Hand in a job with a file."""
    with queue.receive() as folder:
        file = folder / "received"
        file.write_bytes(content)
        return queue.put(new_job(key=key, by=by, target=target, content=content), file, most=most)


def files_under(folder: Path) -> set[str]:
    """Give the files in a folder, however deep, as paths from there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
