"""A job that dies again and again before its run begins is kept, and said."""

from pathlib import Path

import pytest

from presence_worker.errors import ExitCode
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import JobState, NewJob
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.service_notes import STOPPED, ServiceNotes
from presence_worker.serve.what_follows import find_lost_jobs

from .given import context_for, ended, served, targets_of

pytestmark = pytest.mark.anyio
DIED = "The program ended 4 times during this job, and no row was settled in between. It is not tried again."


@pytest.mark.parametrize(
    ("name", "what_to_do"),
    [
        ("leave.csv", "Nothing was sent. Send the file again."),
        (None, "Nothing was done. Ask for it again."),
    ],
)
async def test_a_job_that_dies_before_its_run_begins_keeps_its_file(
    tmp_path: Path, name: str | None, what_to_do: str
) -> None:
    """Nobody else has it any more: it was acknowledged."""
    queue = FolderQueue(tmp_path)
    new = NewJob(target="a", command=JobCommand.RUN, way=JobWay.HTTP, file_name=name)
    with queue.receive() as folder:
        if name:
            (folder / name).write_bytes(b"associateId,status\n1,StatusNormal\n")
        job, _ = queue.put(new, folder / name if name else None)
    queue.begin(job.id)
    for _ in range(3):
        queue.note_death(job.id, 0)

    async with served(targets_of(a=context_for("http://127.0.0.1:9", tmp_path)), queue) as service:
        job = await ended(service, job)

    assert (job.state, job.run_id, job.headline) == (JobState.FAILED, None, f"{DIED} {what_to_do}")
    assert (job.content is not None and job.content.is_file()) is (name is not None)
    assert [each.id for each in find_lost_jobs(queue.jobs())] == [job.id]


@pytest.mark.parametrize(
    ("exit_code", "run_id", "has_failed", "is_kept"),
    [
        (ExitCode.DONE, "run", False, False),
        (ExitCode.STOPPED, "run", True, False),
        (ExitCode.REFUSED, "run", False, True),
        (ExitCode.CRASHED, None, True, True),
    ],
)
async def test_killed_right_after_the_ending_was_noted(
    tmp_path: Path, exit_code: int, run_id: str | None, *, has_failed: bool, is_kept: bool
) -> None:
    """The next service deletes what has names of people, and keeps what somebody still needs."""
    queue = FolderQueue(tmp_path)
    with queue.receive() as folder:
        (folder / "leave.csv").write_bytes(b"associateId,status\n1,StatusNormal\n")
        new = NewJob(target="a", command=JobCommand.RUN, way=JobWay.HTTP, file_name="leave.csv")
        job, _ = queue.put(new, folder / "leave.csv")
    queue.begin(job.id)
    ServiceNotes(queue).note_stop(job.id)
    queue.end(job.id, run_id=run_id, exit_code=exit_code, headline="Over.", has_failed=has_failed)

    async with served(targets_of(a=context_for("http://127.0.0.1:9", tmp_path)), queue):
        found = queue.find(job.id)

    assert job.content
    assert found
    assert (job.content.exists(), found.is_answered, queue.recall_all(STOPPED)) == (is_kept, True, {})
