"""Hidden rows of a workbook: they are read, skipped or refused, as input.hidden_rows says."""

from collections.abc import Callable, Iterator

from ...errors import InputRefused
from ...settings import Input
from ...text import counted, is_or_are, listed
from ..table import Record

MOST_NAMED = 5  # lines in a sentence


def watched(
    records: Iterator[Record], config: Input, where: str, note: Callable[[str], None]
) -> Iterator[Record]:
    """Yield the rows, and mark those that are hidden if they are to be skipped.

    Behind the last one, *note* them, or raise InputRefused if no setting says what they are; *where* is file
    and sheet.
    """
    lines: list[int] = []
    for record in records:
        if record.hidden:
            lines.append(record.line or 0)
        yield record._replace(hidden=config.hidden_rows == "skip") if record.hidden else record
    if not lines:
        return
    are = f"{counted(len(lines), 'row')} {is_or_are(len(lines))} hidden ({_places(lines)})"
    if config.hidden_rows == "refuse":
        them = "it" if len(lines) == 1 else "them"
        raise InputRefused(
            f"{where}: {are}, by a filter or by hand; "
            f'set input.hidden_rows = "skip" to leave {them} out, or "read" to read {them}',
            {"hidden_rows": "skip"},
            {"hidden_rows": "read"},
        )
    done = "read" if config.hidden_rows == "read" else "skipped"
    note(f"{are} and {done}, as input.hidden_rows says")


def _places(lines: list[int]) -> str:
    shown = [str(line) for line in lines[:MOST_NAMED]]
    others = len(lines) - len(shown)
    return f"line{'s' * (len(lines) > 1)} {listed([*shown, *([f'{others} more'] if others else [])], 'and')}"
