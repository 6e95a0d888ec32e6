"""Whether the columns of JSON are all that its rows have to say: deeper fields may be what is missing."""

from collections.abc import Sequence

from ...errors import InputRefused
from ...settings import Input
from ...text import clean, listed, toml_quoted
from ..columns import understand
from .nested import Row, arrays_of_days, paths_of, suggested, suggestions

MOST_NAMED = 5  # arrays in a sentence


def judge(columns: Sequence[str], row: Row, config: Input, where: str) -> None:
    """Raise InputRefused, with the settings that help, where *columns* lack what fields in a *row* have."""
    settings = suggestions(columns, row, config)
    try:
        understand(columns, config, where)
    except InputRefused as refused:
        raise _with_paths(refused, settings) if settings else _with_arrays(refused, row) from None
    if arrays := arrays_of_days(columns, row, config):
        words = f"arrays {_shown(arrays)} with days in each row; write one row for each leave"
        raise InputRefused(f"{where}: {words}, or set {_unused(arrays)}", {"unused": arrays}, {})
    if settings:
        paths = paths_of(settings)
        words = f"not used: {_shown(paths)}; set {suggested(settings)}, or {_unused(paths)}"
        raise InputRefused(f"{where}: {words}", settings, {"unused": paths})


def _with_paths(refused: InputRefused, settings: dict[str, str]) -> InputRefused:
    words = f"fields below other fields need their path: {suggested(settings)}"
    deeper = InputRefused(f"{refused}; {words}", settings)
    deeper.found = refused.found
    return deeper


def _with_arrays(refused: InputRefused, row: Row) -> InputRefused:
    """Add the arrays of objects in a row: the document may be several answers put together."""
    lists = {name: value for name, value in row.items() if isinstance(value, list) and value}
    arrays = [name for name, value in lists.items() if isinstance(value[0], dict)]
    if not arrays:
        return refused
    words = f"each object has an array of objects ({_shown(arrays)}): write their rows into one array"
    deeper = InputRefused(f"{refused}; {words}", *refused.ways)
    deeper.found = refused.found
    return deeper


def _shown(paths: Sequence[str]) -> str:
    return listed([clean(path, 60) for path in paths[:MOST_NAMED]], "and")


def _unused(paths: Sequence[str]) -> str:
    return f"input.unused = [{', '.join(map(toml_quoted, paths))}]"
