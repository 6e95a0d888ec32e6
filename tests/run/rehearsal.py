"""Nights without files, journals or a service: the rules of the calendar alone, in microseconds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import count, groupby
from typing import NamedTuple

from presence_worker.intake.conflicts import agree, settle
from presence_worker.journal import Dated, Named, ScheduledResult
from presence_worker.model import NOT_PRESENT, PRESENT, Asked, Period, Presence, Reason, Result, Verdict
from presence_worker.run_states import Kind
from presence_worker.schedule.due_rows import Due, due_after
from presence_worker.schedule.entries import Past, Schedule
from presence_worker.schedule.replay import follow

BACK = Presence(PRESENT, "")


class Leave(NamedTuple):
    """A row of a file that is about days of one month."""

    person: int
    first: int
    last: int | None  # None: for ever
    message: str | None  # None: present on these days
    withdrawn: bool = False

    @property
    def wanted(self) -> Presence:
        return BACK if self.message is None else Presence(NOT_PRESENT, self.message)

    @property
    def period(self) -> Period:
        return Period(day_of(self.first), None if self.last is None else day_of(self.last))

    def is_on(self, day: int) -> bool:
        return self.first <= day <= (self.last or day)


def day_of(number: int) -> date:
    return date(2026, 12, number)


class Rehearsal:
    """Owns what SuperOffice holds and what is to come, night after night."""

    def __init__(self) -> None:
        self.held: dict[int, Presence] = {}
        self.to_come: Schedule = {}
        self._runs = count(1)

    def night(self, day: int, rows: Sequence[Leave], *, everyone: bool) -> None:
        """Carry out a file: judge its rows, send them, and do what is due of earlier ones."""
        asked = {number: leave for number, leave in enumerate(rows, 1) if not leave.withdrawn}
        verdicts = {verdict.row: verdict for verdict in _settled(asked, day)}
        dated = [_dated(number, leave, day, verdicts.get(number)) for number, leave in asked.items()]
        past = Past(
            run_id=f"run-{next(self._runs)}",
            day=day_of(day),
            covers_everyone=everyone,
            named=dict(_named(dated)),
            dated=[row for row in dated if row.result != Result.INVALID],
            scheduled=(),
            withdrawn=_withdrawn(rows),
        )
        due = list(due_after(self.to_come, past))
        results = {row.row: self._sent(row) for row in past.dated}
        sent = [row._replace(result=results[_sent_as(row, verdicts)]) for row in past.dated]
        past = replace(past, dated=sent, scheduled=[self._carried_out(each) for each in due])
        self.to_come = follow(self.to_come, past)

    def _sent(self, row: Dated) -> str:
        if row.result != Result.NOT_SENT:
            return row.result
        return self._put(row.associate_id, row.wanted, None)[0]

    def _carried_out(self, due: Due) -> ScheduledResult:
        entry, person = due.entry, due.entry.associate_id
        wanted = entry.wanted if due.kind is Kind.START else BACK
        return ScheduledResult(
            person, entry.run_id, entry.row, due.kind, *self._put(person, wanted, due.expected)
        )

    def _put(self, person: int, wanted: Presence, expected: Presence | None) -> tuple[Result, Reason | None]:
        seen = self.held.get(person, BACK)
        if seen.same_as(wanted):
            return Result.UNCHANGED, None
        if expected and not seen.same_as(expected):
            return Result.SKIPPED, Reason.MOVED_SINCE_RUN
        self.held[person] = wanted
        return Result.UPDATED, None


def _dated(number: int, leave: Leave, day: int, verdict: Verdict | None) -> Dated:
    result, reason = Result.NOT_SENT, None
    if verdict:
        result, reason = verdict.result, verdict.reason
    elif leave.first > day:
        result, reason = Result.SKIPPED, Reason.NOT_YET_DUE
    elif not leave.is_on(day):
        result, reason = Result.SKIPPED, Reason.NO_LONGER_DUE
    return Dated(number, leave.person, None, leave.wanted, *leave.period, result, reason)


def _settled(asked: dict[int, Leave], day: int) -> Iterator[Verdict]:
    """Yield what becomes of rows about the same person, as staging settles them."""
    by_person = sorted(asked.items(), key=lambda item: (item[1].person, item[0]))
    for _, found in groupby(by_person, key=lambda item: item[1].person):
        rows = [Asked(number, leave.wanted, number, leave.period) for number, leave in found]
        yield from _alike([row for row in rows if asked[row.row].is_on(day)])
        waiting = sorted(
            (row for row in rows if asked[row.row].first > day), key=lambda row: asked[row.row].first
        )
        for _, rivals in groupby(waiting, key=lambda row: asked[row.row].first):
            several = list(rivals)
            if not agree(several):
                yield from settle(several, "invalid")


def _alike(rows: Sequence[Asked]) -> Iterable[Verdict]:
    return settle(rows, "invalid") if len(rows) > 1 else ()


def _named(dated: Sequence[Dated]) -> Iterator[tuple[int, Named]]:
    for person in {row.associate_id for row in dated}:
        valid = sum(row.associate_id == person and row.result != Result.INVALID for row in dated)
        yield person, Named(valid, 0)


def _sent_as(row: Dated, verdicts: dict[int, Verdict]) -> int:
    verdict = verdicts.get(row.row)
    return (verdict and verdict.duplicate_of) or row.row


def _withdrawn(rows: Sequence[Leave]) -> dict[int, set[Period]]:
    """Give what a file withdraws, but what it asks for as well."""
    found: dict[int, set[Period]] = {}
    for row in rows:
        kept = any(r.person == row.person and r.period == row.period and not r.withdrawn for r in rows)
        if row.withdrawn and not kept:
            found.setdefault(row.person, set()).add(row.period)
    return found
