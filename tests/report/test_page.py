"""report.html: one page that needs nothing but a browser, and lets nobody else have a say."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presence_worker.errors import ExitCode
from presence_worker.journal import Journal
from presence_worker.model import Outcome, Reason, Result, State
from presence_worker.report import write_reports
from tests.journal.given import RUN, invalid, row, staged

from .given import NIGHT, Page, page, reported, unread, with_messages

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
ELEMENTS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "p",
    "pre",
    "code",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "scope", "id"}
MOST = 10_000  # rows on the page


def harmless(found: Page) -> None:
    """Check what holds for any page: whole, balanced, without script, and nothing comes from elsewhere."""
    assert found.declarations == ["doctype html"]
    assert (found.open, found.crossed) == ([], [])
    assert set(found.tags) <= ELEMENTS
    assert {name for _, name, _ in found.attributes} <= ATTRIBUTES
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))


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
    """Should a text slip through, the policy at the top of the page still lets nothing run or load."""
    policies = [value for tag, name, value in found.attributes if (tag, name) == ("meta", "content")]
    text = (told / "report.html").read_text("utf-8")

    assert "default-src 'none'; style-src 'unsafe-inline'" in policies
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_nothing_comes_from_elsewhere(told: Path) -> None:
    """The page is one file: no style sheet, picture, font or script of anybody else's."""
    text = (told / "report.html").read_text("utf-8")

    assert not re.search(r"\b(href|src|action|data|srcset|poster)\s*=|url\(|@import|<link|<script", text)


def test_its_letters_are_told_before_they_come(told: Path) -> None:
    """The encoding is declared where browsers look for it."""
    assert b'<meta charset="utf-8">' in (told / "report.html").read_bytes()[:1024]


def test_each_row_is_there(found: Page) -> None:
    """All rows of a night come in order, each with its place, so that one can be pointed at."""
    ids = [value for tag, name, value in found.attributes if (tag, name) == ("tr", "id")]

    assert ids == [f"row-{number}" for number in range(1, 10)]
    last = found.words[-60:]
    assert [word for word in last if word in NIGHT] == NIGHT


def test_a_rows_fate_is_there(found: Page) -> None:
    """Who was asked for, what came of it, and the service's words."""
    assert "5 6 5 StatusNotAvailable rejected refused no such user 404 1" in found.text
    assert "4 5 007 invalid unknown_status no status" in found.text


def test_it_says_how_the_run_went(folder: Path, journal: Journal) -> None:
    """Run, words and the next command stand at the top; state, target, input and notes below."""
    command = "presence-worker resume 20261123T020000Z-7f3a --state-dir '/var/lib/a b'"
    with journal.transaction():
        journal.describe(
            state=State.STOPPED,
            exit_code=ExitCode.STOPPED,
            message="disk full",
            next=command,
            notes=["no undo"],
        )
    write_reports(folder, journal)

    text = page(folder).text

    order = [RUN.run_id, "disk full", command, "stopped, exit code 6", RUN.target, "no undo"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert RUN.input["name"] in text
    assert RUN.input["sha256"] in text


def test_it_counts_the_requests(found: Page) -> None:
    """How much was asked of the service is told in numbers."""
    assert "10 PUT (6 of them repeated), 0 GET" in found.text


def test_without_words_of_its_own_it_counts(found: Page) -> None:
    """A run that has not ended yet says how far it came."""
    assert "4 of 9 rows are done; 1 wrong in the file, 1 refused for good" in found.text


def test_a_job_that_could_not_be_read_has_a_page(folder: Path) -> None:
    """Without rows, format and columns there is still something to say."""
    reported(folder, 0, {}, **unread(message="line 3: never closed"))

    found = page(folder)
    harmless(found)
    assert "line 3: never closed" in found.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_words(folder: Path, text: str) -> None:
    """Wherever a text comes from, it is shown as it is, and is no part of the page."""
    rows = [row(1, message=text), invalid(2, associate_id=text, detail=text), row(3)]
    outcome = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail=text)
    run = {"run_id": text, "target": text, "message": text, "next": text, "notes": [text]}

    reported(folder, rows, {3: outcome}, **with_messages(**run, input={**RUN.input, "name": text}))

    found = page(folder)
    harmless(found)
    assert found.text.count(" ".join(text.split())) >= 12


@settings(max_examples=30, deadline=None, derandomize=True)
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
    with closing(staged("", MOST + 7)) as journal:
        yield journal


def test_it_says_what_it_leaves_out(folder: Path, long: Journal) -> None:
    """A page of a large job shows the first rows and says how many more there are, and where."""
    write_reports(folder, long)

    found = page(folder)
    ids = [value for tag, name, value in found.attributes if (tag, name) == ("tr", "id")]
    assert (len(ids), ids[0], ids[-1]) == (MOST, "row-1", f"row-{MOST}")
    assert "The first rows of the job; 7 more are in report.csv." in found.text
    assert f"0 of {MOST + 7} rows are done" in found.text


def test_it_leaves_nothing_out_unsaid(found: Page) -> None:
    """A page that shows all rows says nothing of others."""
    assert "more are in" not in found.text


@pytest.mark.parametrize("wanted", [False, True])
def test_messages_are_a_column_where_they_are_wanted(folder: Path, wanted: bool) -> None:  # noqa: FBT001
    """The head of the table and its rows have a cell for the message, or neither has."""
    reported(folder, [row(1, message="Ferie"), row(2, message="")], {}, **(with_messages() if wanted else {}))

    found = page(folder)
    harmless(found)
    assert ("Message" in found.words, "Ferie" in found.words) == (wanted, wanted)
