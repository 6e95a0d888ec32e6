"""What the tests of the reports begin with: a night in which everything happened, and ways to read it."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import orjson

from presence_worker.journal import Journal
from presence_worker.model import Outcome, Reason, Result, Row, Verdict
from presence_worker.report import write_reports
from presence_worker.report.all_runs import Listing
from presence_worker.report.files import story_of
from presence_worker.report.page import page as run_page
from presence_worker.report.row_files import Story, Writer, fields_of
from presence_worker.report.run_list import Listed
from presence_worker.report.target_state import ExpectedOfTarget, judge_target, urgent_first
from presence_worker.run.staging import new_run
from presence_worker.settings import Settings
from tests.journal.given import deliver, end_as, invalid, row, staged

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TROUBLES = {
    5: Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail="no such user", http_status=404),
    6: Outcome(result=Result.FAILED, reason=Reason.THROTTLED, http_status=429, attempts=6, wire_puts=6),
    7: Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT, detail="no answer in time", attempts=2),
}
NIGHT_ROWS = [
    row(1),
    row(2),
    row(3, result=Result.SKIPPED, reason=Reason.IGNORED_BY_MAPPING, detail="mapped to ignore"),
    invalid(4, associate_id="007", cells='["007","","x"]'),
    *map(row, range(5, 9)),
    row(9, associate_id=1),
]
NIGHT_OUTCOMES = {
    1: Outcome(result=Result.UPDATED, http_status=200, attempts=2, wire_puts=2, duration_ms=31.5),
    2: Outcome(result=Result.UNCHANGED, attempts=0, wire_puts=0),
    **TROUBLES,
}  # 8 waits when the night ends, and 9 asks for the same as 1
NIGHT = [
    "updated",
    "unchanged",
    "skipped",
    "invalid",
    "rejected",
    "failed",
    "unknown",
    "not_sent",
    "duplicate",
]


def night(path: Path | str = "", **run: Any) -> Journal:
    """Make the journal of a night with each result once."""
    journal = staged(path, NIGHT_ROWS, **run)
    with journal.transaction():
        journal.rows.mark_settled([Verdict(9, Result.DUPLICATE, None, "same as line 2", 1)])
    deliver(journal, NIGHT_OUTCOMES)
    return journal


def reported(folder: Path, rows: int | Iterable[Row], outcomes: dict[int, Outcome], **run: Any) -> Path:
    """Report a job with these rows and outcomes; give the folder."""
    with closing(staged("", rows, **run)) as journal:
        deliver(journal, outcomes)
        end_as(journal, message=run.get("message"), next=run.get("next"))  # as a run writes it down
        write_reports(folder, journal)
    return folder


def with_messages(**others: Any) -> dict[str, Any]:
    """Give the fields of a run whose operator wants messages in reports."""
    return {"settings": {"report": {"include_messages": True}}, **others}


def job(columns: Sequence[str], **fields: Any) -> dict[str, Any]:
    """Give what the journal keeps of an input with these columns."""
    described = {"name": "/in/changes.csv", "stdin": False, "sha256": "5e" * 32, "rows": 1, "format": "csv"}
    return {**described, "encoding": "utf-8", "delimiter": ",", "columns": list(columns), **fields}


def unread(**others: Any) -> dict[str, Any]:
    """Give the fields of a run whose job could not be read."""
    run = new_run("", "/in/changes.csv", "https://crm.example.com/", Settings(), day=date(2026, 12, 1))
    return {**run._asdict(), **others}


def lines(path: Path) -> list[dict[str, Any]]:
    """Give the objects of a file of JSON lines."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def table(path: Path, delimiter: str = ",") -> list[list[str]]:
    """Give the cells of a CSV file as a spreadsheet reads them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


class Page(HTMLParser):
    """A page taken apart: its elements and attributes, its words, and whether its tags are balanced."""

    VOID: ClassVar = {"meta", "br", "hr", "img", "link", "input", "base", "area", "col", "source", "embed"}

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []  # element, name, value
        self.words: list[str] = []  # between tags, style sheet included
        self.open: list[str] = []
        self.crossed: list[str] = []  # end tags that close something else
        self.inside: dict[str, list[str]] = {}  # by element: what stands directly in it
        self.declarations: list[str] = []
        self.feed(text)
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.declarations.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.inside.setdefault(self.open[-1], []).append(data)
        if data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        """All words in one line."""
        return " ".join(self.words)

    @property
    def told(self) -> dict[str, Any]:
        """What the page tells its script."""
        found: dict[str, Any] = orjson.loads(self.inside["script"][0])
        return found

    def values(self, tag: str, name: str) -> list[str]:
        """Give the values of an attribute of all such elements."""
        return [value for element, each, value in self.attributes if (element, each) == (tag, name)]

    def rows(self) -> list[dict[str, Any]]:
        """Give the rows that the script has, each by its fields."""
        told = self.told
        fields, coded, words = told["fields"], told["coded"], told["words"]
        return [
            {
                name: words[value] if name in coded and isinstance(value, int) else value
                for name, value in zip(fields, values, strict=True)
            }
            for values in told["rows"]
        ]


def pieces(make: Callable[[Story], Writer], journal: Journal) -> Iterator[bytes]:
    """Yield one file of a run, piece by piece."""
    story = story_of(journal)
    writer = make(story)
    yield writer.begin
    yield from map(writer.add, journal.results.pages(fields_of(story.run)))
    yield writer.end()


def page_of(journal: Journal) -> Page:
    """Give the page that is written of a run."""
    return Page(b"".join(pieces(run_page, journal)).decode())


def page(folder: Path) -> Page:
    """Give the page of a run."""
    return Page((folder / "report.html").read_text("utf-8"))


def listing_of(*runs: Listed, expected: Sequence[ExpectedOfTarget] = ()) -> Listing:
    """Give the list of runs, newest first; what is *expected* of targets."""
    groups: dict[str, list[Listed]] = {each.target: [] for each in expected}
    for run in runs:
        groups.setdefault(run.target, []).append(run)
    known = {each.target: each for each in expected}
    states = [judge_target(known.get(name, ExpectedOfTarget(name)), of, NOON) for name, of in groups.items()]
    return Listing(runs=runs, targets=urgent_first(states), zone="Europe/Oslo")
