"""Messages that input.message_template makes of a row, with the faults that any message may have."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from ..failed_csv import no_text_detail
from ..message_template import DAYS, Gap, day_writer, parse_template
from ..message_text import find_misleading, normalize_message
from ..model import MAX_MESSAGE_LENGTH, Period, Reason
from ..sanitize import clean
from ..settings import Input
from .columns import Columns, column_called, columns_found
from .identity import Faults
from .table import FORMULA_ERROR, Cell, Cells, is_error

DAYS_KEPT = 1000  # in words; they repeat
Fill = Callable[[Cells, Period | None], str | None]  # "" where the row has nothing; None: it is not a text


def find_missing_columns(columns: Columns, config: Input) -> str | None:
    """Return what a setting names and a job with these columns has not; None where it has everything."""
    gaps = [part for part in parse_template(config.message_template or "") if isinstance(part, Gap)]
    days = {"from": columns.starts, "until": columns.ends}
    of_template = [
        gap.name for gap in gaps if (days[gap.name] if gap.is_day else columns.gaps.get(gap.name)) is None
    ]
    missing = {
        "input.only": [repr(clean(name, 60)) for name in config.only if name not in columns.only],
        "input.message_template": [f"{{{clean(name, 60)}}}" for name in dict.fromkeys(of_template)],
    }
    for setting, named in missing.items():
        if named:
            found = columns_found(columns.names)
            return f"{setting} names {', '.join(named)}, but the file has no such column. {found}"
    return None


def template_filler(columns: Columns, config: Input) -> Callable[[Cells, Period | None, Faults], str]:
    """Build the function that makes a message of a row; it adds to the row's faults."""
    parts = parse_template(config.message_template or "")
    gaps = [(part, _fill(part, columns, config)) for part in parts if isinstance(part, Gap)]

    def made(cells: Cells, period: Period | None, faults: Faults) -> str:
        texts = {gap: fill(cells, period) for gap, fill in gaps}
        if wrong := [gap.name for gap, text in texts.items() if text is None]:
            faults += [(Reason.BAD_MESSAGE, no_text_detail(column_called(name))) for name in wrong]
            return ""
        if errors := [gap.name for gap, text in texts.items() if text and is_error(text)]:
            faults += [(Reason.BAD_MESSAGE, f"{column_called(name)} {FORMULA_ERROR}") for name in errors]
            return ""
        if empty := [gap.name for gap, text in texts.items() if not text]:
            if not config.default_message:
                faults.append((Reason.BAD_MESSAGE, _nothing_in(empty)))
            return config.default_message
        return _check_made(
            "".join(part if isinstance(part, str) else texts[part] or "" for part in parts), faults
        )

    return made


def _check_made(text: str, faults: Faults) -> str:
    message = normalize_message(text)
    if len(message) > MAX_MESSAGE_LENGTH:
        faults.append((Reason.MESSAGE_TOO_LONG, too_long("the comment from input.message_template", message)))
    add_misleading(text, faults)
    return message


def _fill(gap: Gap, columns: Columns, config: Input) -> Fill:
    """Build the function that gives the text of a gap."""
    if not gap.is_day:
        place, empty = columns.gaps.get(gap.name), frozenset(config.empty)
        return lambda cells, _: "" if place is None else _text(cells[place], empty)
    write = lru_cache(DAYS_KEPT)(day_writer(gap.form, config.locale))
    end = DAYS.index(gap.name)

    def fill(_: Cells, period: Period | None) -> str:
        day = period[end] if period else None
        return write(day) if day else ""

    return fill


def _text(found: Cell, empty: frozenset[str]) -> str | None:
    """Return what a cell says; of JSON, whole numbers are texts as they look."""
    if isinstance(found, str):
        text = found.strip()
        return "" if text in empty else text
    return "" if found is None else str(found) if type(found) is int else None


def _nothing_in(names: Sequence[str]) -> str:
    shown = " and ".join(clean(name, 60) for name in names)
    return f"no value in {shown} for input.message_template; fill it in, or set input.default_message"


def too_long(what: str, message: str) -> str:
    """Return what is wrong with a *message* that SuperOffice would cut."""
    return f"{what} has {len(message)} characters; shorten it to {MAX_MESSAGE_LENGTH}"


def add_misleading(text: str, faults: Faults) -> None:
    """Add a fault where a text has a character that no message may have."""
    if fault := find_misleading(text):
        faults.append((Reason.CONTROL_CHARACTERS, fault))
