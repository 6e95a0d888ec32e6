"""Whether a row is due: on the days that its cells name, both included."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from ..model import Period, Reason
from ..settings import Input
from ..template import DAYS
from .columns import Columns
from .dates import Reader, date_reader, shown

Coverage = Literal["changes", "everyone"] | None
REMEMBERED = 10_000  # different pairs of texts; days repeat, and a file of nothing but nonsense stays small
TELL = (
    'a day to come; say with input.coverage what the file tells: "changes" (only news) or "everyone" '
    "(all there is: who is missing from a later file no longer goes on leave)"
)


class Due(NamedTuple):
    """What the days of a row come to."""

    period: Period | None = None
    faults: tuple[str, ...] = ()  # of its dates
    reason: Reason | None = None  # why it is not to be sent now; None: it is
    detail: str | None = None


UNDATED = Due()
DueReader = Callable[..., Due]


def due_reader(columns: Columns, config: Input, day: date) -> DueReader | None:
    """Make the function that judges a row's cells on a *day*; None where no row has dates.

    It takes the cells and *quoted*: whether a sentence may show what they hold. Of a ragged row that may be
    a piece of a message.
    """
    starts, ends = columns.starts, columns.ends
    if starts is None and ends is None:
        return None
    read = date_reader(config)
    known: dict[tuple[str, str], Due] = {}

    def judge(cells: Sequence[Any], *, quoted: bool) -> Due:
        texts = "" if starts is None else text_of(cells[starts]), "" if ends is None else text_of(cells[ends])
        due = known.get(texts)
        if due is None or not (quoted or due.period):
            due = _judged(_days(texts, read, quoted=quoted), day, config.coverage)
            if quoted and len(known) < REMEMBERED:
                known[texts] = due
        return due

    return judge


def text_of(found: Any) -> str:
    """Give a cell as failed.csv has it: what JSON has in place of a text is read there as it is here."""
    if found is None:
        return ""
    return found.strip() if isinstance(found, str) else json.dumps(found)


def _days(texts: tuple[str, str], read: Reader, *, quoted: bool) -> Due:
    """Read a row's first and last day; an empty text is none."""
    days, faults = list[date | None](), list[str]()
    for name, text in zip(DAYS, texts, strict=True):
        found = read(text) if text else None
        if isinstance(found, str):
            faults.append(f"found {shown(text)} as {name}, {found}" if quoted else f"{name} is no day")
            found = None
        days.append(None if found == date.max else found)  # 9999-12-31 is how programs say "for ever"
    starts, ends = days
    if starts and ends and starts > ends:
        faults.append(f"from ({starts}) is after until ({ends})")
    return Due(faults=tuple(faults)) if faults or not (starts or ends) else Due(Period(starts, ends))


def _judged(due: Due, day: date, coverage: Coverage) -> Due:
    """Say of a row whose days are known whether it is to be sent on *day*."""
    if not due.period:
        return due
    starts, ends = due.period
    span = " ".join([f"from {starts}"] * bool(starts) + [f"until {ends}"] * bool(ends))
    if starts and day < starts:
        told = Due(due.period, (), Reason.NOT_YET_DUE, f"due {span}")
        return told if coverage else told._replace(reason=Reason.NO_COVERAGE, detail=f"due {span}, {TELL}")
    if ends and ends < day:
        return Due(due.period, (), Reason.NO_LONGER_DUE, f"was due {span}")
    return due
