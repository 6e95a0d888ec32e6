"""A page, put together from the journal and written as it is read."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, BinaryIO

import jinja2
from markupsafe import Markup

from ...journal import Journal, RunRecord
from ...model import Result
from ...values import plain_duration
from ..changes import waiting_changes
from ..headline import Trouble, headline
from ..rows import more_fields
from ..summary import summarise
from ..to_come import to_come
from ..words import MENDERS, NOTHING_SENT, RESULTS, mender, reason_words
from .about import beside_the_last, settings_in_force
from .bar import MARKS, kind, stacked
from .course import course
from .picture import panels
from .rows import Rows

MOST_TOLD = 100  # lines of a list beside the table; report.csv has all
LONGEST = 300  # characters of a text in a table; the script has the same
LEAST_STRETCHES = 3  # of which there is a picture
TEMPLATES = files("presence_worker.report") / "templates"
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("presence_worker.report", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_page(journal: Journal, file: BinaryIO) -> int:
    """Write the report for a browser; give the number of rows it shows."""
    run, counts = journal.run(), journal.counts()
    rows = Rows(journal, run, counts)
    page = ENVIRONMENT.get_template("page.html.j2").stream(
        **_view(journal, run, counts),
        rows=rows,
        style=inlined("page.css"),
        script=inlined("page.js"),
        digest=digest,
        longest=LONGEST,
    )
    page.dump(file, encoding="utf-8", errors="replace")
    return rows.shown


def inlined(name: str) -> Markup:
    """Give a style sheet or a script of ours as it stands in the page."""
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - ours


def digest(text: str) -> str:
    """Give the name by which a page's policy lets a style sheet or script of its own be."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _view(journal: Journal, run: RunRecord, counts: Mapping[Result, int]) -> dict[str, Any]:
    """Give what the page says beside its rows."""
    found = troubles(journal)
    shown = [each for each in found if not _waits(each, run)]
    present = [(result, number) for result, number in counts.items() if number]
    time, coming = course(journal), to_come(journal)
    return {
        "run": run,
        "summary": summarise(journal, {}),
        "headline": headline(run.state, counts, journal.done(), found),
        "counts": [(result, RESULTS[result], number) for result, number in present],
        "bar": stacked(present),
        "kind": kind,
        "marks": MARKS,
        "troubles": [(who, has, mine) for who, has in MENDERS.items() if (mine := _of(shown, who))],
        "words": reason_words,
        "unmapped": run.input.get("unmapped") or [],
        "with_messages": "message" in more_fields(run),
        "most": MOST_TOLD,
        "changes": _told(waiting_changes(journal), "changes"),
        "upcoming": _told(coming, "upcoming"),
        "dropped": _told(coming, "dropped"),
        "time": time,
        "panels": list(panels(time)) if len(time.stretches) >= LEAST_STRETCHES else [],
        "duration": plain_duration,
        "settings": list(settings_in_force(run)),
        "compared": beside_the_last(run.compared),
    }


def _told(found: dict[str, Any], name: str) -> tuple[list[Any], int]:
    """Give what a list begins with, and how much of it is left out."""
    every = found.get(name, [])
    return every[:MOST_TOLD], len(every[MOST_TOLD:]) + found.get(f"{name}_left_out", 0)


def troubles(journal: Journal) -> list[Trouble]:
    """Give why rows are not done, most rows first."""
    people = journal.people()
    return [
        Trouble(result, reason, rows, people[result, reason], detail)
        for result, reason, rows, detail in journal.reasons()
    ]


def _of(found: list[Trouble], who: str) -> list[Trouble]:
    return [each for each in found if mender(each.reason, each.result) == who]


def _waits(trouble: Trouble, run: RunRecord) -> bool:
    """Whether it is nobody's fault that rows were not sent."""
    return trouble.result == Result.NOT_SENT and run.state in NOTHING_SENT
