"""What every queue does: one test for each sentence of the contract, `JobQueue`.

    class TestMyQueue(QueueSuite):
        @pytest.fixture
        def open_queue(self, tmp_path: Path) -> OpenQueue:
            return lambda: MyQueue(tmp_path)

Each call of *open_queue* opens the same jobs, as another process would.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from presence_worker.errors import UsageFault
from presence_worker.queue.job_queue import JobQueue, JobState, KeyReused, NotWaiting, QueuedJob, QueueFull
from presence_worker.run_states import JobCommand, JobWay

from .given import CONTENT, new_job, put

OpenQueue = Callable[[], JobQueue]
RUN = "20261201T020000Z-0000"


def ended(queue: JobQueue) -> QueuedJob:
    """Give a job whose run has ended well."""
    job, _ = put(queue, key="night")
    queue.begin(job.id)
    return queue.end(job.id, run_id=RUN, exit_code=0, headline="3 of 3 rows are done")


class QueueSuite:
    """The tests; a class for each implementation inherits them."""

    @pytest.fixture
    def queue(self, open_queue: OpenQueue) -> JobQueue:
        """An empty queue."""
        return open_queue()

    # -- receive and put

    def test_a_job_that_was_put_is_found_by_everybody(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """When `put` returns, every process sees the job as it was asked for, with its content."""
        job, is_new = put(queue)

        found = open_queue().find(job.id)
        assert (found, is_new, job.state) == (job, True, JobState.WAITING)
        assert job.new == new_job(content=CONTENT)
        assert job.content
        assert job.content.read_bytes() == CONTENT
        assert job.content.suffix == ".csv"

    def test_all_that_is_asked_for_is_kept(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """A job never changes, also with names that are no text in any encoding."""
        new = replace(
            new_job(key="k", by=None),
            command=JobCommand.APPLY,
            way=JobWay.INBOX,
            label="Søndag 🌙",
            file_name="l\udcf8n.csv",
            run_id=RUN,
            seen="0123456789abcdef",
            origin={"folder": "/srv/\udcff", "size": "7"},
        )

        job, _ = queue.put(new, None)

        found = open_queue().find(job.id)
        assert found
        assert found.new == new
        assert (found.run_id, found.content) == (RUN, None)

    def test_what_was_not_put_is_gone(self, queue: JobQueue) -> None:
        """What is received is deleted at the end, also after an error."""
        with suppress(ConnectionError), queue.receive() as folder:
            (folder / "half").write_bytes(b"associateId,sta")
            raise ConnectionError

        assert (folder.exists(), [*queue.jobs()]) == (False, [])

    def test_a_receiver_at_work_is_left_alone(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """A process that starts deletes what dead ones have left, not what is being received."""
        with queue.receive() as folder:
            (folder / "half").write_bytes(b"associateId")

            put(open_queue())

            assert (folder / "half").read_bytes() == b"associateId"

    def test_two_jobs_are_two_jobs(self, queue: JobQueue) -> None:
        """The same content without a key is another job, and goes behind the first."""
        first, second = (put(queue)[0] for _ in range(2))

        assert first.id != second.id
        assert first.order < second.order
        assert [*queue.jobs()] == [first, second]

    def test_a_known_key_gives_the_first_job(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """The same key and content again is the same job, whatever became of it, also when it is full."""
        job = ended(queue)

        again, is_new = put(open_queue(), key="night", most=0)

        assert (again, is_new) == (job, False)
        assert len(queue.jobs()) == 1

    def test_a_key_is_of_one_sender(self, queue: JobQueue) -> None:
        """Another sender's key is another key; a sender without a name has its own."""
        jobs = [put(queue, key="night", by=by)[0].id for by in ("import", "other", None)]

        assert len(set(jobs)) == 3
        assert [queue.find_key(by, "night") for by in ("import", "other", None, "third")] == [
            *map(queue.find, jobs),
            None,
        ]

    @pytest.mark.parametrize(
        "other",
        [{"content": b"other"}, {"target": "second"}],
        ids=["content", "target"],
    )
    def test_a_key_with_another_job_is_refused(self, queue: JobQueue, other: dict[str, bytes | str]) -> None:
        """Nothing of the second is kept."""
        job, _ = put(queue, key="night")

        with pytest.raises(KeyReused):
            put(queue, key="night", **other)  # type: ignore[arg-type]  # of either type

        assert [*queue.jobs()] == [job]

    def test_a_plan_is_not_its_run(self, queue: JobQueue) -> None:
        """A key that came with a plan does not answer for a run: its sender would take it for sent."""
        new = replace(new_job(key="night"), command=JobCommand.PLAN)
        queue.put(new, None)

        with pytest.raises(KeyReused):
            queue.put(replace(new, command=JobCommand.RUN), None)

    def test_a_full_queue_takes_nothing(self, queue: JobQueue) -> None:
        """Only jobs that wait are counted, and without a limit there is none."""
        first, _ = put(queue, most=2)
        put(queue, most=2)

        with pytest.raises(QueueFull):
            put(queue, most=2)

        queue.begin(first.id)
        assert put(queue, most=2)[1]
        assert put(queue)[1]
        assert len(queue.jobs()) == 4

    def test_many_at_once(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """Senders that come at the same moment, with the same keys, get one job for each key."""
        queues = [queue, open_queue()]

        def send(number: int) -> str:
            return put(queues[number % 2], key=str(number // 4))[0].id

        with ThreadPoolExecutor(8) as threads:
            ids = [*threads.map(send, range(32))]

        assert [len(set(ids[first : first + 4])) for first in range(0, 32, 4)] == [1] * 8
        assert [job.id for job in queue.jobs()] == [job.id for job in open_queue().jobs()]
        assert len({job.order for job in queue.jobs()}) == len(queue.jobs()) == 8

    # -- at work

    def test_work_begins_and_its_run_is_known(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """A job at work may be begun again, such as when its run is known; that run stays."""
        job, _ = put(queue)

        before = queue.begin(job.id)
        queue.begin(job.id, RUN)
        after = queue.begin(job.id)

        assert (before.state, before.run_id) == (JobState.WORKING, None)
        assert (after.state, after.run_id) == (JobState.WORKING, RUN)
        assert open_queue().find(job.id) == after

    def test_it_waits_again_at_its_place(self, queue: JobQueue) -> None:
        """A job that is given back is still the oldest."""
        first, second = (put(queue)[0] for _ in range(2))
        queue.begin(first.id)

        back = queue.give_back(first.id)

        assert back == first
        assert [*queue.jobs()] == [first, second]

    def test_deaths_without_progress_are_counted(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """The count begins anew where more rows are settled than at any death before."""
        job, _ = put(queue)
        queue.begin(job.id)

        counts = [queue.note_death(job.id, settled).deaths for settled in (0, 0, 5, 5, 0, 5, 6)]

        assert counts == [1, 2, 1, 2, 3, 4, 1]
        found = open_queue().find(job.id)
        assert found
        assert (found.deaths, found.settled) == (1, 6)

    def test_how_it_ended(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """The ending is kept; a later one of its run takes its place."""
        job = ended(queue)

        later = queue.end(job.id, run_id=RUN, exit_code=3, headline="2 of 3 rows are done")

        assert (job.state, job.run_id, job.exit_code) == (JobState.ENDED, RUN, 0)
        assert (later.state, later.exit_code, later.headline) == (JobState.ENDED, 3, "2 of 3 rows are done")
        assert open_queue().find(job.id) == later

    def test_a_job_that_dies_again_and_again_fails(self, queue: JobQueue) -> None:
        """Its run is still known."""
        job, _ = put(queue)
        queue.begin(job.id, RUN)

        failed = queue.end(job.id, run_id=None, exit_code=1, headline="it died 3 times", has_failed=True)

        assert (failed.state, failed.run_id) == (JobState.FAILED, RUN)

    @pytest.mark.parametrize("keep", [True, False])
    def test_the_content_goes_when_all_is_done(
        self, queue: JobQueue, open_queue: OpenQueue, *, keep: bool
    ) -> None:
        """It is there until the ending is answered, and stays if the next command needs it."""
        job = ended(queue)
        assert job.content
        assert job.content.is_file()

        done = queue.note_answered(job.id, keep_content=keep)

        assert (job.content.exists(), done.content is not None) == (keep, keep)
        assert done.is_answered
        assert open_queue().find(job.id) == done

    @pytest.mark.parametrize("how", ["ended", "cancelled"])
    def test_what_is_over_does_not_begin_again(self, queue: JobQueue, how: str) -> None:
        """Nor does it wait again."""
        job = ended(queue) if how == "ended" else queue.cancel(put(queue)[0].id)

        for again in (queue.begin, queue.give_back, queue.cancel):
            with pytest.raises(NotWaiting, match=job.id):
                again(job.id)

        assert queue.find(job.id) == job

    def test_a_job_that_waits_is_cancelled(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """Its content goes with it, and it does not count as waiting any more."""
        job, _ = put(queue)

        cancelled = queue.cancel(job.id)

        assert (cancelled.state, cancelled.content) == (JobState.CANCELLED, None)
        assert job.content
        assert not job.content.exists()
        assert open_queue().find(job.id) == cancelled
        assert put(queue, most=1)[1]

    def test_a_job_at_work_is_not_cancelled(self, queue: JobQueue) -> None:
        """Its run is stopped instead; of two who cancel and begin, one wins."""
        job, _ = put(queue)
        queue.begin(job.id)

        with pytest.raises(NotWaiting, match="working"):
            queue.cancel(job.id)

    def test_a_job_that_has_made_a_run_is_not_cancelled(self, queue: JobQueue) -> None:
        """Also while it waits again: something may have been sent already."""
        job, _ = put(queue)
        queue.begin(job.id, "run")
        queue.give_back(job.id)

        with pytest.raises(NotWaiting, match="run"):
            queue.cancel(job.id)

    def test_a_job_about_a_run_is_cancelled(self, queue: JobQueue) -> None:
        """It has not made that run."""
        job, _ = queue.put(replace(new_job(), command=JobCommand.RESUME, run_id="run"), None)
        queue.begin(job.id, "run")
        queue.give_back(job.id)

        assert queue.cancel(job.id).state is JobState.CANCELLED

    def test_an_unknown_job(self, queue: JobQueue) -> None:
        """There is none, whatever its name looks like."""
        put(queue)

        assert [queue.find(name) for name in ("", "1", "../jobs", "000001-00000000")] == [None] * 4
        with pytest.raises(NotWaiting):
            queue.begin("../jobs")

    # -- texts of the service, and deletion

    def test_texts_of_the_service(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """Each name has its last text; one that was never kept has none."""
        queue.remember("schedule main", "2026-12-01T02:30:00+01:00")
        queue.remember("schedule second/..", "never")
        queue.remember("schedule main", "2026-12-02T02:30:00+01:00")

        names = ("schedule main", "schedule second/..", "other")
        assert [open_queue().recall(name) for name in names] == ["2026-12-02T02:30:00+01:00", "never", None]

    def test_the_first_text_of_a_name(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """Of two who keep a text under a name, the first one does, until it is forgotten."""
        kept = [each.remember_first("missed 1", who) for each, who in ((queue, "a"), (open_queue(), "b"))]
        first = queue.recall("missed 1")

        queue.forget("missed 1")

        assert (kept, first) == ([True, False], "a")
        assert open_queue().remember_first("missed 1", "b")

    def test_texts_are_forgotten(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """Alone: the others stay, and are found by the beginning of their names."""
        for name in ("stopped 1", "stopped 2", "refused main"):
            queue.remember(name, f"of {name}")

        open_queue().forget("stopped 1")
        open_queue().forget("never kept")

        assert queue.recall("stopped 1") is None
        assert queue.recall_all("stopped ") == {"stopped 2": "of stopped 2"}
        assert queue.recall_all("refused ") == {"refused main": "of refused main"}
        assert len(queue.recall_all("")) == 2

    def test_nothing_is_recalled_of_an_empty_queue(self, queue: JobQueue) -> None:
        """Before anything was kept, there is nothing."""
        assert (queue.recall("schedule main"), [*queue.jobs()], queue.find("x")) == (None, [], None)

    def test_a_job_that_is_over_is_deleted(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """Its content and its key go with it: the same again is a new job, with a new id."""
        job = ended(queue)

        queue.delete(job.id)

        assert job.content
        assert not job.content.exists()
        assert (queue.find(job.id), open_queue().find_key("import", "night")) == (None, None)
        again, is_new = put(queue, key="night")
        assert is_new
        assert again.id != job.id

    @pytest.mark.parametrize("state", [JobState.WAITING, JobState.WORKING])
    def test_a_job_that_is_not_over_is_not_deleted(self, queue: JobQueue, state: JobState) -> None:
        """It would be lost."""
        job, _ = put(queue)
        if state is JobState.WORKING:
            queue.begin(job.id)

        with pytest.raises(UsageFault):
            queue.delete(job.id)

        assert queue.find(job.id)

    def test_others_see_every_change(self, queue: JobQueue, open_queue: OpenQueue) -> None:
        """A queue that was opened before sees what another process did since, each time it asks."""
        other = open_queue()
        assert [*other.jobs()] == []
        job, _ = put(queue)

        changed = [
            (step(job.id), other.find(job.id)) for step in (queue.begin, queue.give_back, queue.cancel)
        ]
        queue.delete(job.id)

        assert [ours for ours, _ in changed] == [theirs for _, theirs in changed]
        assert [ours.state for ours, _ in changed] == ["working", "waiting", "cancelled"]
        assert other.find(job.id) is None
