"""A process that is killed at any moment: what was promised is there, and nothing else is left."""

import errno
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from presence_worker.errors import StateFault
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import JobState, QueuedJob

from .deaths import has_died
from .given import CONTENT, put

Step = Callable[[FolderQueue, QueuedJob], object]
WAITING, WORKING, ENDED = JobState.WAITING, JobState.WORKING, JobState.ENDED
STEPS: dict[str, tuple[JobState, Step]] = {  # the state it begins in
    "begin": (WAITING, lambda queue, job: queue.begin(job.id, "run")),
    "cancel": (WAITING, lambda queue, job: queue.cancel(job.id)),
    "death": (WORKING, lambda queue, job: queue.note_death(job.id, 1)),
    "back": (WORKING, lambda queue, job: queue.give_back(job.id)),
    "end": (WORKING, lambda queue, job: queue.end(job.id, run_id="run", exit_code=0, headline="done")),
    "answered": (ENDED, lambda queue, job: queue.note_answered(job.id, keep_content=False)),
    "kept": (ENDED, lambda queue, job: queue.note_answered(job.id, keep_content=True)),
    "delete": (ENDED, lambda queue, job: queue.delete(job.id)),
    "again": (WAITING, lambda queue, _: put(queue, key="first")),
}


def job_in(state: JobState, queue: FolderQueue) -> QueuedJob:
    """Put a job, and bring it there."""
    job, _ = put(queue, key="first")
    if state is not WAITING:
        job = queue.begin(job.id, "run")
    if state is ENDED:
        job = queue.end(job.id, run_id="run", exit_code=0, headline="done")
    return job


def check_whole(state: Path) -> FolderQueue:
    """Assert that what the disk has fits together; give a queue that was opened anew."""
    queue = FolderQueue(state)
    jobs = queue.jobs()
    contents = {path for path in state.glob("queue/content/*") if [*path.iterdir()]}
    assert {path.name for path in contents} == {job.id for job in jobs if job.content}
    assert all(job.content.read_bytes() == CONTENT for job in jobs if job.content)
    assert [*state.glob("queue/incoming/*")] == []
    assert len([*state.glob("queue/jobs/[!.]*")]) == len(jobs)
    assert {path.name for path in state.glob("queue/jobs/.*")} <= {".stamp"}
    return queue


def test_killed_while_it_is_taken_in(tmp_path: Path) -> None:
    """A job is there or not, never half; a sender who asks again by key gets one, and the next job too."""
    for calls in count():
        state = tmp_path / str(calls)
        taken = list[QueuedJob]()
        died = has_died(lambda: taken.append(put(FolderQueue(state), key="k")[0]), calls)  # noqa: B023

        queue = check_whole(state)
        assert len(queue.jobs()) <= 1
        assert [*queue.jobs()] == taken or not taken
        again, _ = put(queue, key="k")
        other, _ = put(queue)
        assert [*check_whole(state).jobs()] == [again, other]
        if not died:
            break
    assert calls > 10


@pytest.mark.parametrize("name", STEPS)
def test_killed_amid_a_step(name: str, tmp_path: Path) -> None:
    """A job is what it was before or after; the step can be done again, unless it was done."""
    begins_in, step = STEPS[name]
    for calls in count():
        state = tmp_path / str(calls)
        before = job_in(begins_in, FolderQueue(state))
        died = has_died(lambda: step(FolderQueue(state), before), calls)  # noqa: B023

        queue = check_whole(state)
        found = queue.find(before.id)
        if found == before:
            step(queue, before)
        assert died or (found != before) == (name != "again")
        check_whole(state)
        if not died:
            break
    assert calls > 2


def test_killed_while_a_text_is_kept(tmp_path: Path) -> None:
    """The name has its old text or the new one."""
    for calls in count():
        state = tmp_path / str(calls)
        FolderQueue(state).remember("schedule", "yesterday")

        died = has_died(lambda: FolderQueue(state).remember("schedule", "today"), calls)  # noqa: B023

        assert FolderQueue(state).recall("schedule") in (("today", "yesterday") if died else ("today",))
        if not died:
            break
    assert calls > 2


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """Whichever call fails: either the job is taken in, or nothing of it is kept and the sender hears it."""
    full = OSError(errno.ENOSPC, "No space left on device")
    for calls in count():
        queue, taken = FolderQueue(tmp_path / str(calls)), list[QueuedJob]()
        first, _ = put(queue)

        def send() -> None:
            with suppress(StateFault, OSError):  # the second while receiving
                taken.append(put(queue, key="k")[0])  # noqa: B023

        failed = has_died(send, calls, full)

        assert [*queue.jobs()] == [first, *taken]
        assert {path.name for path in (queue.folder / "content").iterdir()} == {
            job.id for job in queue.jobs()
        }
        assert put(queue, key="k")[1] == (not taken)
        check_whole(tmp_path / str(calls))
        if not failed:
            break
    assert calls > 10
