"""A queue through any sequence of steps and crashes, beside a simple model of it."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import OPEN, JobState, KeyReused, NotWaiting, QueuedJob, QueueFull
from tests.examples import examples

from .given import put

OVER = (JobState.ENDED, JobState.FAILED, JobState.CANCELLED)
KEYS = st.none() | st.sampled_from(["a", "b"])
TARGETS = st.sampled_from(["main", "second"])


class Steps(RuleBasedStateMachine):
    """Whatever happens in whatever order, two processes see what the model says."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.state = Path(tempfile.mkdtemp())
        self.model: dict[str, QueuedJob] = {}
        self.texts: dict[str, str] = {}

    @initialize()
    def begin(self) -> None:
        """Open it twice."""
        self.queues = [FolderQueue(self.state), FolderQueue(self.state)]

    @rule(target=ids, key=KEYS, main=TARGETS, most=st.none() | st.integers(0, 4), of=st.integers(0, 1))
    def put(self, key: str | None, main: str, most: int | None, of: int) -> str:
        """Take in a job; one with a known key is the first again."""
        known = next((job for job in self.model.values() if key and job.new.key == key), None)
        waiting = sum(job.state == JobState.WAITING for job in self.model.values())
        try:
            job, is_new = put(self.queues[of], key=key, target=main, most=most)
        except KeyReused:
            assert known
            assert known.new.target != main
            return known.id
        except QueueFull:
            assert not known
            assert most is not None
            assert waiting >= most
            return ""
        assert is_new == (known is None)
        assert known is None or job == known
        self.model[job.id] = job
        return job.id

    @rule(job=ids, of=st.integers(0, 1), run=st.none() | st.just("run"))
    def work(self, job: str, of: int, run: str | None) -> None:
        """Begin a job."""
        known = self.model.get(job)
        try:
            self.queues[of].begin(job, run)
        except NotWaiting:
            assert known is None or known.state not in OPEN
        else:
            assert known
            self.model[job] = replace(known, state=JobState.WORKING, run_id=run or known.run_id)

    @rule(job=ids, of=st.integers(0, 1))
    def give_back(self, job: str, of: int) -> None:
        """Let it wait again."""
        known = self.model.get(job)
        try:
            self.queues[of].give_back(job)
        except NotWaiting:
            assert known is None or known.state not in OPEN
        else:
            assert known
            self.model[job] = replace(known, state=JobState.WAITING)

    @rule(job=ids, of=st.integers(0, 1), failed=st.booleans())
    def end(self, job: str, of: int, *, failed: bool) -> None:
        """End it."""
        known = self.model.get(job)
        try:
            self.queues[of].end(job, run_id=None, exit_code=0, headline="done", has_failed=failed)
        except NotWaiting:
            assert known is None or known.state is JobState.CANCELLED
        else:
            assert known
            state = JobState.FAILED if failed else JobState.ENDED
            self.model[job] = replace(known, state=state, exit_code=0, headline="done")

    @rule(job=ids, of=st.integers(0, 1))
    def cancel(self, job: str, of: int) -> None:
        """Cancel it."""
        known = self.model.get(job)
        try:
            self.queues[of].cancel(job)
        except NotWaiting:
            assert known is None or known.state is not JobState.WAITING or known.run_id
        else:
            assert known
            assert known.run_id is None
            self.model[job] = replace(known, state=JobState.CANCELLED, content=None)

    @rule(job=ids, of=st.integers(0, 1))
    def delete(self, job: str, of: int) -> None:
        """Delete it."""
        known = self.model.get(job)
        try:
            self.queues[of].delete(job)
        except NotWaiting:
            assert known is None or known.state not in OVER
        else:
            del self.model[job]

    @rule(of=st.integers(0, 1))
    def die(self, of: int) -> None:
        """Let one process die and begin again: it reads all there is."""
        self.queues[of] = FolderQueue(self.state)

    @rule(name=st.sampled_from(["x", "y/.."]), of=st.integers(0, 1))
    def remember(self, name: str, of: int) -> None:
        """Keep a text."""
        self.texts[name] = str(len(self.texts))
        self.queues[of].remember(name, self.texts[name])

    @invariant()
    def same_jobs(self) -> None:
        """Both see the same, oldest first, and only what they need is on disk."""
        expected = sorted(self.model.values(), key=lambda job: job.order)
        for queue in getattr(self, "queues", []):
            assert [*queue.jobs()] == expected
            assert {name: queue.recall(name) for name in self.texts} == self.texts
        contents = {path.parent.name for path in self.state.glob("queue/content/*/*")}
        assert contents == {job.id for job in expected if job.content}

    def teardown(self) -> None:
        """Clean up."""
        shutil.rmtree(self.state, ignore_errors=True)


TestSteps = Steps.TestCase
TestSteps.settings = settings(max_examples=examples(40), stateful_step_count=25)
