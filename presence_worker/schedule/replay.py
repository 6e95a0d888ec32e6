"""What is still planned of rows that are due on days: pure decisions, one run after the other."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ..journal import Dated, Named, ScheduledResult
from ..model import Period, Presence, Reason, Result
from ..run_states import Kind
from .entries import Entry, Past, Schedule, first_day, latest

WAITS = (Result.NOT_SENT, Result.FAILED, Result.INVALID)  # nothing was applied; another night may do it
CERTAIN = (Result.UPDATED, Result.UNCHANGED)
MAY_HOLD = (*CERTAIN, Result.UNKNOWN)  # after it, an associate may hold what was asked
NOT_DUE = (Reason.NOT_YET_DUE, Reason.NO_LONGER_DUE)


def follow(schedule: Schedule, past: Past) -> Schedule:
    """Return what is planned after a run, where *schedule* was planned before it.

    The newest valid rows about an associate replace all there were: a leave that is extended must not end
    early. But a leave that has begun still ends, on its own day or on the one that the new rows name.
    """
    begun = _carry_out_all(schedule, past, Kind.START)
    own = past.own
    after: dict[int, Sequence[Entry]] = {}
    for person in begun.keys() | own.keys():
        entries = _withdraw(begun.get(person, ()), past.withdrawn.get(person, ()))
        left = _keep_entries(entries, own.get(person, ()), past.named.get(person), past)
        found = [*left, *_entries(own.get(person, ()), past)]
        after[person] = list(_mark_overtaken(found, past.day)) if len(found) > 1 else found
    ended = _carry_out_all(after, past, Kind.RETURN)  # the file may have said that it is over
    return _drop_ended(ended, past.day)


def _carry_out_all(schedule: Schedule, past: Past, kind: Kind) -> Schedule:
    """Return what is left after all that a run did of a kind without being asked to by its file."""
    left = dict(schedule)
    for fate in past.scheduled:
        if fate.kind == kind:
            left[fate.person] = list(carry_out(left.get(fate.person, ()), fate, past.day))
    return left


def take_back(schedule: Schedule, undone: Past, before: Schedule, since: Iterable[Past]) -> Schedule:
    """Return what is planned after *undone* was undone: what was planned *before* it, for those it changed.

    A user named by a run *since* then keeps what that run asked for. A user missing from a file of everyone
    has nothing to begin. What *undone* had begun or ended of earlier rows is neither begun nor ended once
    more, unless it had ended a leave that was withdrawn.
    """
    runs = list(since)
    changed = undone.persons | (before.keys() if undone.covers_everyone else set())
    after = dict(schedule)
    for person in changed - {person for past in runs for person in past.persons}:
        entries = before.get(person, ())
        if person in undone.did:
            restored = undone.withdrawn.get(person, ())
            entries = [e for e in entries if e.period in restored or (e.starts or undone.day) > undone.day]
        after[person] = [e for e in entries if e.has_begun or not any(past.covers(e) for past in runs)]
    return _drop_ended(after, undone.day)


def _drop_ended(schedule: Schedule, day: date) -> Schedule:
    """Leave out whom nothing follows for any more."""
    alive = {
        person: [entry for entry in entries if entry.may_hold or not entry.is_over(day)]
        for person, entries in schedule.items()
    }
    return {person: entries for person, entries in alive.items() if any(map(_is_followed, entries))}


def _is_followed(entry: Entry) -> bool:
    """Return whether something may follow: one without an end may still be withdrawn, or get an end."""
    return entry.is_away or entry.is_open or not entry.may_hold


def carry_out(entries: Iterable[Entry], fate: ScheduledResult, day: date) -> Iterator[Entry]:
    """Yield what is left after a row that no file had brought."""
    entries = list(entries)
    if fate.result in WAITS or fate.reason == Reason.BEFORE_UNKNOWN:
        yield from entries
    elif fate.reason == Reason.MOVED_SINCE_RUN:
        yield from _after_move(entries, fate, day)
    elif fate.kind == Kind.RETURN:
        for entry in entries:
            if fate.result == Result.UNKNOWN or entry.is_due(day) or not entry.has_begun:
                yield entry
    else:
        yield from _after_begin(entries, fate)


def _after_move(entries: Sequence[Entry], fate: ScheduledResult, day: date) -> Iterator[Entry]:
    """Yield what is left where another person has the last word about what has begun.

    Where it is in doubt what was set last, something else of ours may stand.
    """
    wanted = [entry.wanted for entry in entries if (entry.run_id, entry.row) == (fate.run_id, fate.of_row)]
    for entry in entries:
        is_another = entry.may_hold and not any(entry.wanted.same_as(each) for each in wanted)
        if (entry.starts or day) > day or (is_another and fate.kind == Kind.RETURN):
            yield entry


def _after_begin(entries: Sequence[Entry], fate: ScheduledResult) -> Iterator[Entry]:
    """Yield what is left after a row was begun, or begun again."""
    begun = next(
        (entry for entry in entries if (entry.run_id, entry.row) == (fate.run_id, fate.of_row)), None
    )
    is_certain = fate.result in CERTAIN
    for entry in entries:
        if entry is not begun:
            yield _under(entry, begun.wanted) if begun and is_certain else entry
        elif fate.result in MAY_HOLD:
            yield entry._replace(may_hold=True, is_open=fate.result == Result.UNKNOWN)


def _under(entry: Entry, standing: Presence) -> Entry:
    """Return an entry as it is when another one's value stands: it may count again after that."""
    if entry.may_hold and not entry.wanted.same_as(standing):
        return entry._replace(may_hold=False, is_open=False)
    return entry


def _mark_overtaken(entries: Sequence[Entry], day: date) -> Iterator[Entry]:
    """Yield entries as they are when a later one stands: those that are due need not be caught up with.

    Those that want the same stand with it.
    """
    standing = latest(
        entry for entry in entries if entry.is_due(day) and entry.may_hold and not entry.is_open
    )
    for entry in entries:
        if standing and entry.is_open and entry.is_due(day) and first_day(entry) <= first_day(standing):
            is_alike = entry.wanted.same_as(standing.wanted)
            yield entry._replace(is_open=False, may_hold=entry.may_hold or is_alike)
        else:
            yield entry


def _withdraw(entries: Iterable[Entry], days: Iterable[Period]) -> Iterator[Entry]:
    """Yield what is left of entries after those of some days were taken back."""
    for entry in entries:
        if entry.period not in days:
            yield entry
        elif entry.may_hold:
            yield entry._replace(is_open=False, is_withdrawn=True)


def _keep_entries(
    entries: Iterable[Entry], own: Sequence[Dated], named: Named | None, past: Past
) -> Iterator[Entry]:
    """Yield what a run's file leaves of the entries there were for an associate."""
    counted = [row for row in own if row.reason not in NOT_DUE]
    standing = [row for row in counted if row.result in CERTAIN]
    if named is None:
        for entry in entries:
            if entry.has_begun or not past.covers(entry):
                yield entry._replace(is_open=False) if past.covers(entry) else entry
    elif not named.valid:
        yield from entries
    elif past.came_back and not named.undated:
        yield from _beside(entries, own, standing)
    elif counted and not (named.undated or standing):
        ends = last_day(row.ends for row in counted)
        for entry in entries:
            if entry.may_hold:
                yield entry._replace(is_open=False, is_withdrawn=False, ends=ends)
    elif not counted and not named.undated:
        yield from (_shorten(entry, own) for entry in entries if entry.has_begun)


def _beside(entries: Iterable[Entry], own: Sequence[Dated], standing: Sequence[Dated]) -> Iterator[Entry]:
    """Yield what rows that came back leave: they replace only leaves with the same first day."""
    first_days = {row.starts for row in own if row.reason != Reason.NO_LONGER_DUE}
    for entry in entries:
        if entry.starts not in first_days or (entry.may_hold and not standing):
            under = _under(entry, standing[-1].wanted) if standing else entry
            yield _shorten(under, own) if under.has_begun else under


def _shorten(entry: Entry, rows: Iterable[Dated]) -> Entry:
    """Return a leave that has begun with the end that newer rows name; they may say that it is over.

    A row about days inside a leave is another one.
    """
    first = entry.starts or date.min
    about = [row for row in rows if row.reason == Reason.NO_LONGER_DUE]
    ends = [row.ends for row in about if (row.starts or first) <= first <= (row.ends or first)]
    return entry._replace(is_open=False, ends=last_day(ends) if ends else entry.ends)


def last_day(ends: Iterable[date | None]) -> date | None:
    """Return the last of several days; None, which is for ever, is later than all."""
    known = list(ends)
    return None if None in known else max(end for end in known if end)


def _entries(rows: Iterable[Dated], past: Past) -> Iterator[Entry]:
    """Yield what follows from the rows of a run itself."""
    for row in rows:
        waits, under = row.reason == Reason.NOT_YET_DUE, row.reason == Reason.OVERLAPPED
        holds = row.result in MAY_HOLD
        if (waits or under or holds) and row.reason != Reason.CONFLICT:
            yield Entry(
                run_id=past.run_id,
                row=row.row,
                associate_id=row.associate_id,
                identity=row.identity,
                wanted=row.wanted,
                starts=row.starts,
                ends=row.ends,
                is_open=waits,
                may_hold=holds,
                target_name=past.target_name,
            )


def find_dropped(schedule: Schedule, past: Past) -> Iterator[tuple[Entry, str]]:
    """Yield what was to come before a run, and does not because of its file, with why.

    What the file has other days for is not dropped, but replaced.
    """
    own = past.own
    for person, entries in schedule.items():
        named, withdrawn = past.named.get(person), past.withdrawn.get(person, ())
        for entry in entries:
            is_silent = named is None and not past.covers(entry)
            if entry.period in withdrawn and not entry.may_hold:
                yield entry, "withdrawn"
            elif not (entry.has_begun or is_silent or past.came_back or (named and not named.valid)):
                rows = own.get(person, ())
                if not any(_overlap(entry, row) for row in rows):
                    yield entry, "not_in_file"


def find_taken_back(schedule: Schedule, past: Past) -> Iterator[Entry]:
    """Yield what a run's file has dropped or withdrawn, also of what had begun: an undo brings it back."""
    yield from (entry for entry, _ in find_dropped(schedule, past))
    for person, days in past.withdrawn.items():
        yield from (entry for entry in schedule.get(person, ()) if entry.period in days and entry.may_hold)


def _overlap(entry: Entry, row: Dated) -> bool:
    starts_before_end = (row.starts or date.min) <= (entry.ends or date.max)
    return starts_before_end and first_day(entry) <= (row.ends or date.max)
