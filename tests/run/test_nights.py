"""Stories of leave: what files say night after night, and what SuperOffice holds each evening.

Each story is about one person. Those that have the same nights are told together, in real runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from .crm import Crm, here
from .given import raw_up
from .virtual import Virtual, day_of

Coverage = Literal["changes", "everyone"]
Days = Mapping[int, str | Sequence[str]]  # day of December: rows of the file, parted by commas; or of several
STATUSES = {"W": "Cancelled", "I": "Ignored", "P": "Present"}
THEIRS = "x"  # what another person set
LAST = 12


class Story(NamedTuple):
    """What happens to one person.

    A row is "A 2-5": away with the comment A from the 2nd until the 5th; W: that is withdrawn, I: mapped to
    ignore, P: present. An evening is a letter: the comment, or "." for who is present; "-" is a night
    without a run.
    """

    name: str
    coverage: str  # C: changes, E: everyone, CE: both
    files: Days  # a day that is not named has a file without this person
    evenings: str
    theirs: Mapping[int, str] = {}  # what another person sets on a day, before the night


STORIES = [
    # -- one leave
    Story("begins and ends by itself", "C", {1: "A 3-5"}, "..AAA......." ),
    Story("listed every night", "E", dict.fromkeys(range(1, 13), "A 3-5"), "..AAA......."),
    Story("begun, then missing", "CE", {1: "A 1-4"}, "AAAA........"),
    Story("waits, then missing", "C", {1: "A 3-5", 2: ""}, "..AAA......."),
    Story("waits, then missing from all", "E", {1: "A 3-5"}, "............"),
    Story("listed on its first day only", "E", {3: "A 3-5"}, "..AAA......."),
    Story("without an end", "CE", {1: "A 2-", 2: "A 2-"}, ".AAAAAAAAAAA"),
    Story("without days, then present", "C", {2: "A", 6: "P"}, ".AAAA......."),
    # -- changed
    Story("extended", "CE", {1: "A 1-4", 3: "A 1-7"}, "AAAAAAA....."),
    Story("extended after its end", "C", {1: "A 1-3", 5: "A 1-7"}, "AAA.AAA....."),
    Story("shortened before its new end", "CE", {1: "A 1-9", 3: "A 1-5"}, "AAAAA......."),
    Story("shortened to a day that is over", "CE", {1: "A 1-9", 5: "A 1-3"}, "AAAA........"),
    Story("moved to earlier days", "C", {1: "A 6-9", 2: "A 3-5"}, "..AAA......."),
    Story("moved to later days", "C", {1: "A 3-5", 2: "A 7-9"}, "......AAA..."),
    Story("moved into the past", "CE", {3: "A 3-9", 5: "A 1-4"}, "..AA........"),
    Story("another comment", "CE", {1: "A 1-6", 3: "B 1-6"}, "AABBBB......"),
    Story("an end is named", "CE", {1: "A 1-", 4: "A 1-6"}, "AAAAAA......"),
    Story("an end is named too late", "C", {1: "A 1-", 6: "A 1-4"}, "AAAAA......."),
    Story("its end is taken away", "CE", {1: "A 1-4", 3: "A 1-"}, "AAAAAAAAAAAA"),
    Story("the next one is announced", "C", {1: "A 1-6", 3: "B 9-10"}, "AAAAAA..BB.."),
    # -- withdrawn
    Story("withdrawn before it begins", "CE", {1: "A 4-6", 3: "W 4-6"}, "............"),
    Story("withdrawn on its first day", "C", {1: "A 4-6", 4: "W 4-6"}, "............"),
    Story("withdrawn after its first day", "CE", {1: "A 1-6", 3: "W 1-6"}, "AA.........."),
    Story("withdrawn on its last day", "CE", {1: "A 1-4", 4: "W 1-4"}, "AAA........."),
    Story("withdrawn when it is over", "CE", {1: "A 1-3", 6: "W 1-3"}, "AAA........."),
    Story("withdrawn without an end", "CE", {1: "A 1-", 4: "W 1-"}, "AAA........."),
    Story("withdrawn every night", "CE", {1: "A 1-6"} | dict.fromkeys(range(3, 13), "W 1-6"), "AA.........."),
    Story("withdrawn for other days", "CE", {1: "A 1-6", 3: "W 1-7"}, "AAAAAA......"),
    Story("withdrawn beside another one", "C", {1: "A 1-9", 3: "W 1-9, B 5-6"}, "AA..BB......"),
    Story("withdrawn inside another one", "CE", {1: "A 1-9", 2: "A 1-9, W 4-4"}, "AAAAAAAAA..."),
    Story("withdrawn and asked for alike", "CE", {1: "A 1-6", 3: "A 1-6, W 1-6"}, "AAAAAA......"),
    Story("withdrawn, and approved again", "CE", {1: "A 1-6", 3: "W 1-6", 5: "A 1-6"}, "AA..AA......"),
    Story("withdrawn waiting, approved again", "C", {1: "A 5-7", 2: "W 5-7", 3: "A 5-7"}, "....AAA....."),
    Story("never asked for, but withdrawn", "CE", {2: "W 1-6"}, "............"),
    Story("withdrawn and extended", "CE", {1: "A 1-4", 3: "W 1-4, A 1-6"}, "AAAAAA......"),
    Story("one of two withdrawn", "C", {1: "A 3-4, B 7-8", 2: "W 3-4"}, "......BB...."),
    # -- ignored
    Story("ignored before it begins", "C", {1: "A 4-6", 3: "I 4-6"}, "...AAA......"),
    Story("ignored before it begins, of all", "E", {1: "A 4-6", 2: "A 4-6", 3: "I 4-6"}, "............"),
    Story("ignored after it has begun", "CE", {1: "A 1-5", 3: "I 1-5"}, "AAAAA......."),
    # -- overlapping
    Story("one inside another", "C", {1: "A 1-9, B 4-6"}, "AAABBBAAA..."),
    Story("one inside another, each night", "E", dict.fromkeys(range(1, 13), "A 1-9, B 4-6"), "AAABBBAAA..."),
    Story("both due at once", "C", {4: "A 1-9, B 4-6"}, "...BBBAAA..."),
    Story("in another order", "C", {4: "B 4-6, A 1-9"}, "...BBBAAA..."),
    Story("three inside each other", "C", {1: "A 1-9, B 3-7, C 5-5"}, "AABBCBBAA..."),
    Story("one into the next", "C", {1: "A 1-5, B 4-8"}, "AAABBBBB...."),
    Story("one inside a leave without end", "C", {1: "A 1-, B 4-6"}, "AAABBBAAAAAA"),
    Story("with the same comment", "C", {1: "A 1-9, A 4-11"}, "AAAAAAAAAAA."),
    Story("the inner one is withdrawn", "C", {1: "A 1-9, B 4-6", 5: "W 4-6"}, "AAABAAAAA..."),
    Story("the outer one is withdrawn", "C", {1: "A 1-9, B 4-6", 5: "W 1-9"}, "AAABBB......"),
    Story("present for a day", "C", {1: "A 1-9, P 4-4"}, "AAA.AAAAA..."),
    Story("present from a day on", "C", {1: "A 1-9, P 4-"}, "AAA........."),
    Story("the next one announced inside", "C", {1: "A 1-9", 3: "B 5-6"}, "AAAABBAAA..."),
    Story("two wishes for one day", "CE", {1: "A 1-9", 3: "B 1-9, C 1-9"}, "AAAAAAAAA..."),
    # -- other people
    Story("changed by another person", "C", {1: "A 1-5"}, "AAxxxxxxxxxx", {3: THEIRS}),
    Story("changed before the next one", "C", {1: "A 1-3, B 6-7"}, "AxxxxBB.....", {2: THEIRS}),
    Story("changed inside two", "C", {1: "A 1-9, B 4-6"}, "AAABxxxxxxxx", {5: THEIRS}),
    Story("back by hand", "C", {1: "A 1-9, B 4-6"}, "AAAB........", {5: "."}),
    Story("withdrawn, but changed", "C", {1: "A 1-9", 5: "W 1-9"}, "AAxxxxxxxxxx", {3: THEIRS}),
    # -- nights without a run
    Story("the first day is missed", "C", {1: "A 3-6"}, ".---AA......"),
    Story("the last day is missed", "C", {1: "A 1-3"}, "A---........"),
    Story("all days are missed", "C", {1: "A 2-4"}, ".---........"),
    Story("the inner one is missed", "C", {1: "A 1-9, B 2-4"}, "A---AAAAA..."),
    Story("the inner one is begun late", "C", {1: "A 1-9, B 3-6"}, "A---BBAAA..."),
    Story("both begin on missed nights", "C", {1: "A 2-9, B 3-6"}, ".---BBAAA..."),
    Story("withdrawn after missed nights", "C", {1: "A 2-9", 5: "W 2-9"}, ".---........"),
    # -- two files on a day
    Story("split over two files", "C", {3: ["A 3-5", ""]}, "..AAA......."),
    Story("asked for and withdrawn on one day", "C", {3: ["A 3-5", "W 3-5"]}, "............"),
    Story("withdrawn and asked for on one day", "C", {1: "A 1-5", 3: ["W 1-5", "A 1-5"]}, "AAAAA......."),
    Story("extended by the second file", "C", {3: ["A 3-4", "A 3-6"]}, "..AAAA......"),
    Story("the second file has another leave", "C", {3: ["A 3-4", "B 8-9"]}, "..AA...BB..."),
]  # fmt: skip

World = tuple[Coverage, tuple[int, ...], tuple[int, ...]]  # nights without a run; with two
TOLD: dict[World, dict[str, str]] = {}  # evenings by story


def world_of(story: Story, coverage: Coverage) -> World:
    missed = tuple(day for day, evening in enumerate(story.evenings, 1) if evening == "-")
    return coverage, missed, tuple(day for day, rows in story.files.items() if not isinstance(rows, str))


CASES = [
    pytest.param(story, coverage, id=f"{story.name} ({coverage})")
    for story in STORIES
    for letter, coverage in (("C", "changes"), ("E", "everyone"))
    if letter in story.coverage
]


@pytest.mark.parametrize(("story", "coverage"), CASES)
def test_every_evening_holds_what_the_files_say(story: Story, coverage: Coverage, tmp_path: Path) -> None:
    """Whoever is away was asked to be, for that day, with that comment; and what others set stays."""
    world = world_of(story, coverage)
    if world not in TOLD:
        TOLD[world] = told(world, tmp_path)

    assert TOLD[world][story.name] == story.evenings


def told(world: World, folder: Path) -> dict[str, str]:
    """Live through all stories of a world at once; give what each person held in the evenings."""
    coverage, missed, twice = world
    stories = dict(enumerate((s for s in STORIES if coverage[0].upper() in s.coverage), 1))
    stories = {number: story for number, story in stories.items() if world_of(story, coverage) == world}
    crm, found = Crm(here(range(1, 100))), dict.fromkeys(stories, "")
    with raw_up(crm) as server:
        nights = Virtual(folder, server, crm, coverage=coverage)
        for day in range(1, LAST + 1):
            for number, story in stories.items():
                if day in story.theirs:
                    crm.held[number] = held_by(story.theirs[day])
            for place in range(0 if day in missed else 1 + (day in twice)):
                rows = [
                    row for number, story in stories.items() for row in rows_of(number, story, day, place)
                ]
                nights.night(day, *rows)
            for number in stories:
                found[number] += "-" if day in missed else nights.held(number)
    return {story.name: found[number] for number, story in stories.items()}


def held_by(letter: str) -> tuple[str, str]:
    return ("StatusNormal", "") if letter == "." else ("StatusNotAvailable", letter)


def rows_of(number: int, story: Story, day: int, place: int) -> Iterable[str]:
    """Yield the rows of one of a day's files."""
    files = story.files.get(day, "")
    text = files if isinstance(files, str) else files[place]
    for row in filter(None, text.split(", ")):
        what, _, days = row.partition(" ")
        first, _, last = days.partition("-")
        message = "" if what in STATUSES else what
        status = STATUSES.get(what, "Away")
        yield f"{number},{status},{message},{iso(first)},{iso(last)}"


def iso(day: str) -> str:
    return str(day_of(int(day))) if day else ""
