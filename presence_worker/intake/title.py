"""A title above the header: refused, for how much there is to leave out is not ours to guess."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..errors import InputRefused
from ..settings import Input
from ..text import clean
from .brackets import as_settings, bracketed
from .csv.dialect import DELIMITERS, NEAR, names_in, names_what_we_need
from .table import Record

MOST_NAMED = 10  # columns in a sentence


class Below(NamedTuple):
    """What stands on a line below the first, where it may be the header."""

    line: int
    names: list[str]
    delimiter: str | None = None  # with which they are cut; None: a workbook needs none


def refuse_a_title(header: Record, below: Iterable[Below], config: Input, where: str) -> None:
    """Raise InputRefused where not the *header* but a line *below* names the columns we need."""
    fitting = (
        line for line in below if names_what_we_need(line.names, config) or bracketed(line.names, config)
    )
    found = next(fitting, None)
    if not found:
        return
    chosen = bracketed(found.names, config)
    remedy = f"set input.skip_lines = {found.line - 1}" + (f", and {as_settings(chosen)}" if chosen else "")
    title = [clean(cell, 60) for cell in header.cells if cell.strip()]
    shown = f"{title[0]!r} does" if len(title) == 1 else "does"
    names = ", ".join(clean(name, 60) for name in found.names[:MOST_NAMED] if name)
    cut = {"delimiter": found.delimiter} if found.delimiter else {}
    refused = InputRefused(
        f"{where}: {shown} not name the columns we need, but line {found.line} does ({names}); {remedy}",
        {"skip_lines": found.line - 1, **cut, **chosen},
    )
    refused.found = _known(found)
    raise refused


def lines_below(head: Sequence[str], config: Input, above: int) -> Iterator[Below]:
    """Yield the next lines of a CSV whose first *above* lines are passed, cut in each way there is."""
    for line, text in enumerate(head[above : above + NEAR], above + 1):
        for delimiter in config.delimiter or DELIMITERS:
            yield Below(line, names_in([text], delimiter), delimiter)


def _known(found: Below) -> dict[str, object]:
    """Give what there is to know of a job that is read as we advise."""
    names = found.names.copy()
    while not names[-1]:
        names.pop()
    cut = {"delimiter": found.delimiter} if found.delimiter else {}
    return {"columns": names, "header": found.line, "skip_lines": found.line - 1, **cut}
