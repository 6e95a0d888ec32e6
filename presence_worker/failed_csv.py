"""What failed.csv adds to a job, so that a spreadsheet may open it and `run` takes it back unchanged."""

import json
import re
from collections.abc import Mapping
from typing import Any

from .wording import amount

RESULT_COLUMNS = ("_result", "_reason", "_detail", "_http_status", "_attempts", "_line", "_run")
ALSO = "; also "  # between the faults of one row, in _detail
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # also full-width signs
_RAGGED = re.compile(r"(\d+) cells?, but the header has (\d+)")
_ESCAPED = re.compile(rf"'{_FORMULA.pattern}")
_HALF = re.compile(r"\\u(d[89a-f][0-9a-f]{2})")  # a lone surrogate, as no file can hold it


def is_failed_csv(start: bytes) -> bool:
    """Return, by how a file begins, encoded somehow like ASCII, whether it is one that `run` takes back."""
    header = b" ".join(start.splitlines()[:2])  # a spreadsheet's "sep=;" may stand above
    return all(name.encode() in header for name in RESULT_COLUMNS[:2])


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet calculates; `unescape_formula` takes it back."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Return the cell that `escape_formula` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def width_detail(found: int, wanted: int) -> str:
    """Return the words for a row of another width than the header, and how to correct it in failed.csv."""
    words = f"the row has {amount(found, 'cell')}, but the header has {wanted}"
    if found > wanted:
        return f"{words}; remove the extra cells (in failed.csv, empty _detail as well)"
    return f"{words}; fill in the missing cells (in failed.csv: or empty _detail, to send the row as it is)"


def surplus_cells(detail: str) -> int:
    """Return by how many cells a row was too long for the header, from its _detail."""
    said = _RAGGED.search(detail)
    return max(int(said[1]) - int(said[2]), 0) if said else 0


def no_text_detail(what: str) -> str:
    """Return the words for JSON without a text where *what* stands, such as "the comment"."""
    return f"{what} is not a text; write it as text (in failed.csv: or empty _detail, to send it as it is)"


def _refuses_as_text(what: str, detail: str) -> bool:
    """Return whether a _detail says so, in our words or in those of earlier versions."""
    former = what.replace("the comment", "the message")
    return re.search(rf"({re.escape(what)}|{re.escape(former)}) is (not a|no) text", detail) is not None


def restore_refused(cells: list[str], texts: Mapping[str, int], detail: str) -> list[Any]:
    """Return the cells of a row of failed.csv as they were when it was refused, unless they were corrected.

    A row that was too short has been filled up. *texts* are positions by their names: what JSON had there in
    place of a text has become a text. So has half a character. Read as they look, these rows would be sent
    without a correction.
    """
    short = _RAGGED.search(detail)
    if short and not any(cell.strip() for cell in cells[int(short[1]) :]):
        return cells[: int(short[1])]
    if "(U+" in detail:
        cells = [_HALF.sub(lambda written: chr(int(written[1], 16)), cell) for cell in cells]
    wrong = {position for what, position in texts.items() if _refuses_as_text(what, detail)}
    return [_as_json(cell) if position in wrong else cell for position, cell in enumerate(cells)]


def _as_json(cell: str) -> Any:
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return cell if value is None or isinstance(value, str) else value
