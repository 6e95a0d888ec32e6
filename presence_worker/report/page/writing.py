"""A page, put together and written as the journal is read."""

import base64
import hashlib
from importlib.resources import files
from typing import BinaryIO

import jinja2
from markupsafe import Markup

from ...journal import Journal
from ...values import plain_duration
from ..words import RESULTS, reason_words, result_words
from .bar import MARKS, kind
from .rows import Rows
from .view import view

TEMPLATES = files("presence_worker.report") / "templates"
LONGEST = 300  # characters of a text in a table; the script has the same


def inlined(name: str) -> Markup:
    """Give a style sheet or a script of ours as it stands in the page."""
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - ours


def digest(text: str) -> str:
    """Give the name by which a page's policy lets a style sheet or script of its own be."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("presence_worker.report", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals |= {
    "digest": digest,
    "duration": plain_duration,
    "kind": kind,
    "longest": LONGEST,
    "marks": MARKS,
    "results": RESULTS,
    "result_words": result_words,
    "words": reason_words,
}


def write_page(journal: Journal, file: BinaryIO) -> int:
    """Write the report for a browser; give the number of rows it shows."""
    run, counts = journal.run(), journal.counts()
    rows = Rows(journal, run, counts)
    page = ENVIRONMENT.get_template("page.html.j2").stream(
        **view(journal, run, counts), rows=rows, style=inlined("page.css"), script=inlined("page.js")
    )
    page.dump(file, encoding="utf-8", errors="replace")
    return rows.shown
