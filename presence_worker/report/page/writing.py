"""A page, put together and written as the journal is read."""

from typing import BinaryIO

from ...journal import Journal
from ..page_rows import Rows
from ..page_templates import ENVIRONMENT
from ..reason_texts import WHY_DROPPED, reason_words, result_words
from .bar import MARKS, kind
from .view import view

LONGEST = 300  # characters of a text in a table; the script has the same
WORDS = {
    "kind": kind,
    "longest": LONGEST,
    "marks": MARKS,
    "result_words": result_words,
    "why_dropped": WHY_DROPPED,
    "words": reason_words,
}


def write_page(journal: Journal, file: BinaryIO) -> int:
    """Write the report for a browser; return the number of rows it shows."""
    run, counts = journal.run(), journal.results.counts()
    rows = Rows(journal, run, counts)
    template = ENVIRONMENT.get_template("page.html.j2", globals=WORDS)
    page = template.stream(vars(view(journal, run, counts)), rows=rows)
    page.dump(file, encoding="utf-8", errors="replace")
    return rows.shown
