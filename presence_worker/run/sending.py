"""The rows of a run on their way to SuperOffice, until each has its outcome in the journal."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import anyio

from ..delivery import (
    Pipeline,
    Policy,
    SystemicFailures,
    deliver,
    read_back,
)
from ..errors import Stopped
from ..events import Activity, Topic
from ..journal import LOGGED, LoggedRows, Outbox, RowsAhead, Settled, Unlogged, is_full, now
from ..model import Change, Outcome, Reason, Result
from ..run_context import SANDBOX, RunContext
from ..superoffice import Client, is_online, maintenance
from ..threads import work_in_thread
from .announcer import Announcer, requests_in_all
from .prepare import StagedRun
from .row_trouble import Doubts, log_each

MOST = 200  # rows in a group
LONGEST = 0.02  # seconds an outcome waits for others
OVERTAKEN = Outcome(
    result=Result.REJECTED,
    reason=Reason.MOVED_SINCE_RUN,
    detail="a later run has set this user, or has found the wanted value there",
    attempts=0,
    wire_puts=0,
)


class Recorder:
    """Owns the outcomes that are judged but not yet on disk; they count only once they are there."""

    def __init__(
        self, outbox: Outbox, logged: LoggedRows, make_room: Callable[[], None] = lambda: None
    ) -> None:
        self.outbox = outbox
        self._logged = logged
        self._make_room = make_room
        self._full: Stopped | None = None  # why no more is sent, although all could be written
        self._waiting: list[Settled] = []
        self._some = anyio.Event()
        self._many = anyio.Event()
        self._writing = anyio.Lock()
        self.has_lost = False  # outcomes that could not be written: their rows must stay in doubt

    def add(self, row: int, outcome: Outcome) -> None:
        """Take an outcome in; it is written soon."""
        self._waiting.append((row, outcome, now()))
        if len(self._waiting) == 1:
            self._some.set()
        elif len(self._waiting) == MOST:
            self._many.set()

    async def run(self, stop: Callable[[Stopped], None]) -> None:
        """Write group after group until cancelled; a write that fails stops the run."""
        try:
            while True:
                await self._some.wait()
                with anyio.move_on_after(LONGEST):
                    await self._many.wait()
                await self.flush()
        except Stopped as error:
            stop(error)

    async def flush(self) -> None:
        """Write what is waiting; return when it is on disk. Raise Stopped where that fails."""
        async with self._writing:
            if not self._waiting:
                return
            group, self._waiting = self._waiting, []
            self._some, self._many = anyio.Event(), anyio.Event()
            try:
                with anyio.CancelScope(shield=True):
                    log_each(await self._write(group))
            except Stopped:
                self.has_lost = True
                raise
            if self._full:
                raise self._full

    async def _write(self, group: list[Settled]) -> list[Unlogged]:
        """Write a group; return the rows of it that the log does not have yet."""
        try:
            await self.outbox.record(group)
        except Stopped as error:
            if not is_full(error):
                raise
            await work_in_thread(self._make_room)
            await self.outbox.record(group)
            self._full = error
        not_done = [row for row, outcome, _ in group if outcome.result in LOGGED and not outcome.trouble]
        return await work_in_thread(self._mark, not_done) if not_done else []

    def _mark(self, rows: list[int]) -> list[Unlogged]:
        """Return those of *rows* that have no event yet of the outcome on disk, and mark them."""
        try:
            found = self._logged.among(rows)
            self._logged.mark(found)
        except Stopped:  # they are logged at the end
            return []
        return found


class Outlook(NamedTuple):
    """What there is to do."""

    to_send: int  # rows
    requests: int  # of the run in all, those already made included
    maintenance: str | None  # of SuperOffice in that time, where that is news


class Sending:
    """Owns the rows that are handed out, and those that must be read back before they count."""

    def __init__(
        self,
        run: StagedRun,
        client: Client,
        policy: Policy,
        context: RunContext,
        announcer: Announcer,
        recorder: Recorder,
    ) -> None:
        self._run = run
        self._client = client
        self._policy = policy
        self._context = context
        self._announcer = announcer
        self._recorder = recorder
        self._workers = context.settings.delivery.concurrency
        self._rows = RowsAhead(recorder.outbox)
        self._doubts = Doubts(run.journal, client, recorder.add, policy.halt)
        self._failures: SystemicFailures

    @property
    def begun(self) -> int:
        """Return the last row that was taken up."""
        return self._rows.begun

    async def run(self) -> None:
        """Send row after row; return when every outcome is on disk, or was kept from it by a full one."""
        outlook = await work_in_thread(self._look_ahead)
        self._announce(outlook)
        safety, halt = self._context.settings.safety, self._policy.halt
        self._failures = SystemicFailures(
            halt, limit=safety.max_failures, to_send=outlook.to_send, floor=safety.percent_floor
        )
        self._announcer.begin(Activity.SENDING, outlook.to_send)
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._rows.run)
            beside.start_soon(self._recorder.run, halt)
            await self._send()
            beside.cancel_scope.cancel()
        self._announcer.end()
        await self._recorder.flush()

    async def _send(self) -> None:
        pipeline = self._pipeline()
        await deliver(self._next, pipeline, self._settle, self._policy.halt, workers=self._workers)
        for change, outcome in self._failures.release():
            self._record(change, outcome)
        await self._doubts.settle(pipeline, workers=self._workers)

    def _pipeline(self) -> Pipeline:
        client, policy, settings = self._client, self._policy, self._context.settings
        put = read_back(client.put, client.get, policy.pace, settings.delivery.verify)
        if settings.target.verify_reads:
            return policy.pipeline_with_proof(put, client.read_back, client.get)
        return policy.pipeline(put)

    async def _next(self) -> Change | None:
        """Return the next row to send; what a later run has set is settled without a request."""
        async for change in self._rows:
            await self._run.lease.wait()
            self._doubts.look()
            if change.associate_id not in self._run.overtaken:
                return change
            self._record(change, OVERTAKEN)
        return None

    def _settle(self, change: Change, outcome: Outcome) -> None:
        for settled_change, settled in self._failures.settle(change, outcome):
            self._record(settled_change, settled)
        self._recorder.outbox.set_aside(self._failures.kept_back)

    def _record(self, change: Change, outcome: Outcome) -> None:
        self._recorder.add(change.row, outcome)
        self._announcer.row_settled(change.row, outcome.result, was_sent=outcome.attempts > 0)

    def _announce(self, outlook: Outlook) -> None:
        if outlook.maintenance:
            self._announcer.note(outlook.maintenance, Topic.MAINTENANCE)
        if outlook.to_send:
            rate = self._context.settings.delivery.rate
            self._announcer.announce(outlook.requests, rate, is_final=True)

    def _look_ahead(self) -> Outlook:
        run, settings = self._run, self._context.settings
        requests = requests_in_all(run.journal, settings, run.overtaken, gets=self._client.gets)
        to_send = run.journal.results.to_send()
        return Outlook(to_send, requests, self._maintenance(to_send))

    def _maintenance(self, to_send: int) -> str | None:
        """Return what is announced for the time so many rows may take, where the report does not have it."""
        settings = self._context.settings
        if self._context.target == SANDBOX or not is_online(settings.target):
            return None
        words = maintenance(datetime.now().astimezone(), to_send / settings.delivery.rate)
        return words if self._run.journal.add_note(words) else None
