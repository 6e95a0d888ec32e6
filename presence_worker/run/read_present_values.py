"""What SuperOffice holds is read before anything is written: all users in one query, then one by one."""

from collections.abc import Iterator
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
    """Reads the current statuses of a run's rows, and settles those that need no PUT."""

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
        if not self.halt.reason and (need.how != "off" or self.journal.dated.has_returns()):
            await self._read_rows(values)
        elif not self.halt.reason and column:
            await self._announce(looks=0)
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

    async def _announce(self, looks: int) -> None:
        run, settings, gets = self.journal.run(), self.context.settings, self.client.gets + looks
        is_plan = run.intent == Intent.PLAN and run.step == Step.READ
        count = partial(requests_in_all, self.journal, settings, self.overtaken, gets=gets, is_plan=is_plan)
        self.announcer.announce(await work_in_thread(count), settings.delivery.rate, is_final=False)

    async def _read_rows(self, values: PresentValues) -> None:
        """Settle the rows of which the query says enough, and read the others one by one."""
        self.announcer.begin(Activity.READING, self.journal.results.to_send())
        rows, looks = self._relevant_rows(values.need), 0
        while page := await self._next_page(rows, values):
            looks += sum(not self._is_answered(row, values) for row in page)
            await self._save(values)
        if not self._is_over(values):
            await self._announce(looks)
        rows = (row for row in self._relevant_rows(values.need) if values.judge_by_query(row) is None)
        while looks and (page := await self._next_page(rows, values)):
            await self._read_each({row.row: row for row in page}, values)
            await self._save(values)
        self.announcer.end()
        if not self._is_over(values):
            values.end()

    def _relevant_rows(self, need: Need) -> Iterator[PendingRow]:
        """Yield the rows of which it decides anything what their associates hold."""
        is_compared = self.journal.run().step == Step.COMPARE
        for row in self.journal.rows.each_pending(PAGE):
            is_nobodys = row.associate_id in self.overtaken or (is_compared and not row.before)
            if not is_nobodys and (need.how != "off" or row.expected):
                yield row

    async def _next_page(self, rows: Iterator[PendingRow], values: PresentValues) -> list[PendingRow]:
        return [] if self._is_over(values) else await work_in_thread(list, islice(rows, PAGE))

    def _is_answered(self, row: PendingRow, values: PresentValues) -> bool:
        is_answered = values.is_answered_by_query(row)
        if is_answered:
            self.announcer.row_read(row.row, is_known=True, was_asked=False)
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
