"""What SuperOffice holds is read before anything is written: all users in one query, then one by one."""

from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile

from ..delivery import Halt, Policy, deliver, source_of
from ..events import Activity, Topic
from ..journal import Journal, PendingRow
from ..model import Change, Outcome
from ..run_context import RunContext
from ..run_states import Intent, Step
from ..schedule.due_rows import find_unread_returns
from ..superoffice import Client
from ..superoffice.user_query import UserDirectory
from ..threads import work_in_thread
from .announcer import Announcer, requests_in_all
from .present_values import Found, Need, PresentValues, need_of
from .resolve_identities import fetch_users, lack_of_users, resolve_identities

PAGE = 500  # rows read from the journal, written to it, and read from the service, at once


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentValueReader:
    """Reads the present values of a run's rows, and settles those that need no PUT."""

    journal: Journal
    client: Client
    policy: Policy
    halt: Halt
    context: RunContext
    announcer: Announcer
    overtaken: frozenset[int]  # associates a later run has written: they are not sent anyway

    async def read(self) -> int | None:
        """Read everything; return the number of Service users, None where they were not read.

        Raise InputRefused where too many rows are found to be invalid, and Stopped where what must be read
        cannot be.
        """
        run = self.journal.run()
        need = need_of(run, self.context.settings.delivery.read_before)
        column = run.input.identity
        directory, trouble = None, None
        if column or need.asks_for_all:
            directory, trouble = await fetch_users(column, self.client, self.policy, self.halt)
        values = PresentValues(need, directory)
        if trouble:
            values.note(f"the list of all users is not available ({trouble.detail})")
        if column and not self.halt.reason:
            await self._resolve_identities(values, directory, trouble)
        reads = need.how != "off" or self.journal.dated.has_returns()
        if not self.halt.reason and (reads or column):
            requests = await work_in_thread(self._count_requests, values)
            self.announcer.announce(requests, self.context.settings.delivery.rate, is_final=False)
        if not self.halt.reason and reads:
            await self._read_rows(values)
        await self._save(values)
        if not self.halt.reason:
            await work_in_thread(self._reject_unread_returns, values)
            await self._save(values)
        return directory.service_users if directory else None

    async def _resolve_identities(
        self, values: PresentValues, directory: UserDirectory | None, trouble: Outcome | None
    ) -> None:
        if directory is None:
            await self._save(values)
            raise lack_of_users(trouble)
        refused = await work_in_thread(resolve_identities, directory.named, self.journal, self.context)
        if refused:
            raise refused

    def _count_requests(self, values: PresentValues) -> int:
        """Return how many requests the run takes at most: a look and a PUT wherever the query leaves them."""
        run, looks, puts = self.journal.run(), 0, 0
        is_compared = run.step == Step.COMPARE
        for row in self.journal.rows.each_pending(PAGE):
            if self._is_relevant(row, values.need, is_compared=is_compared):
                told = values.judge_by_query(row)
                looks += told is None
                puts += told is None or told.verdict is None
            else:
                puts += row.associate_id not in self.overtaken
        if run.intent == Intent.PLAN and run.step == Step.READ:
            puts = 0
        return requests_in_all(
            self.journal, self.context.settings, self.overtaken, looks=looks, puts=puts, gets=self.client.gets
        )

    async def _read_rows(self, values: PresentValues) -> None:
        """Settle the rows of which the query says enough, and read the others one by one."""
        rows = self.journal.rows.each_pending(PAGE)
        self.announcer.begin(Activity.READING, self.journal.results.to_send())
        is_compared = self.journal.run().step == Step.COMPARE
        to_read: dict[int, PendingRow] = {}
        while not self._is_over(values) and (page := list(islice(rows, PAGE))):
            relevant = (row for row in page if self._is_relevant(row, values.need, is_compared=is_compared))
            to_read |= {row.row: row for row in relevant if not self._is_answered(row, values)}
            if len(to_read) >= PAGE:
                await self._read_each(to_read, values)
                to_read.clear()
            await self._save(values)
        await self._read_each(to_read, values)
        self.announcer.end()
        if not self._is_over(values):
            values.end()

    def _is_relevant(self, row: PendingRow, need: Need, *, is_compared: bool) -> bool:
        """Return whether the present value of a row's associate decides anything."""
        if row.associate_id in self.overtaken or (is_compared and not row.before):
            return False
        return need.how != "off" or row.expected is not None

    def _is_answered(self, row: PendingRow, values: PresentValues) -> bool:
        is_answered = values.is_answered_by_query(row)
        if is_answered:
            self.announcer.row_read(row.row, is_known=True)
        return is_answered

    async def _read_each(self, rows: dict[int, PendingRow], values: PresentValues) -> None:
        """Read the presences of rows (by their numbers); what turns out to be another's is read again."""
        changes = [
            Change(row=row.row, associate_id=row.associate_id, wanted=row.wanted) for row in rows.values()
        ]
        pipeline = self.policy.pipeline(self.client.get)
        workers = self.context.settings.delivery.concurrency
        take = partial(self._take, rows, values)
        while changes:
            wanted = takewhile(lambda _: not self._is_over(values), changes)
            await deliver(source_of(wanted), pipeline, take, self.halt, workers=workers)
            doubted = set() if self._is_over(values) else await self.client.take_last_doubted()
            changes = [change for change in changes if change.associate_id in doubted]
            values.forget({change.row for change in changes})

    def _take(
        self, rows: dict[int, PendingRow], values: PresentValues, change: Change, outcome: Outcome
    ) -> None:
        self.announcer.row_read(change.row, is_known=outcome.seen is not None)
        values.add_read(rows[change.row], outcome, is_stopping=self.halt.reason is not None)
        if values.stop:
            self.halt(values.stop)

    def _is_over(self, values: PresentValues) -> bool:
        return values.is_given_up or self.halt.reason is not None

    def _reject_unread_returns(self, values: PresentValues) -> None:
        for row in find_unread_returns(self.journal):
            values.reject_unread_return(row)

    async def _save(self, values: PresentValues) -> None:
        """Write what was found to the journal, and pass the notes on."""
        found = values.take()
        if any(found):
            await work_in_thread(self._write, found)
        for words in found.notes:
            self.announcer.note(words, Topic.READING)

    def _write(self, found: Found) -> None:
        with self.journal.transaction():
            self.journal.rows.save_present(found.presences)
            self.journal.rows.mark_settled(found.verdicts)
            if found.notes:
                self.journal.add_notes(found.notes)
