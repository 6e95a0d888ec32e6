"""One session of work on a staged run: read the current statuses, then send what is still to be sent."""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta

import anyio

from ..delivery import Halt, Policy
from ..errors import Cause, Planned, PresenceWorkerError, Stopped, Terminated
from ..journal import give_back_reserve
from ..run_context import RunContext
from ..run_states import Intent, Step
from ..runs.listing import keep_so_far
from ..settings.value_types import seconds_left
from ..superoffice import Client
from ..threads import work_in_thread
from ..wording import amount
from .announcer import Announcer, Monitor
from .prepare import StagedRun
from .read_present_values import PresentValueReader
from .row_trouble import log_rows
from .sending import Recorder, Sending
from .staging import check_safety_limits

FINISHING = "stopping: requests in progress are finished first"
FINISHED = "; requests in progress were finished"


class Session:
    """Owns what ends a session early, and what it notes of itself."""

    def __init__(self, run: StagedRun, context: RunContext, announcer: Announcer) -> None:
        self._run = run
        self._journal = run.journal
        self._context = context
        self._announcer = announcer
        self._clock = asyncio.get_running_loop().time
        self._halt = Halt(context.settings.delivery.drain, self._clock)
        self._outbox = run.lease.outbox(
            run.journal,
            rate=context.settings.delivery.rate,
            concurrency=context.settings.delivery.concurrency,
        )
        self._recorder = Recorder(self._outbox, run.journal.logged, self._make_room)
        self._sending: Sending | None = None

    async def run(self) -> PresenceWorkerError | None:
        """Read, judge, send; return, when all outcomes are on disk, what ended the session early, or None."""
        seconds, worked, gets = 0.0, 0.0, 0
        self._run.lease.on_stop(self._stop_for)
        with self._context.shutdown.watched(self._stop):
            async with self._context.open_service() as client:
                client.guard(self._run.lease.may_send)
                began = self._clock()
                worked = await self._work(client)
                seconds, gets = self._clock() - began, client.gets
        await self._close(seconds, worked, gets)
        return self._halt.reason

    def _stop(self) -> None:
        shutdown = self._context.shutdown
        self._announcer.stop_soon("; ".join(filter(None, (FINISHING, shutdown.hint))))
        self._halt(shutdown.reason(FINISHED))
        self._run.lease.hurry()

    def _stop_for(self, by: str) -> None:
        """End the run early because a person asked another machine for that; any thread may call this."""
        self._context.shutdown.request(Terminated, by)

    def _make_room(self) -> None:
        give_back_reserve(self._run.folder)

    async def _close(self, seconds: float, worked: float, gets: int) -> None:
        await work_in_thread(self._make_room)
        if self._halt.has_cut_off:
            self._run.lease.expect_late_request()
        try:
            if self._recorder.has_lost:  # the session stays open: what it began is in doubt
                await self._outbox.give_back(self._sending.begun if self._sending else 0)
            else:
                await work_in_thread(self._journal.sessions.end, seconds=seconds, worked=worked, gets=gets)
        except Stopped as error:
            self._halt(error)

    async def _work(self, client: Client) -> float:
        """Return the seconds in which there were requests to make."""
        left = deadline(self._context.settings.delivery.deadline, self._clock, self._context.waited)
        policy = Policy(
            self._context.settings.delivery,
            self._halt,
            clock=self._clock,
            seconds_left=left,
            wait=self._run.lease.wait,
        )
        monitor = Monitor(self._announcer, policy, self._halt, clock=self._clock, seconds_left=left)
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._keep_deadline, left())
            beside.start_soon(monitor.run)
            try:
                with self._halt.scope():  # a late request of a run before may still change what we read
                    await self._run.lease.wait()
                await self._read_and_send(client, policy)
            except PresenceWorkerError as error:  # such as a journal that cannot be written
                self._halt(error)
            beside.cancel_scope.cancel()
        return policy.pace.worked

    async def _keep_deadline(self, left: float) -> None:
        if left != float("inf"):
            await anyio.sleep(left)
            self._halt(Stopped("delivery.deadline has come", cause=Cause.DEADLINE))
            self._run.lease.hurry()

    async def _read_and_send(self, client: Client, policy: Policy) -> None:
        if not self._halt.reason and self._journal.run().step != Step.SEND:
            await self._read_present_values(client, policy)
        if not self._halt.reason:
            await work_in_thread(self._prepare_to_send)
            self._sending = Sending(self._run, client, policy, self._context, self._announcer, self._recorder)
            await self._sending.run()
        await work_in_thread(self._journal.add_note, client.hint.given)

    def _prepare_to_send(self) -> None:
        log_rows(self._journal, never_sent=True)
        so_far = keep_so_far(self._journal, self._context)
        self._run.lease.save(self._journal, so_far)  # what follows are outcomes alone

    async def _read_present_values(self, client: Client, policy: Policy) -> None:
        """Read what the service holds, and judge whether what is left to do may be done."""
        reader = PresentValueReader(
            journal=self._journal,
            client=client,
            policy=policy,
            halt=self._halt,
            context=self._context,
            announcer=self._announcer,
            overtaken=self._run.overtaken,
        )
        users = await reader.read()
        if not self._halt.reason and (reason := await work_in_thread(self._judge, users)):
            self._halt(reason)

    def _judge(self, users: int | None) -> PresenceWorkerError | None:
        """Return why nothing is sent now, or None; the journal keeps the step that follows."""
        reason = self._reason_to_wait(users)
        with self._journal.transaction():
            self._journal.save_step(Step.COMPARE if reason else Step.SEND)
        return reason

    def _reason_to_wait(self, users: int | None) -> PresenceWorkerError | None:
        """Return why nothing is sent, or None; what was held or planned before is not asked again."""
        run = self._journal.run()
        if run.step != Step.READ:
            return None
        held = check_safety_limits(self._journal, users, self._context.settings.safety)
        if held or run.intent != Intent.PLAN:
            return held
        return Planned(f"{amount(self._journal.results.to_send(), 'change')} planned; nothing was sent")


def deadline(at: float | time | None, clock: Callable[[], float], waited: float) -> Callable[[], float]:
    """Return the function that says how many seconds are left; the run was called *waited* seconds ago."""
    if at is None:
        return lambda: float("inf")
    called = datetime.now().astimezone() - timedelta(seconds=waited)
    end = clock() - waited + seconds_left(at, called)
    return lambda: end - clock()
