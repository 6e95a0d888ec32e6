"""What failed.csv adds to a job, so that a spreadsheet may open it and `run` takes it back unchanged."""

import json
import re
from typing import Any

FATE_COLUMNS = ("_result", "_reason", "_detail", "_http_status", "_attempts", "_line")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # also full-width signs
NO_TEXT = "the message is no text; write it in quotes"
_RAGGED = re.compile(r"(\d+) cells, but the header has \d+")
_ESCAPED = re.compile(rf"'{_FORMULA.pattern}")


def escape_formula(cell: str) -> str:
    """Make a cell that a spreadsheet would calculate into plain text; `unescape_formula` takes it back."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Give the cell that `escape_formula` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def ragged(found: int, wanted: int) -> str:
    """Say that a row has not as many cells as the header, and how it is mended in failed.csv."""
    words = f"{found} cells, but the header has {wanted}"
    if found > wanted:
        return words
    return f"{words}; fill them in, or empty _detail in failed.csv to send the row as it is"


def as_refused(cells: list[str], message: int | None, detail: str) -> list[Any]:
    """Give the cells of a row of failed.csv as they were when it was refused, unless somebody mended them.

    A row that was too short has been filled up, and what JSON had in place of a *message* (its position) has
    become a text: taken as they look, both would be sent although nobody mended them.
    """
    short = _RAGGED.search(detail)
    if short and not any(cell.strip() for cell in cells[int(short[1]) :]):
        return cells[: int(short[1])]
    if message is None or NO_TEXT not in detail:
        return cells
    return [*cells[:message], _as_json(cells[message]), *cells[message + 1 :]]


def _as_json(cell: str) -> Any:
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return cell if value is None or isinstance(value, str) else value
