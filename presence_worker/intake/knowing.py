"""What was found out about a job before it was refused, for `check --explain`.

`check --explain` prints the settings that would make a refused job work. It has them from the refusal:

    raise InputRefused(words, {"hidden_rows": "skip"}, {"hidden_rows": "read"})

Each *way* is a set of settings of [input] that answers the question, the likeliest first. One way is printed
as a setting; of several, the reader chooses: they are printed as comments. An empty way `{}` behind the
others says that perhaps none of them is right, so that even a single one stays a comment. A table
(`only`, `statuses`) and the list `unused` add to what is configured; any other setting replaces it.
One refusal asks one question. The job is then read again with the first way, for the next question.

What was found before the question is in `found`, by these names:

    format, sheet, delimiter, encoding, header, columns   as the journal has them
    rows_path    of JSON, where the rows were found without input.rows
    skip_lines   lines above the header, where only they are in the way
    values       of columns to filter by: {column: [[value, rows], ...]}, most rows first, at most 20
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import InputRefused


@contextmanager
def knowing(**known: Any) -> Iterator[None]:
    """Let a refusal take along what was *known* of the job, by the names listed above."""
    try:
        yield
    except InputRefused as refused:
        refused.found = {**known, **refused.found}
        raise
