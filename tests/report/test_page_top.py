"""The top of the page: which night, which SuperOffice, which file, and the files beside the page."""

from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.cli.show import summary_lines
from presence_worker.clock import LocalClock
from presence_worker.journal import Journal, Scheduled
from presence_worker.model import Reason, Result
from presence_worker.report import summarise, write_reports
from presence_worker.report.headline import message_of
from presence_worker.report.reason_texts import RESULTS
from presence_worker.run_states import Kind, State
from tests.journal.given import INPUT, UPDATED, deliver, end_as, invalid, row, staged

from .given import Page, page, page_of

IN_OSLO = {"settings": {"input": {"timezone": "Europe/Oslo"}}}


def links(found: Page) -> set[str]:
    """Give the addresses of links that lead to other files."""
    return {address for address in found.values("a", "href") if not address.startswith("#")}


def test_it_says_which_night_and_which_file() -> None:
    """Above the headline: the date in words and local time, the SuperOffice, the file, and the label."""
    run = {"input": {**INPUT, "label": "HR ticket 4711"}, **IN_OSLO}

    with closing(staged("", 1, **run)) as journal:
        text = page_of(journal).text

    before, _ = text.split("What to do now", 1)
    assert "Presence run of Monday 23 November 2026, 03:00 (Europe/Oslo, UTC+1)" in before
    assert "https://crm.example.com/ changes.csv HR ticket 4711" in before
    assert INPUT["sha256"] not in before
    assert before.rindex("HR ticket") < before.rindex("0 of 1 row done.")


@pytest.mark.parametrize(
    ("zone", "place", "time"),
    [
        ("Europe/Oslo", "Europe/Oslo, UTC+1", "03:00:00"),
        ("America/St_Johns", "America/St_Johns, UTC-3:30", "22:30:00"),
        ("UTC", "UTC", "02:00:00"),
    ],
)
def test_a_time_has_its_zone(zone: str, place: str, time: str) -> None:
    """Nobody has to guess, and a half hour is not lost."""
    moment = "2026-11-23T02:00:00.000Z"

    clock = LocalClock.at(moment, zone)

    assert (clock.place, clock.time(moment)) == (place, time)


def test_times_go_up_while_clocks_are_set_back() -> None:
    """A page keeps the zone of the beginning: an hour that comes twice would look like a jump back."""
    clock = LocalClock.at("2026-10-25T00:30:00Z", "Europe/Oslo")

    assert [clock.time(f"2026-10-25T0{hour}:30:00Z") for hour in (0, 1)] == ["02:30:00", "03:30:00"]


def test_it_links_to_the_files_that_exist(folder: Path, journal: Journal) -> None:
    """Each link leads to a file beside the page; it says how many rows that has."""
    write_reports(folder, journal)

    found = page(folder)

    assert links(found) == {"failed.csv", "unprocessed.csv", "report.csv"}
    assert all((folder / name).is_file() for name in links(found))
    assert "failed.csv 4 rows unprocessed.csv 1 row report.csv 9 rows" in found.text


def test_a_good_night_has_no_file_to_correct(folder: Path) -> None:
    """A link to nothing is worse than none."""
    with closing(staged("", 1)) as journal:
        deliver(journal, {1: UPDATED})
        write_reports(folder, journal)

    assert links(page(folder)) == {"report.csv"}


def test_rows_of_earlier_files_are_in_no_file(folder: Path) -> None:
    """Rows that follow from earlier files do not come back as rows of this one."""
    with closing(staged("", 0, input={**INPUT, "scheduled": 1}, state=State.HELD)) as journal:
        with journal.transaction():
            journal.dated.add([(row(1), Scheduled(1, "earlier", 1, Kind.START, None))])
        write_reports(folder, journal)

    assert links(page(folder)) == {"report.csv"}
    assert not (folder / "unprocessed.csv").exists()


def test_a_remedy_stands_once() -> None:
    """Several reasons that need the same correction share it."""
    reasons = (Reason.BAD_ASSOCIATE_ID, Reason.MESSAGE_TOO_LONG, Reason.RAGGED_ROW)
    rows = [invalid(number, reason=reason) for number, reason in enumerate(reasons, 1)]

    with closing(staged("", rows, state=State.FINISHED)) as journal:
        _, attention = page_of(journal).text.split("Needs attention", 1)

    assert attention.count("Correct the rows in failed.csv, then run that file.") == 1
    assert attention.index("more or fewer cells") < attention.index("Correct the rows")


def test_rows_that_were_not_sent_are_no_trouble() -> None:
    """The headline counts them, and the next command sends them; page and terminal list real trouble."""
    with closing(staged("", [row(1), row(2), invalid(3)], state=State.STOPPED)) as journal:
        text, shown = page_of(journal).text, [*summary_lines(summarise(journal))]

    terminal = "\n".join(shown).partition("Needs attention\n")[2].partition("\n\n")[0]
    assert "2 not sent yet." in text
    assert RESULTS[Result.NOT_SENT] not in text.split("Needs attention", 1)[1].split("Details of the run")[0]
    assert RESULTS[Result.NOT_SENT] not in terminal != ""


def test_what_only_a_setting_answers_is_not_listed_under_hr() -> None:
    """HR cannot set anything."""
    reasons = (Reason.UNKNOWN_STATUS, Reason.BAD_DATE, Reason.CONFLICT, Reason.PROTECTED, Reason.NO_COVERAGE)
    rows = [invalid(number, reason=reason) for number, reason in enumerate(reasons, 1)]

    with closing(staged("", rows, state=State.FINISHED)) as journal:
        found = page_of(journal)

    assert "HR" not in found.inside["h3"]
    assert journal_counts(found) == {str(Result.INVALID): len(reasons)}


def journal_counts(found: Page) -> dict[str, int]:
    """Give the number of rows by result."""
    results = [each["result"] for each in found.rows()]
    return {result: results.count(result) for result in results}


def test_a_sentence_of_the_headline_is_not_broken_in_two() -> None:
    """Each begins on a line of its own where they do not fit on one."""
    with closing(staged("", 2)) as journal:
        found = page_of(journal)

    sentences = ["Not finished yet.", "0 of 2 rows done.", "2 not sent yet."]
    assert found.inside["span"][:3] == sentences


def test_an_undo_has_its_table_too(folder: Path) -> None:
    """It has no file, and nothing to correct, but rows."""
    with closing(
        staged(folder / "journal.sqlite", 1, undoes="x", input={**INPUT, "format": None})
    ) as journal:
        write_reports(folder, journal)

    assert links(page(folder)) >= {"report.csv"}


def test_nothing_was_sent_stands_once() -> None:
    """The headline says it; the reason below it does not say it again."""
    why = "6 of 6 rows are invalid. Nothing was sent. Correct the file."

    with closing(staged("", [invalid(1)], state=State.REFUSED, message=why)) as journal:
        top, _ = page_of(journal).text.split("What to do now", 1)

    assert top.endswith("The file is refused. Nothing was sent. 6 of 6 rows are invalid. Correct the file. ")


def test_a_page_says_each_thing_once() -> None:
    """The stored message has headline, reason and advice; of it the page repeats nothing."""
    with closing(staged("", 3, state=State.STOPPED)) as journal:
        message = message_of(journal, State.STOPPED, "SuperOffice did not answer")
        end_as(journal, message=message)
        text = page_of(journal).text.split("Details of the run")[0]

    numbers = [text.count(words) for words in ("0 of 3 rows done.", "SuperOffice did not", "Resume the run")]
    assert numbers == [2, 1, 1]  # the headline is the page's title as well
