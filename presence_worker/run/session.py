"""One session of work on a staged run: deliver what is still to be sent."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import anyio
import structlog

from ..delivery import Halt, Policy, Watch, deliver, number_of_read_backs, read_back
from ..errors import Planned, PresenceWorkerError, Stopped
from ..events import Activity, Topic
from ..journal import Journal, give_back_reserve
from ..model import Change, Intent, Outcome, Reason, Result, Step
from ..run_context import SANDBOX, RunContext
from ..settings.quantities import seconds_left
from ..superoffice import Client, is_online, maintenance
from ..wording import amount
from .announcer import Announcer, requests_in_all
from .doubts import Doubts
from .monitor import Monitor
from .read_present_values import PresentValueReader
from .recorder import Recorder, log_rows
from .staging import against

OVERTAKEN = Outcome(
    result=Result.REJECTED,
    reason=Reason.MOVED_SINCE_RUN,
    detail="a later run has set this associate, or found what it wanted there",
    attempts=0,
    wire_puts=0,
)
FINISHING = "told to stop: finishing what is in flight"
FINISHED = "; what was in flight was finished"
log = structlog.get_logger()


class Session:
    """Owns what one session needs beside the policy: the journal, the recorder, the watch and the halt."""

    def __init__(
        self, journal: Journal, context: RunContext, announcer: Announcer, overtaken: frozenset[int]
    ) -> None:
        self._journal = journal
        self._clock = asyncio.get_running_loop().time
        self._announcer = announcer
        self._context = context
        self._settings = context.settings
        self._overtaken = overtaken  # associates a later run has written: not sent
        self._halt = Halt(self._settings.delivery.drain, self._clock)
        self._begun = 0  # the last row that was taken up
        self._recorder = Recorder(journal.sessions, journal.logged, self._make_room)

    async def run(self) -> PresenceWorkerError | None:
        """Read, judge and deliver; return when every outcome is on disk.

        Give what ended the session early, or None.
        """
        seconds, gets = 0.0, 0
        with self._context.shutdown.watched(self._stop):
            async with self._context.open_service() as client:
                began = self._clock()
                await self._work(client)
                seconds, gets = self._clock() - began, client.gets
        self._make_room()
        if self._recorder.has_lost:  # the session stays open: what it began is in doubt
            with suppress(Stopped):
                self._journal.sessions.give_back(self._begun)
        else:
            try:
                self._journal.sessions.end(seconds=seconds, gets=gets)
            except Stopped as error:
                self._halt(error)
        return self._halt.reason

    def _make_room(self) -> None:
        give_back_reserve(Path(self._journal.path).parent)

    async def _work(self, client: Client) -> None:
        seconds_left = self._until_deadline()
        policy = Policy(self._settings.delivery, self._halt, clock=self._clock, seconds_left=seconds_left)
        monitor = Monitor(self._announcer, policy, self._halt, clock=self._clock, seconds_left=seconds_left)
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._keep_deadline)
            beside.start_soon(monitor.run)
            try:
                if self._journal.run().step != Step.SEND:
                    await self._read(client, policy)
                if not self._halt.reason:
                    log_rows(self._journal, never_sent=True)
                    await self._deliver(client, policy)
                self._journal.add_note(client.hint.given)
            except PresenceWorkerError as error:  # such as a journal that cannot be written
                self._halt(error)
            beside.cancel_scope.cancel()

    async def _read(self, client: Client, policy: Policy) -> None:
        """Read the present values, and judge whether what is left to do may be done."""
        reader = PresentValueReader(
            journal=self._journal,
            client=client,
            policy=policy,
            halt=self._halt,
            context=self._context,
            announcer=self._announcer,
            overtaken=self._overtaken,
        )
        users = await reader.read()
        if self._halt.reason:
            return
        reason = self._not_now(users)
        with self._journal.transaction():
            self._journal.save_step(Step.COMPARE if reason else Step.SEND)
        if reason:
            self._halt(reason)

    def _not_now(self, users: int | None) -> PresenceWorkerError | None:
        """Give why nothing is sent now, or None; what was held or planned before is not asked again."""
        run = self._journal.run()
        if run.step != Step.READ:
            return None
        held = against(self._journal, users, self._settings.safety)
        if held or run.intent != Intent.PLAN:
            return held
        number = self._journal.results.to_send()
        return Planned(f"{amount(number, 'change')} planned; nothing was sent")

    async def _deliver(self, client: Client, policy: Policy) -> None:
        delivery = self._settings.delivery
        put = read_back(client.put, client.get, policy.pace, delivery.verify)
        tries = (
            policy.verified(put, client.read_back, client.get)
            if self._settings.target.verify_reads
            else policy.tries(put)
        )
        to_send = self._journal.results.to_send()
        page = max(delivery.concurrency, int(policy.pace.rate))
        self._watch = Watch(
            self._halt,
            limit=self._settings.safety.max_failures,
            to_send=to_send,
            floor=self._settings.safety.percent_floor,
        )
        self._look_ahead(to_send)
        self._announce(to_send, client)
        self._announcer.begin(Activity.SENDING, to_send)
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._recorder.run, self._halt)
            doubts = Doubts(self._journal, client, self._recorder, self._halt)
            changes = doubts.watch(self._not_overtaken(self._journal.sessions.changes(page)))
            await deliver(changes, tries, self._settle, self._halt, workers=delivery.concurrency)
            for change, outcome in self._watch.release():
                self._record(change, outcome)
            await doubts.settle(tries, workers=delivery.concurrency)
            beside.cancel_scope.cancel()
        self._announcer.end()
        await self._recorder.flush()

    def _look_ahead(self, to_send: int) -> None:
        """Say what is announced for the time so many rows may take."""
        if self._context.target == SANDBOX or not is_online(self._settings.target):
            return
        expected = to_send / self._settings.delivery.rate
        words = maintenance(datetime.now().astimezone(), expected)
        if words and self._journal.add_note(words):
            self._announcer.note(words, Topic.MAINTENANCE)

    def _announce(self, to_send: int, client: Client) -> None:
        """Say how many requests the run takes in all; a row in doubt is read before it is sent again."""
        if not to_send:
            return
        looks = self._journal.results.in_doubt() if self._settings.target.verify_reads else 0
        people = self._journal.results.people_to_send() if self._overtaken else ()
        left_alone = sum(person in self._overtaken for person in people)
        delivery, puts = self._settings.delivery, to_send - left_alone
        more = puts + looks + number_of_read_backs(delivery.verify, puts)
        requests = requests_in_all(self._journal, more=more, gets=client.gets)
        self._announcer.announce(requests, delivery.rate, is_final=True)

    def _stop(self) -> None:
        shutdown = self._context.shutdown
        self._announcer.stopping("; ".join(filter(None, (FINISHING, shutdown.hint))))
        self._halt(shutdown.reason(FINISHED))

    def _settle(self, change: Change, outcome: Outcome) -> None:
        for settled_change, settled in self._watch.settle(change, outcome):
            self._record(settled_change, settled)

    def _record(self, change: Change, outcome: Outcome) -> None:
        self._recorder.add(change.row, outcome)
        self._announcer.row_settled(change.row, outcome.result)

    def _not_overtaken(self, changes: Iterator[Change]) -> Iterator[Change]:
        for change in changes:
            self._begun = change.row
            if change.associate_id in self._overtaken:
                self._record(change, OVERTAKEN)
            else:
                yield change

    def _until_deadline(self) -> Callable[[], float]:
        """Make the function that gives the seconds left until the deadline."""
        deadline = self._settings.delivery.deadline
        if deadline is None:
            return lambda: float("inf")
        end = self._clock() + seconds_left(deadline, datetime.now().astimezone())
        return lambda: end - self._clock()

    async def _keep_deadline(self) -> None:
        left = self._until_deadline()()
        if left != float("inf"):
            await anyio.sleep(left)
            self._halt(Stopped("delivery.deadline has come"))
