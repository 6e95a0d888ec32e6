"""A job of the queue gets one run, and what a person approves is what the person has seen."""

from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from presence_worker.errors import AlreadyBegun, Locked, RunFault, RunMoved
from presence_worker.journal import JOURNAL, Journal, target_lock
from presence_worker.report import Summary
from presence_worker.run.commands import apply_run, resume_run, run_job, undo_run
from presence_worker.run_context import RunContext
from presence_worker.run_states import Intent, JobCommand, JobOfRun, JobWay, State
from presence_worker.runs.fingerprint import fingerprint_of
from presence_worker.sandbox import People, serve

from .test_without_file import TODAY, context_for

pytestmark = pytest.mark.anyio
JOB = "associateId,status\n12,StatusNotAvailable\n13,StatusNotAvailable\n"


class Desk:
    """Owns a target, and hands jobs of the queue in."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.context = context_for(folder, url, TODAY)
        self.content = folder / "queue" / "000001-0" / "content.csv"
        self.content.parent.mkdir(parents=True)
        self.content.write_text(JOB)

    def of(self, number: int, command: JobCommand, *, seen: str | None = None, by: str = "eva") -> RunContext:
        """Give the surroundings of a run of a job."""
        job = JobOfRun(f"00000{number}-0000000{number}", command, JobWay.HTTP, by)
        return replace(self.context, job=job, file_name="l\udcf8n.csv", seen=seen)

    async def run(self, number: int, intent: Intent = Intent.RUN) -> Summary:
        """Carry out the job of this number."""
        return await run_job(str(self.content), self.of(number, JobCommand(intent)), intent=intent)

    def jobs_of(self, summary: Summary) -> list[tuple[str, str, str | None]]:
        """Give what the journal says of a run's jobs."""
        with closing(self.journal(summary)) as journal:
            return [(job.id[:6], job.command, job.by) for job in journal.run().input.jobs]

    def journal(self, summary: Summary) -> Journal:
        """Open a run's journal."""
        return Journal.open(self.context.archive.runs / name(summary) / JOURNAL)

    def seen(self, summary: Summary) -> str:
        """Give the fingerprint of a run, as it is now."""
        return fingerprint_of(name(summary), self.context)

    def runs(self) -> list[str]:
        """Give the ids of all runs."""
        return [run.name for run in self.context.archive.index.runs()]


def name(summary: Summary) -> str:
    """Give a run's id."""
    assert summary.run_id
    return summary.run_id


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A target in the sandbox."""
    async with serve(People(20)) as service:
        yield Desk(tmp_path, service.url)


async def test_a_job_is_staged_once(desk: Desk) -> None:
    """Whoever hands it in again hears which run it has; another job with the same content is another run."""
    first = await desk.run(1)

    with pytest.raises(AlreadyBegun) as begun:
        await desk.run(1)

    assert (begun.value.run_id, desk.runs()) == (first.run_id, [first.run_id])
    second = await desk.run(2)
    assert desk.runs() == [second.run_id, first.run_id]
    assert [desk.jobs_of(run) for run in (second, first)] == [
        [("000002", "run", "eva")],
        [("000001", "run", "eva")],
    ]


async def test_of_two_at_once_one_stages(desk: Desk) -> None:
    """It is asked while the target is held: whoever comes later hears of the first, or finds it at work."""
    done: list[Summary] = []

    async def hand_in() -> None:
        with suppress(AlreadyBegun, Locked):
            done.append(await desk.run(1))

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(hand_in)

    assert desk.runs() == [summary.run_id for summary in done]
    assert len(done) == 1


async def test_a_job_whose_run_was_not_staged_is_new(desk: Desk) -> None:
    """Exit 7 uses up no job."""
    with target_lock(desk.context.target, desk.context.archive.state_dir), pytest.raises(Locked):
        await desk.run(1)

    assert (await desk.run(1)).exit_code == 0


async def test_the_file_is_called_as_its_sender_did(desk: Desk) -> None:
    """Nobody sees under which name the queue keeps it."""
    summary = await desk.run(1)

    assert summary.input.name == "l\\udcf8n.csv"
    folder = desk.context.archive.runs / name(summary)
    texts = [
        path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".html", ".json", ".csv")
    ]
    assert not [text for text in texts if str(desk.content.parent) in text]


async def test_a_refusal_names_it_as_its_sender_did(desk: Desk) -> None:
    """Only the next command has the place where it lies."""
    desk.content.write_bytes(b"")

    refused = await desk.run(1)

    assert (refused.state, refused.exit_code) == (State.REFUSED, 4)
    assert refused.message
    assert refused.message.startswith("l\\udcf8n.csv: the file is empty")
    assert refused.next
    assert str(desk.content) in refused.next.words


async def test_an_approval_is_bound_to_what_was_seen(desk: Desk) -> None:
    """A plan that is applied as it was seen is sent, once; the next one who saw it is refused."""
    plan = await desk.run(1, Intent.PLAN)
    seen = desk.seen(plan)

    sent = await apply_run(name(plan), desk.of(2, JobCommand.APPLY, seen=seen, by="ola"), any_age=False)

    assert (sent.state, sent.counts["updated"]) == (State.FINISHED, 2)
    assert desk.seen(plan) != seen
    assert (plan.approved_by, sent.approved_by) == (None, "ola")
    page = desk.context.archive.runs / name(plan) / "report.html"
    assert "approved by ola" in page.read_text("utf-8")
    assert desk.jobs_of(plan) == [("000001", "plan", "eva"), ("000002", "apply", "ola")]
    with pytest.raises(RunMoved, match="has changed since you saw it"):
        await apply_run(name(plan), desk.of(3, JobCommand.APPLY, seen=seen), any_age=False)
    with pytest.raises(RunMoved):
        await undo_run(name(plan), desk.of(4, JobCommand.UNDO, seen=seen))
    assert len(desk.jobs_of(plan)) == 2


async def test_a_refused_approval_leaves_no_trace(desk: Desk) -> None:
    """A run that was not begun does not have the job: it may be asked for again."""
    plan = await desk.run(1, Intent.PLAN)
    strict = desk.context.settings.safety.model_copy(update={"max_resume_age": 0.0})
    settings = desk.context.settings.model_copy(update={"safety": strict})
    approval = replace(desk.of(2, JobCommand.APPLY), settings=settings)

    with pytest.raises(RunFault, match="old, more than"):
        await apply_run(name(plan), approval, any_age=False)

    assert desk.jobs_of(plan) == [("000001", "plan", "eva")]


async def test_a_job_that_applies_or_undoes_does_so_once(desk: Desk) -> None:
    """The same job again hears which run it has."""
    plan = await desk.run(1, Intent.PLAN)
    apply, undo = desk.of(2, JobCommand.APPLY), desk.of(3, JobCommand.UNDO)
    sent = await apply_run(name(plan), apply, any_age=False)
    undone = await undo_run(name(plan), undo)

    with pytest.raises(AlreadyBegun) as applied:
        await apply_run(name(plan), apply, any_age=False)
    with pytest.raises(AlreadyBegun) as taken_back:
        await undo_run(name(plan), undo)

    assert (applied.value.run_id, taken_back.value.run_id) == (sent.run_id, undone.run_id)
    assert desk.jobs_of(undone) == [("000003", "undo", "eva")]
    assert undone.input.name == f"undo of {plan.run_id}"


async def test_a_run_with_nothing_left_is_not_begun_again(desk: Desk) -> None:
    """A resume that has nothing to do writes nothing."""
    done = await desk.run(1)

    again = await resume_run(name(done), desk.of(2, JobCommand.RESUME), any_age=False)

    assert (again.run_id, desk.jobs_of(done)) == (done.run_id, [("000001", "run", "eva")])


async def test_a_fingerprint_outlives_the_note_of_a_death(desk: Desk) -> None:
    """A run whose program was killed is the same run before and after somebody notes it."""
    plan = await desk.run(1, Intent.PLAN)
    with closing(desk.journal(plan)) as journal:
        journal.sessions.begin("apply", 10)
    seen = desk.seen(plan)

    resumed = await resume_run(name(plan), desk.of(2, JobCommand.RESUME, seen=seen), any_age=False)

    assert resumed.state == State.FINISHED
    assert desk.seen(plan) != seen
