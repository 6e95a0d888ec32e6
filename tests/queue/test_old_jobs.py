"""Old jobs are deleted when nothing needs them any more: their run, their file, their key."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import QueuedJob
from presence_worker.run_states import JobWay
from presence_worker.runs.pruning import prune_jobs

from .given import files_under, new_job, put
from .queue_suite import RUN, ended

DAY = 86_400.0
NOW = -DAY  # seconds to keep: all there is is older
Make = Callable[[FolderQueue], QueuedJob]


def of_inbox(queue: FolderQueue) -> QueuedJob:
    job, _ = queue.put(replace(new_job(key="file"), way=JobWay.INBOX), None)
    queue.begin(job.id)
    return queue.end(job.id, run_id=RUN, exit_code=0, headline="done")


def at_work(queue: FolderQueue) -> QueuedJob:
    return queue.begin(put(queue)[0].id, RUN)


@pytest.fixture
def queue(tmp_path: Path) -> FolderQueue:
    return FolderQueue(tmp_path)


@pytest.mark.parametrize(
    "make",
    [
        ended,
        lambda queue: queue.cancel(put(queue)[0].id),
        lambda queue: queue.note_answered(of_inbox(queue).id, keep_content=False),
    ],
    ids=["ended", "cancelled", "moved"],
)
def test_what_is_over_and_old_goes(make: Make, queue: FolderQueue) -> None:
    """However it ended."""
    job = make(queue)

    deleted = prune_jobs(queue, [], {"main": NOW}.get)

    assert (deleted, queue.jobs()) == ([job.id], ())


@pytest.mark.parametrize(
    ("make", "keep", "runs"),
    [
        (ended, DAY, []),
        (ended, NOW, [RUN]),
        (ended, None, []),
        (of_inbox, NOW, []),
        (at_work, NOW, []),
        (lambda queue: put(queue)[0], NOW, []),
    ],
    ids=["young", "with its run", "of others", "not moved", "at work", "waiting"],
)
def test_what_is_needed_stays(make: Make, keep: float | None, runs: list[str], queue: FolderQueue) -> None:
    """A job stays as long as its run, and as long as its file may still lie in its folder."""
    job = make(queue)

    deleted = prune_jobs(queue, runs, {"main": keep}.get)

    assert (deleted, queue.jobs()) == ([], (job,))


def test_nothing_is_left_of_it(queue: FolderQueue) -> None:
    """Its content goes as well, such as that of a job whose run was refused."""
    queue.note_answered(ended(queue).id, keep_content=True)

    prune_jobs(queue, [], lambda _: NOW)

    assert files_under(queue.folder) == {"queue.lock", "jobs/.stamp"}
