"""runs.html: all runs on one page that needs nothing but a browser."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from presence_worker.next_step import NextStep
from presence_worker.report.overview import MOST_BARS, write_overview
from presence_worker.report.run_list import Listed, UnreadableRun
from presence_worker.report.target_state import ExpectedOfTarget
from tests.told import step, summary_of

from .given import Page, listing_of
from .test_page import HOSTILE

ATTRIBUTES = {
    "aria-label",
    "aria-labelledby",
    "id",
    "charset",
    "class",
    "content",
    "height",
    "href",
    "http-equiv",
    "lang",
    "name",
    "preserveaspectratio",
    "role",
    "scope",
    "tabindex",
    "viewbox",
    "width",
    "x",
    "y",
}
CRM = "https://crm.example.com"
MISSING = ExpectedOfTarget(CRM, every=3600)


def run(day: int = 24, *, rows: int = 3, not_done: int = 0, is_job: bool = True, **fields: Any) -> Listed:
    """Give a finished run of a day."""
    summary = {
        "run_id": f"202611{day:02}T050000Z-7f3a",
        "exit_code": 3 if not_done else 0,
        "target": CRM,
        "counts": {"updated": rows - not_done, "invalid": not_done},
        "done": rows - not_done,
        "started_at": f"2026-11-{day:02}T05:00:00.000Z",
        "message": "All 3 rows are done.",
    }
    whole = summary_of(**{**summary, **fields})
    return Listed(whole, is_job=is_job, created_at=whole.effort.started_at or "")


def shown(
    folder: Path, *runs: Listed, place: str = "runs.html", missing: ExpectedOfTarget | None = None
) -> Page:
    """Give the page of these runs."""
    path = folder / place
    write_overview(listing_of(*runs, expected=[missing] if missing else []), path, folder)
    return Page(path.read_text("utf-8"))


def reported(folder: Path, listed: Listed) -> None:
    """Let a run have its report."""
    (folder / "runs" / listed.id).mkdir(parents=True)
    (folder / "runs" / listed.id / "report.html").touch()


def values(page: Page, attribute: str) -> list[str]:
    return [value for _, name, value in page.attributes if name == attribute]


def test_a_page_is_whole_and_harmless(tmp_path: Path) -> None:
    """Tags are balanced, nothing can run, and nothing is loaded."""
    page = shown(tmp_path, run(24), run(23, not_done=1), missing=MISSING)

    assert (page.declarations, page.open, page.crossed) == (["doctype html"], [], [])
    assert not {"script", "img", "link", "iframe", "form", "base"} & set(page.tags)
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    assert ("html", "lang", "en") in page.attributes


def test_the_policy_allows_the_page_s_own_style_alone(tmp_path: Path) -> None:
    """Not even a style that slipped in with a text would be taken."""
    shown(tmp_path, run())
    text = (tmp_path / "runs.html").read_text("utf-8")

    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy in values(Page(text), "content")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str, tmp_path: Path) -> None:
    """Names of files and targets, messages and commands are words, whatever is in them."""
    plain = shown(tmp_path, run(24, not_done=1, label="x"), run(23))

    page = shown(
        tmp_path,
        run(24, not_done=1, label=text, name=text, target=text, message=text, next=NextStep((), line=text)),
        run(23, target=text),
    )

    extra = ["p", "pre", "code"]  # the command to run next, twice
    assert sorted([*plain.tags, *extra]) == sorted(page.tags)
    assert (page.open, page.crossed) == ([], [])


def test_the_last_good_night_is_named(tmp_path: Path) -> None:
    """It is the newest job with every row done; neither an undo nor what was mended is a night."""
    page = shown(
        tmp_path,
        run(26, not_done=1),
        run(25, is_job=False),
        run(24, state="stopped", exit_code=6),
        run(23),
        run(22),
    )

    assert "Last run with all rows done: Mon 23 Nov 2026, 06:00" in page.text


def test_where_no_night_was_good_that_is_said(tmp_path: Path) -> None:
    """Nothing is made up."""
    page = shown(tmp_path, run(24, not_done=1))

    assert "None of these runs has all rows done." in page.text


def test_the_newest_run_says_what_to_do(tmp_path: Path) -> None:
    """With its whole command, to be copied."""
    page = shown(
        tmp_path, run(24, not_done=1, next=step("presence-worker run failed.csv --config c.toml")), run(23)
    )

    assert "What to do now presence-worker run failed.csv --config c.toml" in page.text


def test_what_is_missing_stands_on_top(tmp_path: Path) -> None:
    """Before anything else, and in words."""
    page = shown(tmp_path, run(), missing=MISSING)

    assert page.words.index("Missing:") < page.words.index(CRM)
    assert f"no run of {CRM} has finished since that of Tue 24 Nov 2026, 06:00, " in page.text


def test_several_that_are_missing_are_one_sentence(tmp_path: Path) -> None:
    """Thirty boxes would hide the table; it has the rest."""
    path = tmp_path / "runs.html"

    write_overview(listing_of(expected=[ExpectedOfTarget(name, every=3600) for name in "ab"]), path, tmp_path)

    page = Page(path.read_text("utf-8"))
    assert "Missing: no job of a and b has finished in time." in page.text
    assert page.tags.count("tr") == 3


def test_each_target_has_a_section(tmp_path: Path) -> None:
    """With its own charts and table; runs that cannot be read come last."""
    damaged = Listed(UnreadableRun(run_id="20261125T050000Z-0000", message="the journal is damaged"))
    other = run(21, target="https://other.example.com")

    page = shown(tmp_path, damaged, run(24), run(23), other)

    titles = ("https://crm.example.com", "https://other.example.com", "Runs that cannot be read")
    assert [last(page, title) for title in titles] == sorted(last(page, title) for title in titles)
    assert (page.tags.count("h2"), page.tags.count("table"), page.tags.count("svg")) == (3, 4, 2)
    assert "the journal is damaged" in page.text


def test_charts_show_the_jobs_from_old_to_new(tmp_path: Path) -> None:
    """A correction, an undo, a plan and a run at work are no jobs; the words say what the bars do."""
    runs = [
        run(26, state="running"),
        run(25, is_job=False),
        run(24, rows=9, not_done=2),
        run(23, rows=4),
        run(22),
    ]

    page = shown(tmp_path, *runs)

    titles = [words for words in page.words if re.match(r"\w{3} \d+ Nov 2026, 06:00: \d+$", words)]
    assert titles[:3] == [
        "Sun 22 Nov 2026, 06:00: 3",
        "Mon 23 Nov 2026, 06:00: 4",
        "Tue 24 Nov 2026, 06:00: 9",
    ]
    labels = [label for label in values(page, "aria-label") if "in the last job" in label]
    assert labels == [
        "Rows: 9 in the last job; 3 to 9 in 3 jobs",
        "Rows not done: 2 in the last job; 0 to 2 in 3 jobs",
        "Duration: 41 s in the last job; 41 s to 41 s in 3 jobs",
    ]


def test_charts_show_the_newest_jobs_only(tmp_path: Path) -> None:
    """The table has all."""
    page = shown(tmp_path, *[run(1 + number % 28, rows=1) for number in range(MOST_BARS + 5)])

    assert page.tags.count("rect") == 2 * MOST_BARS  # nothing was left undone
    assert page.tags.count("tr") == MOST_BARS + 5 + 1 + 2  # two heads, and the line of the target


def test_one_night_is_no_trend(tmp_path: Path) -> None:
    """A chart of one bar says nothing."""
    assert "svg" not in shown(tmp_path, run()).tags


def test_links_are_relative_inside_the_state_directory(tmp_path: Path) -> None:
    """The directory can be moved or mailed as a whole; a run without a report has no link."""
    reported(tmp_path, run(24))
    (tmp_path / "pages").mkdir()

    beside = shown(tmp_path, run(24), run(23))
    below = shown(tmp_path, run(24), place="pages/all of them.html")

    address = "runs/20261124T050000Z-7f3a/report.html"
    assert set(values(beside, "href")) == {"#target-1", address}
    assert set(values(below, "href")) == {"#target-1", f"../{address}"}


def test_links_from_elsewhere_are_whole(tmp_path: Path) -> None:
    """They lead to the reports wherever the page is."""
    state = tmp_path / "state of ours"
    reported(state, run(24))
    path = tmp_path / "runs.html"

    write_overview(listing_of(run(24)), path, state)

    links = set(values(Page(path.read_text("utf-8")), "href"))
    assert links == {"#target-1", (state / "runs" / run(24).id / "report.html").as_uri()}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/in/changes.csv", "changes.csv"),
        ("C:\\hr\\changes.csv", "changes.csv"),
        ("undo of 20261123T020000Z-7f3a", "undo of 20261123T020000Z-7f3a"),
        ("a\u202evsc.exe", "a vsc.exe"),
        ("", ""),
    ],
)
def test_the_input_is_named_without_its_place(name: str, told: str, tmp_path: Path) -> None:
    """A page that is mailed does not tell how a machine is built, nor does a name read backwards."""
    page = shown(tmp_path, run(name=name))

    assert told in page.text
    assert "/in/" not in page.text


def last(page: Page, words: str) -> int:
    """Give the last place of words: above it, the summary has them too."""
    return len(page.words) - page.words[::-1].index(words)


def test_what_needs_a_person_comes_first(tmp_path: Path) -> None:
    """The table on top has one line for each target: last night, open rows, and the command to run."""
    stopped = run(
        22, target="https://b.example.com", state="stopped", not_done=2, next=step("presence-worker resume x")
    )

    page = shown(tmp_path, run(24), run(23), stopped)

    table = page.text.split("What to do", 1)[1]
    assert table.startswith(
        " https://b.example.com Sun 22 Nov 2026, 06:00 stopped not done: 2 presence-worker resume x "
        f"{CRM} Tue 24 Nov 2026, 06:00 finished not done: 0 Nothing to do. "
    )
    assert page.values("h2", "id") == ["target-1", "target-2"]
    assert page.inside["h2"] == ["https://b.example.com", CRM]


def test_a_target_without_its_nightly_run_comes_first(tmp_path: Path) -> None:
    """Its last run went well, but the next one did not come."""
    page = shown(tmp_path, run(24, target="https://b.example.com"), run(23), missing=MISSING)

    assert page.inside["h2"] == [CRM, "https://b.example.com"]


@pytest.mark.parametrize(
    ("fields", "shown_as"),
    [
        ({"state": "stopped", "exit_code": 1, "next": step("presence-worker resume x")},
         "stopped (died) not done: 0 presence-worker resume x"),
        ({"not_done": 1}, "finished not done: 1 See below."),
        ({"state": "stopped", "exit_code": 6}, "stopped not done: 0 See below."),
    ],
)  # fmt: skip
def test_the_summary_says_how_the_last_run_ended(
    fields: dict[str, Any], shown_as: str, tmp_path: Path
) -> None:
    """A process that was killed is not at work any more; rows that are open need somebody."""
    assert (
        shown(tmp_path, run(24, **fields))
        .text.split("What to do", 1)[1]
        .startswith(f" {CRM} Tue 24 Nov 2026, 06:00 {shown_as} ")
    )


def test_the_rows_of_a_run_that_cannot_be_read_are_not_known(tmp_path: Path) -> None:
    """A zero would be good news."""
    unreadable = Listed(UnreadableRun(run_id="20261125T050000Z-dead", message="not a database"))

    text = shown(tmp_path, run(24), unreadable).text

    assert "Runs that cannot be read 20261125T050000Z-dead unreadable not done: ? See below." in text


def test_a_label_stands_beside_the_file(tmp_path: Path) -> None:
    """The caller finds the run again by it."""
    assert "changes.csv HR ticket 4711" in shown(tmp_path, run(label="HR ticket 4711")).text


def test_no_run_is_said(tmp_path: Path) -> None:
    """A page without runs is a page."""
    assert "No runs yet." in shown(tmp_path).text
