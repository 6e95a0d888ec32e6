"""Random stories of leave lists, with a naive model as the judge."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.model import NOT_PRESENT, Presence
from tests.campaigns.size import LONG
from tests.examples import examples

from .crm import Crm, here
from .given import raw_up
from .rehearsal import BACK, Leave, Rehearsal
from .virtual import Virtual

PEOPLE = (1, 2)
FOR_EVER = 99
THEIRS = Presence(NOT_PRESENT, "theirs")
OURS = Presence(NOT_PRESENT, "A")  # set by another person, in the words of a file


class Told(NamedTuple):
    """A leave that counts, by the newest file about the person."""

    first: int
    last: int
    wanted: Presence
    begun: bool

    def is_on(self, day: int) -> bool:
        return self.first <= day <= self.last


class Naive:
    """Owns what is right for one person: the leaves that count, and the one that we set last."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.mine: Told | None = None  # None: nothing of ours stands
        self.held = BACK

    def night(self, day: int, rows: Sequence[Leave], *, everyone: bool) -> None:
        asks = [told_by(row) for row in rows if not row.withdrawn]
        valid = [row for row in asks if not any(contradict(row, other, day) for other in asks)]
        withdrawn = {told_by(row)[:2] for row in rows if row.withdrawn} - {row[:2] for row in asks}
        old = [each for each in self.told if each[:2] not in withdrawn]
        is_asked = any(row.is_on(day) for row in valid)
        if valid or (everyone and not asks):  # the newest file counts, but what has begun goes on
            old = [] if is_asked else [shortened(each, valid, day) for each in old if each.begun]
        self.told = old + [row for row in valid if row.last >= day]
        best = max((each for each in self.told if each.is_on(day)), default=None)
        wanted = best.wanted if best else BACK
        is_new = best is not None and not best.begun and (self.mine is None or best.first > self.mine.first)
        if is_asked or is_new or (self.mine and self.held in (self.mine.wanted, wanted)):
            self.held, self.mine = wanted, best
        elif self.mine and wanted != self.mine.wanted:  # another person has the last word on what has begun
            self.told, self.mine = [each for each in self.told if each.first > day], None
        self.told = [each._replace(begun=each.begun or each.is_on(day)) for each in self.told]


def told_by(row: Leave) -> Told:
    return Told(row.first, row.last or FOR_EVER, row.wanted, begun=False)


def contradict(one: Told, other: Told, day: int) -> bool:
    is_one_day = one.first == other.first and min(one.last, other.last) >= day
    return is_one_day and one.wanted != other.wanted


def shortened(begun: Told, rows: Sequence[Told], day: int) -> Told:
    ends = [row.last for row in rows if row.last < day and row.first <= begun.first <= row.last]
    return begun._replace(last=max(ends)) if ends else begun


class Night(NamedTuple):
    """A file, and what other people set before it came."""

    day: int
    rows: list[Leave]
    others: list[tuple[int, Presence]]


Pick = Callable[[Sequence[Any]], Any]  # chooses one of several


def story(pick: Pick, people: Sequence[int] = PEOPLE, leaves: Sequence[int] = (1, 2, 3, 4, 5)) -> list[Night]:
    """Give nights on which leaves of people are asked for, changed, left out or withdrawn."""
    book = [_leave(pick, people) for _ in range(pick(leaves))]
    nights, day = list[Night](), 1
    for _ in range(pick((3, 4, 5, 6, 7))):
        rows = [row for leave in book for row in pick(_rows(leave))] if pick((0, 1, 1)) else []
        several = pick((0, 1)) * len(people) // len(PEOPLE)
        others = [(pick(people), pick((BACK, THEIRS, OURS))) for _ in range(several)]
        nights.append(Night(day, rows, others))
        day += pick((1, 1, 1, 0, 2))
    return nights + [Night(late, [], []) for late in range(day, 13)]


def _leave(pick: Pick, people: Sequence[int]) -> Leave:
    first, length = pick((1, 2, 3, 4, 5, 6, 7)), pick((0, 1, 2, 4, None))
    last = None if length is None else first + length
    return Leave(pick(people), first, last, pick(("A", "A", "B", "D", None)))


def _rows(leave: Leave) -> list[list[Leave]]:
    """Give what a file may say of a leave."""
    withdrawn = leave._replace(withdrawn=True)
    later = None if leave.last is None else leave.last + 1
    return [
        [leave],
        [leave],
        [],
        [withdrawn],
        [leave._replace(last=later)],
        [leave._replace(last=leave.first)],
        [leave, withdrawn],
        [leave._replace(message="C")],
    ]


def check(nights: Sequence[Night], *, everyone: bool) -> None:
    worker, right = Rehearsal(), {person: Naive() for person in PEOPLE}
    for night in nights:
        for person, presence in night.others:
            worker.held[person] = right[person].held = presence
        worker.night(night.day, night.rows, everyone=everyone)
        for person in PEOPLE:
            rows = [row for row in night.rows if row.person == person]
            right[person].night(night.day, rows, everyone=everyone)
            held = worker.held.get(person, BACK)
            assert held == right[person].held, (night, person, held, right[person].held, nights)


@settings(max_examples=examples(400))
@given(data=st.data(), everyone=st.booleans())
def test_every_evening_is_as_the_files_say(*, data: st.DataObject, everyone: bool) -> None:
    """Nobody is away on a day that no file asks for, and no other person's change is overwritten.

    Whom the newest files ask for is away with the right message, unless another person changed it.
    """
    check(story(lambda options: data.draw(st.sampled_from(options))), everyone=everyone)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(10))
def test_and_so_is_every_evening_of_many_stories(seed: int) -> None:
    """The same for so many that also rare turns come together."""
    chance = random.Random(seed)

    for number in range(100_000 if LONG else 2_000):
        check(story(chance.choice), everyone=bool(number % 2))


@pytest.mark.campaign
@pytest.mark.parametrize("coverage", ["changes", "everyone"])
@pytest.mark.parametrize("seed", range(200 if LONG else 3))
def test_and_so_it_is_with_files_and_journals(seed: int, coverage: str, tmp_path: Path) -> None:
    """The same in real runs, with many people in one file."""
    people, crm = range(1, 60), Crm(here(range(1, 100)))
    right = {person: Naive() for person in people}

    with raw_up(crm) as server:
        nights = Virtual(tmp_path, server, crm, coverage=coverage)
        for night in story(random.Random(seed).choice, people, [120]):
            for person, presence in night.others:
                crm.held[person] = presence
                right[person].held = presence
            nights.night(night.day, *map(_line, night.rows))
            for person in people:
                rows = [row for row in night.rows if row.person == person]
                right[person].night(night.day, rows, everyone=coverage == "everyone")

            found = {person: Presence(crm.held[person][0], crm.held[person][1] or "") for person in people}
            assert found == {person: right[person].held for person in people}, night


def _line(row: Leave) -> str:
    status = "Cancelled" if row.withdrawn else "Present" if row.message is None else "Away"
    starts, ends = row.period
    return f"{row.person},{status},{row.message or ''},{starts},{ends or ''}"
