"""report.html: the run on one page that needs nothing but a browser."""

from itertools import islice
from typing import BinaryIO

import jinja2

from ..journal import Journal
from ..model import Result
from .rows import more_fields
from .summary import summarise
from .words import NOTHING_SENT, RESULTS, reason_words, verdict

MOST_ROWS = 10_000  # report.csv has all
PIECES = 1000  # of the page's text that are written at once
_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("presence_worker.report", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_page(journal: Journal, file: BinaryIO) -> int:
    """Write the report for a browser; give the number of rows it shows."""
    run, counts = journal.run(), journal.counts()
    rows = sum(counts.values())
    page = _TEMPLATES.get_template("page.html.j2").stream(
        run=run,
        summary=summarise(journal, {}),
        verdict=verdict(counts, journal.done()),
        counts=[(result, RESULTS[result], number) for result, number in counts.items() if number],
        troubles=[
            (Result(result), reason_words(reason, result), number, detail)
            for result, reason, number, detail in journal.reasons()
            if not (result == Result.NOT_SENT and run.state in NOTHING_SENT)
        ],
        lines=islice(journal.fates(), MOST_ROWS),
        with_message="message" in more_fields(run),
        left_out=max(0, rows - MOST_ROWS),
    )
    page.enable_buffering(PIECES)
    page.dump(file, encoding="utf-8", errors="replace")
    return min(rows, MOST_ROWS)
