"""The table to paste that says what the statuses nobody understood mean."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..settings import IGNORE
from ..text import toml_quoted

NOTHING_CLOSE = f'# "{IGNORE}": nothing known is close; write the status you mean'


def mapping_lines(summary: Mapping[str, Any], *, mark: str = "") -> Iterator[str]:
    """Yield the lines of the table [input.statuses]: what it has already, and what nobody understood.

    What no known word is close to asks for nothing until somebody says what it means. The *mark* stands
    before each that was not understood, such as "# ".
    """
    unmapped = summary["unmapped"]
    yield "[input.statuses]"
    for word, meaning in summary["mapped"].items():
        yield f"{toml_quoted(word)} = {toml_quoted(meaning)}"
    if not all(entry["closest"] for entry in unmapped):
        yield NOTHING_CLOSE
    for entry in unmapped:
        yield f"{mark}{_meaning(entry)}  # {rows_of(entry['rows'])}"


def _meaning(entry: dict[str, Any]) -> str:
    return f"{toml_quoted(entry['value'])} = {toml_quoted(entry['closest'] or IGNORE)}"


def rows_of(number: int) -> str:
    """Give a number of rows in words."""
    return "1 row" if number == 1 else f"{number} rows"
