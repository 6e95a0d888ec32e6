"""report.html: one page that needs nothing but a browser, and lets nobody else have a say."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presence_worker.errors import ExitCode
from presence_worker.journal import Finding, Journal
from presence_worker.model import Outcome, Reason, Result
from presence_worker.report import write_reports
from presence_worker.run_states import State
from tests.examples import examples
from tests.journal.given import INPUT, RUN, end_as, invalid, row, staged

from .given import NIGHT, Page, page, page_of, reported, table, unread, with_messages

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table></body></html><h1>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "<!-- ",
    "&lt;b&gt;&amp;",
    "]]></style><style>*{display:none}",
)
LIVING = {"iframe", "object", "embed", "link", "base", "img", "video", "audio", "frame", "portal", "template"}
ADDRESSES = {"src", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href", "style"}
SCRIPTS = 2  # the rows as data, and the one that shows them
MOST = 20_000  # rows on the page
PLAIN = 200  # of them without script
LAST = 7  # rows of a long job that do not fit


def harmless(found: Page) -> None:
    """Check what holds for any page: whole, balanced, no script but ours, nothing from elsewhere."""
    assert found.declarations == ["doctype html"]
    assert (found.open, found.crossed) == ([], [])
    assert not LIVING & set(found.tags)
    assert not ADDRESSES & {name for _, name, _ in found.attributes}
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    links = {value for _, name, value in found.attributes if name == "href" and not value.startswith("#")}
    assert links <= {"failed.csv", "unprocessed.csv", "report.csv"}
    assert (found.tags.count("style"), found.tags.count("script") <= SCRIPTS) == (1, True)
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def digest(text: str) -> str:
    """Give the name that a policy has for a text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.fixture
def found(told: Path) -> Page:
    """The page of a night in which everything happened."""
    return page(told)


def test_a_page_is_whole_and_harmless(found: Page) -> None:
    """Tags are balanced, and there is nothing in it that could do anything."""
    harmless(found)
    assert found.tags[0] == "html"
    assert {"head", "title", "body"} <= set(found.tags)


def test_the_browser_is_told_to_load_nothing(told: Path, found: Page) -> None:
    """Should a text slip through, the policy at the top lets nothing run but our very script."""
    (policy,) = [value for value in found.values("meta", "content") if "default-src" in value]
    text = (told / "report.html").read_text("utf-8")

    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": digest("".join(found.inside["style"])),
        "script-src": digest(found.inside["script"][-1]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_nothing_comes_from_elsewhere(told: Path) -> None:
    """The page is one file: no style sheet, picture, font or script of anybody else's."""
    text = (told / "report.html").read_text("utf-8")

    assert not re.search(r"url\((?!#)|@import|<link|import\(|fetch\(|XMLHttpRequest|eval\(|innerHTML", text)


def test_its_letters_are_told_before_they_come(told: Path) -> None:
    """The encoding is declared where browsers look for it."""
    assert b'<meta charset="utf-8">' in (told / "report.html").read_bytes()[:1024]


def test_each_row_is_there(found: Page) -> None:
    """Trouble comes first, then what was not sent, then the rest; each row has its place for a link."""
    assert found.values("tr", "id") == [f"row-{number}" for number in (4, 5, 6, 7, 8, 1, 2, 3, 9)]
    assert [row["result"] for row in found.rows()] == NIGHT


def test_rows_that_were_not_sent_stand_below_trouble() -> None:
    """They need no correction, wherever they are in the file."""
    rows = [row(1), row(2), invalid(3), invalid(4)]

    with closing(staged("", rows, state=State.STOPPED)) as journal:
        found = page_of(journal)

    assert found.values("tr", "id") == [f"row-{number}" for number in (3, 4, 1, 2)]


def test_a_rows_fate_is_there(found: Page) -> None:
    """Who was asked for, what came of it, and the service's words."""
    assert (
        "5 5 ✕ rejected SuperOffice rejected the change no such user StatusNotAvailable 1 404" in found.text
    )
    assert "4 007 ✕ invalid unknown status value no status" in found.text


def test_script_and_report_csv_tell_the_same(told: Path, found: Page) -> None:
    """What the script has of a row is what report.csv has of it, in the same order."""
    names, *lines = table(told / "report.csv")

    assert found.told["fields"] == names
    assert [["" if value is None else str(value) for value in row.values()] for row in found.rows()] == lines


def test_it_says_how_the_run_went(folder: Path, journal: Journal) -> None:
    """The SuperOffice, words and the next command stand at the top; notes, run and state below."""
    command = "presence-worker resume 20261123T020000Z-7f3a --state-dir '/var/lib/a b'"
    end_as(journal, state=State.STOPPED, exit_code=ExitCode.STOPPED, message="disk full", next=command)
    journal.add_note("no undo")
    write_reports(folder, journal)

    text = page(folder).text

    below = [f"Run {RUN.run_id}", "State stopped, exit code 6"]
    order = [RUN.target, "disk full", command, "no undo", *below]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert INPUT["name"] in text
    assert INPUT["sha256"] in text


def test_it_counts_the_requests(found: Page) -> None:
    """How much was asked of the service is told in numbers."""
    assert "10 PUT (6 of them repeated), 0 GET" in found.text


def test_it_says_who_must_act(found: Page) -> None:
    """Troubles stand under those who must act, with people, reason, an example, and the remedy."""
    order = [
        "CRM administrator users, licences",
        "1 person unknown status value no status: 1 row Add each value to input.statuses",
        "1 person SuperOffice rejected the change",
        "For example: no such user",
        "Operations network",
        "1 person SuperOffice asked to slow down Resume the run. If",
        "1 person no answer in time Resume the run.",
    ]

    places = [found.text.index(part) for part in order]

    assert places == sorted(places)


def test_people_are_counted_once(folder: Path) -> None:
    """Who is asked for in three rows is one person; somebody without a number counts by name."""
    rows = [
        invalid(1, associate_id=7),
        invalid(2, associate_id=7),
        invalid(3, associate_id=None, identity="ann"),
        invalid(4, associate_id=None),
    ]

    reported(folder, rows, {})

    assert "3 people unknown status value 4 rows" in page(folder).text


def test_counts_are_a_bar(found: Page) -> None:
    """Each result that came up is a piece of the bar, and beside it stand number and word."""
    assert len(found.values("rect", "width")) == len(Result)
    for result in NIGHT:
        assert f"1 {result}" in found.text


def test_a_job_that_could_not_be_read_has_a_page(folder: Path) -> None:
    """Without rows, format and columns there is still something to say."""
    reported(folder, 0, {}, **unread(message="line 3: never closed"))

    found = page(folder)
    harmless(found)
    assert "Not finished yet" in found.text
    assert "line 3: never closed" in found.text
    assert "table" not in found.tags
    assert [name for name in found.values("a", "href") if not name.startswith("#")] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_words(folder: Path, text: str) -> None:
    """Wherever a text comes from, it is shown as it is, and is no part of the page."""
    rows = [row(1, message=text), invalid(2, associate_id=text, detail=text), row(3)]
    outcome = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail=text)
    run = {"run_id": text, "target": text, "message": text, "next": text, "notes": [text]}

    reported(folder, rows, {3: outcome}, **with_messages(**run, input={**INPUT, "name": text}))

    found = page(folder)
    harmless(found)
    assert found.text.count(" ".join(text.split())) >= 12
    assert [row["detail"] for row in found.rows()] == [None, text, text]


@settings(max_examples=examples(30), deadline=None, derandomize=True)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=15)
    | st.text("<>&\"'/=`{}%# \n\0ab", max_size=12)
)
@example(text="\x00")
def test_any_text_is_harmless(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the letters, the page stays whole."""
    rows = [row(1, message=text), invalid(2, associate_id=text, detail=text)]

    folder = reported(tmp_path_factory.mktemp("run"), rows, {}, **with_messages(message=text, next=text))

    harmless(page(folder))


@pytest.fixture
def long() -> Iterator[Journal]:
    """The journal of a job with more rows than a browser likes."""
    done = {"result": Result.SKIPPED, "reason": Reason.IGNORED_BY_MAPPING}
    rows = (row(number, **({} if number == MOST + LAST else done)) for number in range(1, MOST + LAST + 1))
    with closing(staged("", rows)) as journal:
        yield journal


def test_it_says_what_it_leaves_out(long: Journal) -> None:
    """A page of a large job shows rows that are not done before others, and says how many more there are."""
    found = page_of(long)

    rows = [row["row"] for row in found.rows()]
    assert (len(rows), rows[0], rows[-1]) == (MOST, 1, MOST + LAST)
    assert len(found.values("tr", "id")) == PLAIN
    assert "This page has 20 000 of 20 007 rows" in found.text
    assert f"The other {LAST} are only in report.csv" in found.text
    assert f"Without script, this page shows {PLAIN} rows" in found.text


def test_rows_that_are_not_done_come_before_others(long: Journal) -> None:
    """However late in the job they are, they are on the page, and there without script."""
    found = page_of(long)

    assert [row["row"] for row in found.rows() if row["result"] == "not_sent"] == [MOST + LAST]
    assert found.values("tr", "id")[0] == f"row-{MOST + LAST}"


def test_it_leaves_nothing_out_unsaid(found: Page) -> None:
    """A page that shows all rows says nothing of others."""
    assert "report.csv" not in found.text.split("Rows", 1)[1].split('"use strict"')[0]


@pytest.mark.parametrize("wanted", [False, True])
def test_messages_are_a_column_where_they_are_wanted(folder: Path, wanted: bool) -> None:  # noqa: FBT001
    """The head of the table and its rows have a cell for the message, or neither has."""
    reported(folder, [row(1, message="Ferie"), row(2, message="")], {}, **(with_messages() if wanted else {}))

    found = page(folder)
    harmless(found)
    assert ("Comment" in found.words, "Ferie" in found.words) == (wanted, wanted)


def test_words_that_are_never_the_same_are_not_collected() -> None:
    """A thousand are written once each; where it is something else each time, a row has its own."""
    with closing(staged("", 1100)) as journal:
        with journal.transaction():
            journal.rows.save_present(Finding(number, f"Status{number}", None) for number in range(1, 1101))
        found = page_of(journal)

    assert len(found.told["words"]) == 1000
    assert [row["before_status"] for row in found.rows()] == [f"Status{n}" for n in range(1, 1101)]
