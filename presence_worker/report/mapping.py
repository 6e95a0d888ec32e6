"""The table to paste that says what the statuses nobody understood mean."""

from collections.abc import Iterator
from typing import Any

from ..settings import IGNORE
from ..text import toml_quoted
from .summary import Summary

NOTHING_CLOSE = f'# "{IGNORE}": nothing known is close; write the status you mean'


def mapping_lines(summary: Summary) -> Iterator[str]:
    """Yield the lines of the table [input.statuses] with what it has already; none where all is understood.

    What no known word is close to asks for nothing until somebody says what it means.
    """
    unmapped = summary["unmapped"]
    if not unmapped:
        return
    yield "[input.statuses]"
    for word, meaning in summary["mapped"].items():
        yield f"{toml_quoted(word)} = {toml_quoted(meaning)}"
    if not all(entry["closest"] for entry in unmapped):
        yield NOTHING_CLOSE
    for entry in unmapped:
        yield f"{_meaning(entry)}  # {rows_of(entry['rows'])}"


def _meaning(entry: dict[str, Any]) -> str:
    return f"{toml_quoted(entry['value'])} = {toml_quoted(entry['closest'] or IGNORE)}"


def rows_of(number: int) -> str:
    """Give a number of rows in words."""
    return "1 row" if number == 1 else f"{number} rows"
