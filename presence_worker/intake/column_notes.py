"""What a reader may not expect of how the columns were understood."""

from collections.abc import Sequence

from ..settings import Input
from .columns import FIRST_DAY_BACK, Columns, column_called
from .spelling import plain


def notes_on(names: Sequence[str], columns: Columns, config: Input) -> list[str]:
    """Say what a reader may not expect of how the columns were understood."""
    notes = []
    if config.default_status and columns.status is not None:
        called = column_called(names[columns.status])
        notes.append(f"input.default_status was not used: {called} has the status of each row")
    back = [
        name
        for place, name in enumerate(names)
        if plain(name) in FIRST_DAY_BACK and place not in columns.used
    ]
    if back and columns.ends is not None:
        last = column_called(names[columns.ends])
        notes.append(f"{column_called(back[0])} (a first day back) was not used: {last} has the last day")
    return notes
