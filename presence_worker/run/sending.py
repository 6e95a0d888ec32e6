"""The rows of a run on their way to SuperOffice, until each has its outcome in the journal."""

from datetime import datetime
from typing import NamedTuple

import anyio
import structlog

from ..delivery import (
    Halt,
    Pipeline,
    Policy,
    SystemicFailures,
    deliver,
    number_of_read_backs,
    read_back,
    source_of,
)
from ..events import Activity, Topic
from ..journal import Journal, RowsAhead
from ..model import Change, Outcome, Reason, Result, Trouble
from ..run_context import SANDBOX, RunContext
from ..superoffice import Client, is_online, maintenance
from .announcer import Announcer, requests_in_all
from .prepare import StagedRun
from .recorder import Recorder

IN_DOUBT = Outcome(
    result=Result.UNKNOWN,
    reason=Reason.BAD_ANSWER,
    detail="more answers came than requests went out; this row's may be another's",
    attempts=0,
    wire_puts=0,
    trouble=Trouble.OWN,  # not its last outcome: the row is read back
)
log = structlog.get_logger()


class Doubts:
    """Owns the rows that are to be read back. Until they are, the journal has them as unknown."""

    def __init__(self, journal: Journal, client: Client, recorder: Recorder, halt: Halt) -> None:
        self._journal = journal
        self._client = client
        self._recorder = recorder
        self._halt = halt
        self._rows: dict[int, Change] = {}

    def look(self) -> None:
        """Look out for doubts, between two rows."""
        if doubted := self._client.take_doubted():
            self._take(doubted)

    async def settle(self, pipeline: Pipeline, *, workers: int) -> None:
        """Read all of them back, and send again what is not proven; call it when nothing else is sent."""
        self._take(await self._client.take_last_doubted())
        while self._rows and not self._halt.reason:
            rows, self._rows = self._rows, {}
            await deliver(source_of(rows.values()), pipeline, self._take_outcome, self._halt, workers=workers)
            self._take(await self._client.take_last_doubted())

    def _take(self, associates: set[int]) -> None:
        if not associates:
            return
        for change in self._journal.outbox.changes_of(associates):
            log.warning("row.in_doubt", row=change.row, associate_id=change.associate_id)
            self._rows[change.row] = change
            self._recorder.add(change.row, IN_DOUBT)

    def _take_outcome(self, change: Change, outcome: Outcome) -> None:
        log.warning("row.read_back", row=change.row, associate_id=change.associate_id, result=outcome.result)
        self._recorder.add(change.row, outcome)


MOST_AHEAD = 500  # rows that are taken at once; memory stays flat at any rate
OVERTAKEN = Outcome(
    result=Result.REJECTED,
    reason=Reason.MOVED_SINCE_RUN,
    detail="a later run has set this associate, or found what it wanted there",
    attempts=0,
    wire_puts=0,
)


class Outlook(NamedTuple):
    """What there is to do."""

    to_send: int  # rows
    requests: int  # of the run in all, those already made included
    maintenance: str | None  # of the service meanwhile, where that is news


class Sending:
    """Owns the rows that are handed out, and those that are to be read back before they count."""

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
        delivery = context.settings.delivery
        self._workers = delivery.concurrency
        page = min(MOST_AHEAD, max(delivery.concurrency, int(policy.pace.rate)))
        self._rows = RowsAhead(run.journal.outbox, page)
        self._doubts = Doubts(run.journal, client, recorder, policy.halt)
        self._failures: SystemicFailures

    @property
    def begun(self) -> int:
        """Return the last row that was taken up."""
        return self._rows.begun

    async def run(self) -> None:
        """Send row after row; return when every outcome is on disk, or was kept from it by a full one."""
        outlook = await anyio.to_thread.run_sync(self._look_ahead)
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
            return policy.verified(put, client.read_back, client.get)
        return policy.pipeline(put)

    async def _next(self) -> Change | None:
        """Return the next row to send; what a later run has set is settled without a request."""
        async for change in self._rows:
            self._doubts.look()
            if change.associate_id not in self._run.overtaken:
                return change
            self._record(change, OVERTAKEN)
        return None

    def _settle(self, change: Change, outcome: Outcome) -> None:
        for settled_change, settled in self._failures.settle(change, outcome):
            self._record(settled_change, settled)

    def _record(self, change: Change, outcome: Outcome) -> None:
        self._recorder.add(change.row, outcome)
        self._announcer.row_settled(change.row, outcome.result)

    def _announce(self, outlook: Outlook) -> None:
        if outlook.maintenance:
            self._announcer.note(outlook.maintenance, Topic.MAINTENANCE)
        if outlook.to_send:
            rate = self._context.settings.delivery.rate
            self._announcer.announce(outlook.requests, rate, is_final=True)

    def _look_ahead(self) -> Outlook:
        to_send = self._run.journal.results.to_send()
        return Outlook(to_send, self._requests(to_send), self._maintenance(to_send))

    def _requests(self, to_send: int) -> int:
        """Return how many requests the run takes in all; a row in doubt is read before it is sent again."""
        journal, settings, overtaken = self._run.journal, self._context.settings, self._run.overtaken
        reads = journal.results.in_doubt() if settings.target.verify_reads else 0
        people = journal.rows.people_to_send() if overtaken else ()
        puts = to_send - sum(person in overtaken for person in people)
        more = puts + reads + number_of_read_backs(settings.delivery.verify, puts)
        return requests_in_all(journal, more=more, gets=self._client.gets)

    def _maintenance(self, to_send: int) -> str | None:
        """Return what is announced for the time so many rows may take, where the report does not have it."""
        settings = self._context.settings
        if self._context.target == SANDBOX or not is_online(settings.target):
            return None
        words = maintenance(datetime.now().astimezone(), to_send / settings.delivery.rate)
        return words if self._run.journal.add_note(words) else None
