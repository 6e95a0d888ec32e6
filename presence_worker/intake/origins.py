"""From which row of an earlier run a row of failed.csv came back."""

from collections.abc import Mapping, Sequence

from ..model import Origin
from ..run_states import RUN_ID

MOST_DIGITS = 10  # of a line


def origin_of(cells: Sequence[str], places: Mapping[str, int]) -> Origin | None:
    """Return what _run and _line say, by their *places*; None where no run is named, as in older files."""
    run_id, line = _cell("_run", cells, places), _cell("_line", cells, places)
    if not RUN_ID.fullmatch(run_id):
        return None
    is_number = line.isascii() and line.isdecimal() and len(line) <= MOST_DIGITS
    return Origin(run_id, int(line) if is_number else None)


def _cell(name: str, cells: Sequence[str], places: Mapping[str, int]) -> str:
    place = places.get(name, len(cells))
    return cells[place].strip() if place < len(cells) else ""
