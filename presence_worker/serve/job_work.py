"""One job is carried out for the service: it begins, it is watched, and what follows its ending is noted."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import anyio
import structlog

from ..errors import DatabaseAway, ExitCode, StateFault, UsageFault
from ..events import emit_to, unheard
from ..queue.job_queue import OVER, JobQueue, JobState, NotWaiting, QueuedJob
from ..run_context import RunContext
from ..run_states import JobCommand, JobWay
from ..settings import Settings
from ..threads import work_in_thread
from .hosted_job import HostedJob
from .live_runs import LiveRuns
from .messenger import Failure, JobMessages, Messenger
from .served_targets import ServedTargets
from .service_notes import ServiceNotes
from .target_pauses import TargetPauses
from .what_follows import JobEnding, JobTrouble, Stopper, Then, has_failed_without_run

RETRY = 1.0  # seconds until an ending is written again after a fault of the disk
ELSEWHERE = (JobTrouble.BUSY, JobTrouble.DATABASE)  # what a job meets that another machine may work on
PART = 0.75  # of serve.drain, for the requests in progress
DISK = (OSError, StateFault, DatabaseAway)  # what the queue raises where it cannot be read or written
UNREADABLE = (*DISK, UsageFault)  # the same, also where this machine lacks the key or a right
STEPS = {Then.WAIT: "job.waits", Then.LEAVE: "job.left", Then.DROP: "job.taken"}  # else job.ended
Send = Callable[[], Awaitable[None]]
log = structlog.get_logger()


class Surroundings(NamedTuple):
    """What all jobs of the service share."""

    targets: ServedTargets
    queue: JobQueue
    live: LiveRuns
    messenger: Messenger
    notes: ServiceNotes
    pauses: TargetPauses
    after_run: Callable[[], None]  # it blocks


class JobWork:
    """Owns the way of a job through the service."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def carry_out(self, job: QueuedJob, enter: Callable[[HostedJob], None]) -> Send | None:
        """Carry out a job; return what sends the messages about it. Its target may be free before that.

        *enter* hears of it when it begins, unless it cannot begin.
        """
        begun = await self._begin(job)
        if begun is None:
            return None
        hosted, context = begun
        enter(hosted)
        log.info("job.began", job=job.id, target=job.new.target, command=job.new.command, way=job.new.way)
        messages = self._around.messenger.follow(context)
        ending, then = await hosted.carry_out(self._add_watchers(job, context, messages))
        then = await self._note_ending(hosted.job, ending, then)
        if then is Then.DROP:
            return None
        code = None if then is Then.LEAVE else ending.exit_code
        return partial(self._report, messages, code, _failure(job, ending, then, context))

    async def _begin(self, job: QueuedJob) -> tuple[HostedJob, RunContext] | None:
        targets, queue = self._around.targets, self._around.queue
        try:
            context = await work_in_thread(targets.context, job.new.target)
            found = await work_in_thread(queue.find, job.id) or job
            await work_in_thread(queue.begin, job.id)
        except StateFault:
            raise
        except NotWaiting:  # it was cancelled, or has ended, since the queue was read
            return None
        except UsageFault as fault:
            self._around.pauses.begin(job.new.target, JobTrouble.CONFIGURATION, str(fault))
            return None
        hosted = HostedJob(found, queue, tries=targets.loaded.serve.tries)
        if job.id in self._around.notes.stopped:
            hosted.stop(Stopper.PERSON, "a person")
        return hosted, context

    def _add_watchers(self, job: QueuedJob, context: RunContext, messages: JobMessages | None) -> RunContext:
        hear = self._around.live.begin(job.id, job.new.target, job.new.command)
        follow = messages.hear if messages else unheard
        settings = _with_drain(context.settings, self._around.targets.loaded.drain)
        return replace(context, settings=settings, subscriber=emit_to(context.subscriber, hear, follow))

    async def _report(self, messages: JobMessages | None, code: int | None, failure: Failure | None) -> None:
        await work_in_thread(self._around.after_run)
        if messages:
            await messages.end(code, failure)

    async def _note_ending(self, job: QueuedJob, ending: JobEnding, then: Then) -> Then:
        """Write down how a job ended, as soon as the disk takes it; return what has come of it."""
        while True:
            try:
                await work_in_thread(self._write_ending, job, ending, then)
                if then is not Then.DROP:
                    await self._pause_or_go_on(job.new.target, ending)
                break
            except NotWaiting:  # another machine has ended it
                then = Then.DROP
                break
            except UNREADABLE as error:
                log.warning("queue.failed", detail=str(error))
                await anyio.sleep(RETRY)
        if then in STEPS:
            self._around.live.leave(job.id)
        _log_ending(job, ending, then)
        return then

    def _write_ending(self, job: QueuedJob, ending: JobEnding, then: Then) -> None:
        if then is Then.WAIT:
            if not self._is_elsewhere(job, ending):
                self._around.queue.give_back(job.id)
        elif then not in (Then.LEAVE, Then.DROP):
            ended = self._around.queue.end(
                job.id,
                run_id=ending.run_id,
                exit_code=ending.exit_code,
                headline=ending.headline,
                has_failed=then is Then.FAIL,
            )
            self._around.notes.forget_stop(job.id)
            self._clean_up(ended)

    def _is_elsewhere(self, job: QueuedJob, ending: JobEnding) -> bool:
        """Return whether another machine may work on a job: it was at work before us, or has another run."""
        if self._around.targets.loaded.common.fleet is None or ending.trouble not in ELSEWHERE:
            return False
        if job.state is JobState.WORKING:
            return True
        found = self._around.queue.find(job.id)
        return found is not None and found.run_id not in (job.run_id, ending.run_id)

    def clean_up(self) -> None:
        """Do again what follows the ending of jobs: we may have been killed before it. It blocks."""
        over = [job for job in self._around.queue.jobs() if job.state in OVER]
        self._around.notes.forget_stops([job.id for job in over])
        for job in over:
            if not job.is_answered and job.state is not JobState.CANCELLED:  # of which nothing is left
                self._clean_up(job)

    def _clean_up(self, job: QueuedJob) -> None:
        keep = job.exit_code == ExitCode.REFUSED or has_failed_without_run(job)
        if job.new.way is not JobWay.INBOX:  # whose folder gets its answer first
            self._around.queue.note_answered(job.id, keep_content=keep)

    async def _pause_or_go_on(self, target: str, ending: JobEnding) -> None:
        if ending.trouble is JobTrouble.CREDENTIALS:
            await self._around.pauses.note_refused(target, ending.run_id or "", ending.headline)
        elif ending.trouble:
            self._around.pauses.begin(target, ending.trouble, ending.headline, ending.run_id)
        else:
            await self._around.pauses.end_after(target, ending.exit_code)


def _log_ending(job: QueuedJob, ending: JobEnding, then: Then) -> None:
    log.info(
        STEPS.get(then, "job.ended"),
        job=job.id,
        target=job.new.target,
        run_id=ending.run_id,
        state=ending.state,
        exit_code=int(ending.exit_code),
        has_failed=then is Then.FAIL,
    )


def _with_drain(settings: Settings, most: float | None) -> Settings:
    """Let a run that has to stop wait for its requests no longer than leaves it time for its reports."""
    delivery = settings.delivery
    if most is None or (delivery.drain is not None and delivery.drain <= most * PART):
        return settings
    return settings.model_copy(update={"delivery": delivery.model_copy(update={"drain": most * PART})})


def _failure(job: QueuedJob, ending: JobEnding, then: Then, context: RunContext) -> Failure | None:
    """Return what the message says where no run has ended; None for no message, or one about its run."""
    is_refused = ending.exit_code == ExitCode.USAGE
    has_ended = ending.state is not None or (ending.run_id is not None and not is_refused)
    if has_ended or then is Then.WAIT or job.new.command is JobCommand.PLAN:
        return None
    return "refused" if is_refused else "stopped", context.command("runs")
