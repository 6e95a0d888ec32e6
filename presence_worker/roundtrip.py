"""What failed.csv adds to a job, so that a spreadsheet may open it and `run` takes it back unchanged."""

import re

FATE_COLUMNS = ("_result", "_reason", "_detail", "_http_status", "_attempts", "_line")
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")  # also full-width signs
_ESCAPED = re.compile(rf"'{_FORMULA.pattern}")


def escape_formula(cell: str) -> str:
    """Make a cell that a spreadsheet would calculate into plain text; `unescape_formula` takes it back."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Give the cell that `escape_formula` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell
