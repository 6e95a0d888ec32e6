"""The queue of one machine keeps the contract, and is a folder that others cannot read."""

import os
import stat
import sys
from pathlib import Path

import pytest

from presence_worker.errors import StateFault
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import KeyReused

from .given import files_under, put
from .queue_suite import OpenQueue, QueueSuite, ended


class TestFolderQueue(QueueSuite):
    """Jobs in a state directory."""

    @pytest.fixture
    def open_queue(self, tmp_path: Path) -> OpenQueue:
        """Queues on the same state directory."""
        return lambda: FolderQueue(tmp_path / "state")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory that is not there yet."""
    return tmp_path / "state"


def test_reading_creates_nothing(state: Path) -> None:
    """Who only looks leaves no trace."""
    queue = FolderQueue(state)

    found = (queue.jobs(), queue.find("x"), queue.find_key("a", "b"), queue.recall("a"))

    assert (found, state.exists()) == (((), None, None, None), False)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_others_read_nothing(state: Path) -> None:
    """Folders and files are for their owner alone, whatever the sender's umask was."""
    before = os.umask(0)
    try:
        put(FolderQueue(state))
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*"))}
    assert modes == {0o700, 0o600}


def test_what_is_over_takes_one_small_file(state: Path) -> None:
    """Nothing else is left of a job that ended, nor of its receiving."""
    queue = FolderQueue(state)
    job = queue.note_answered(ended(queue).id, keep_content=False)

    left = files_under(queue.folder) - {"queue.lock", "jobs/.stamp"}

    assert len(left) == 1
    assert left.pop().startswith(f"jobs/{job.id}.")


def test_a_damaged_file_costs_only_its_job(state: Path) -> None:
    """The others go on; its content is not deleted, and its number is not given again."""
    queue = FolderQueue(state)
    first, second = (put(queue)[0] for _ in range(2))
    next(queue.folder.glob(f"jobs/{second.id}.*")).write_bytes(b'{"id": 7')

    reopened = FolderQueue(state)

    assert [*reopened.jobs()] == [first]
    assert [*reopened.unreadable()] == [second.id]
    assert second.content
    assert second.content.exists()
    assert put(reopened)[0].order > second.order


def test_a_job_of_a_newer_version_keeps_its_key(state: Path) -> None:
    """A sender that tries again makes no second job of it, and hears why."""
    job, _ = put(FolderQueue(state), key="once")
    file = next(state.glob(f"queue/jobs/{job.id}.*"))
    file.write_bytes(file.read_bytes().replace(b'"waiting"', b'"dreaming"'))
    reopened = FolderQueue(state)

    with pytest.raises(KeyReused, match=f"with job {job.id}, which cannot be read"):
        put(reopened, key="once")
    assert [*reopened.unreadable()] == [job.id]
    assert put(reopened, key="other")[1]


def test_a_job_that_becomes_unreadable_is_no_longer_known(state: Path) -> None:
    """What another program has made of it is not guessed."""
    queue, other = FolderQueue(state), FolderQueue(state)
    job, _ = put(queue)
    assert [*other.jobs()] == [job]
    queue.begin(job.id)
    next(state.glob(f"queue/jobs/{job.id}.*")).write_bytes(b"{")

    assert ([*other.jobs()], [*other.unreadable()]) == ([], [job.id])


def test_fields_of_later_versions_are_skipped(state: Path) -> None:
    """A job that a newer program has put is still a job."""
    job, _ = put(FolderQueue(state))
    file = next(state.glob(f"queue/jobs/{job.id}.*"))
    file.write_bytes(file.read_bytes().replace(b'"order"', b'"colour": 1, "order"'))

    assert [*FolderQueue(state).jobs()] == [job]


def test_a_disk_that_refuses_is_named(state: Path) -> None:
    """The error names the folder; nothing of the job is kept, and the queue goes on afterwards."""
    queue = FolderQueue(state)
    put(queue)
    jobs = queue.folder / "jobs"
    jobs.rename(jobs.with_name("away"))

    with pytest.raises(StateFault, match="queue: No such file"):
        put(queue)

    jobs.with_name("away").rename(jobs)
    assert len(queue.jobs()) == 1
    assert len([*(queue.folder / "content").iterdir()]) == 1
    assert put(queue)[1]


def test_what_was_read_is_not_read_again(state: Path) -> None:
    """However many jobs are over, a change costs the file that changed."""
    queue, other = FolderQueue(state), FolderQueue(state)
    over = [queue.cancel(put(queue)[0].id) for _ in range(3)]
    assert [*other.jobs()] == over
    for file in queue.folder.glob("jobs/*.json"):
        file.write_bytes(b"read again")

    new, _ = put(queue)

    assert [*other.jobs()] == [*over, new]


def test_damaged_texts_are_forgotten(state: Path) -> None:
    """The service begins as at its first start, and can keep texts again."""
    queue = FolderQueue(state)
    queue.remember("schedule", "yesterday")
    (queue.folder / "remembered.json").write_bytes(b"{")

    assert queue.recall("schedule") is None
    queue.remember("schedule", "today")
    assert queue.recall("schedule") == "today"
