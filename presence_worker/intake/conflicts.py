"""Which of several rows for the same associate is sent."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Literal

from ..model import Asked, Reason, Result, Verdict

NAMED = 5  # rows: enough to find the others
Rule = Literal["invalid", "last", "first"]


def settle(asked: Sequence[Asked], on_conflict: Rule) -> Iterator[Verdict]:
    """Yield a verdict for each of the rows *asked* for one associate that is not to be sent.

    The same value twice: the first is sent, the others share its fate. Of leaves that overlap, the one with
    the latest first day is sent, and the others wait until it is over. Of two values for one first day, or
    beside a row without days, none is sent. `on_conflict` may decide that the first or the last counts.
    """
    if agree(asked):
        yield from _share_fate(asked, asked[0])
    elif any(each.period is None for each in asked):
        yield from _settle_contradiction(asked, on_conflict)
    else:
        yield from _settle_overlap(asked, on_conflict)


def agree(asked: Sequence[Asked]) -> bool:
    """Return whether all rows ask for the same."""
    return all(each.wanted.same_as(asked[0].wanted) for each in asked)


def _settle_overlap(asked: Sequence[Asked], on_conflict: Rule) -> Iterator[Verdict]:
    """Yield what is settled by the first days: the latest one counts."""
    days = [list(rows) for _, rows in groupby(sorted(asked, key=_first_day), key=_first_day)]
    left = [each for rows in days for each in _certain(rows, on_conflict)]
    newest = next((each for each in left if _first_day(each) == _first_day(left[-1])), None)
    for rows in days:
        if not agree(rows):
            yield from _settle_contradiction(rows, on_conflict, newest)
    for each in left:
        if newest and each.wanted.same_as(newest.wanted):
            yield from _share_fate([each], newest)
        elif newest:
            words = (
                f"the leave on {_place(newest)} begins later and counts now; this row counts again after it"
            )
            yield Verdict(each.row, Result.SKIPPED, Reason.OVERLAPPED, words)


def _certain(rows: Sequence[Asked], on_conflict: Rule) -> Sequence[Asked]:
    """Return the rows for one first day that may be sent."""
    if agree(rows):
        return rows
    return [] if on_conflict == "invalid" else [_winner(rows, on_conflict)]


def _winner(rows: Sequence[Asked], on_conflict: Rule) -> Asked:
    return rows[-1] if on_conflict == "last" else rows[0]


def _settle_contradiction(
    rows: Sequence[Asked], on_conflict: Rule, newest: Asked | None = None
) -> Iterator[Verdict]:
    """Yield a verdict for each of the rows that disagree; *newest* may be the one that is sent."""
    if on_conflict == "invalid":
        what = "comment" if _have_one_status(rows) else "status"
        words = f"another row for the same user asks for another {what} ({_places(rows)}); keep one"
        for each in rows:
            yield Verdict(each.row, Result.INVALID, Reason.CONFLICT, words)
        return
    winner = _winner(rows, on_conflict)
    if newest and newest.wanted.same_as(winner.wanted):
        yield from _share_fate([each for each in rows if each != winner], newest)
    else:
        yield from _share_fate(rows, winner)


def _share_fate(rows: Sequence[Asked], winner: Asked) -> Iterator[Verdict]:
    """Yield that rows share the fate of the *winner*, or are overruled by it."""
    for each in rows:
        if each.row != winner.row:
            same = each.wanted.same_as(winner.wanted)
            words = f"{'same as' if same else 'replaced by'} {_place(winner)}"
            yield Verdict(each.row, Result.DUPLICATE, None if same else Reason.CONFLICT, words, winner.row)


def _first_day(asked: Asked) -> date:
    return (asked.period and asked.period.starts) or date.min


def _have_one_status(asked: Sequence[Asked]) -> bool:
    return len({each.wanted.status for each in asked}) == 1


def _places(asked: Sequence[Asked]) -> str:
    """Return where the rows stand, with what they ask for if that differs."""
    shows_status = not _have_one_status(asked)
    shown = ", ".join(f"{_place(a)}: {a.wanted.status}" if shows_status else _place(a) for a in asked[:NAMED])
    return f"{shown}, …" if len(asked) > NAMED else shown


def _place(asked: Asked) -> str:
    return f"line {asked.line}" if asked.line is not None else f"row {asked.row}"
