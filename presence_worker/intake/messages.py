"""What is said of who is not present: the row's own words, else those of the template, else the default."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from ..failed_csv import no_text_detail
from ..message_text import DAYS, Gap, day_writer, find_misleading, normalize_message, parse_template
from ..model import MAX_MESSAGE_LENGTH, PRESENT, Period, Reason, Row
from ..sanitize import clean
from ..settings import IGNORE, Input
from ..wording import amount
from .columns import Columns, column_called, columns_found
from .file_checks import FileCheck
from .identity import Faults
from .table import Cell, Cells, is_error

SPOILING = {  # faults from which those of a template only follow
    Reason.RAGGED_ROW,
    Reason.BAD_DATE,
    Reason.BAD_MESSAGE,
    Reason.MESSAGE_TOO_LONG,
    Reason.CONTROL_CHARACTERS,
}
ERROR = "is an error value of a spreadsheet; correct the formula, and export again"
LOST = "\ufffd"  # a letter that another program could not read
_NO_WORDS = """
    n/a, n.a., na, none, null, nil, (null), <null>, undefined, nan, -, --, ---, –, —, ., ingen, inget, keine,
    kein, geen, intet, k.a., n.v.t., e.t.
"""  # what programs and people write where there is nothing
NOTHING = frozenset(
    form for word in map(str.strip, _NO_WORDS.split(",")) for form in (word, word.upper(), word.capitalize())
)
DAYS_KEPT = 1000  # in words; they repeat
Fill = Callable[[Cells, Period | None], str | None]  # "" where the row has nothing; None: it is no text
Message = Callable[[Cells, str | None, Period | None, Faults], str]


def message_reader(columns: Columns, config: Input) -> Message:
    """Build the function from a row's cells, status and days to its message; it adds to the row's faults.

    Words of the row's own are given whatever the status, so that they can be counted.
    """
    own = columns.message
    empty = frozenset(config.empty)
    made = None if config.message_template is None else _template_filler(columns, config)
    default = config.default_message

    def read(cells: Cells, status: str | None, period: Period | None, faults: Faults) -> str:
        message = "" if own is None else _own(cells[own], empty, faults)
        if message or status == PRESENT:
            return message
        if made is None or status in (None, IGNORE) or any(reason in SPOILING for reason, _ in faults):
            return default
        return made(cells, period, faults)

    return read


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
            return f"{setting} has {', '.join(named)}, and there is no such column; {found}"
    return None


def _own(found: Cell, empty: frozenset[str], faults: Faults) -> str:
    if not found and found in ("", None):
        return ""
    if not isinstance(found, str):
        faults.append((Reason.BAD_MESSAGE, no_text_detail("the message")))
        return ""
    message = normalize_message(found)
    if message in empty:
        return ""
    if "#" in message and is_error(message):
        faults.append((Reason.BAD_MESSAGE, f"the message {ERROR}"))
        return ""
    if len(message) > MAX_MESSAGE_LENGTH:
        faults.append((Reason.MESSAGE_TOO_LONG, _too_long("the message", message)))
    if not found.isprintable():
        _add_misleading(found, faults)  # also what would be trimmed
    return message


def _template_filler(columns: Columns, config: Input) -> Callable[[Cells, Period | None, Faults], str]:
    parts = parse_template(config.message_template or "")
    gaps = [(part, _fill(part, columns, config)) for part in parts if isinstance(part, Gap)]

    def made(cells: Cells, period: Period | None, faults: Faults) -> str:
        texts = {gap: fill(cells, period) for gap, fill in gaps}
        if wrong := [gap.name for gap, text in texts.items() if text is None]:
            faults += [(Reason.BAD_MESSAGE, no_text_detail(column_called(name))) for name in wrong]
            return ""
        if errors := [gap.name for gap, text in texts.items() if text and is_error(text)]:
            faults += [(Reason.BAD_MESSAGE, f"{column_called(name)} {ERROR}") for name in errors]
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
        faults.append(
            (Reason.MESSAGE_TOO_LONG, _too_long("the message made by input.message_template", message))
        )
    _add_misleading(text, faults)
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


def _too_long(what: str, message: str) -> str:
    return f"{what} has {len(message)} characters; the service keeps {MAX_MESSAGE_LENGTH}"


def _nothing_in(names: Sequence[str]) -> str:
    shown = " and ".join(clean(name, 60) for name in names)
    return f"nothing in {shown}, which input.message_template needs; fill it in, or set input.default_message"


def _add_misleading(text: str, faults: Faults) -> None:
    if fault := find_misleading(text):
        faults.append((Reason.CONTROL_CHARACTERS, fault))


class DoubtfulComments(FileCheck):
    """How many comments that are sent have lost a letter, or may stand for nothing."""

    def __init__(self) -> None:
        self._lost = 0
        self._nothing = Counter[str]()

    def add(self, row: Row, _cells: Cells) -> bool:
        """Count the comment of a row that is sent, now or later."""
        message = row.message
        if message in NOTHING:
            self._nothing[message] += 1
        if LOST in message:
            self._lost += 1
        return False

    def notes(self) -> Iterable[str]:
        """Yield a sentence on each kind; the words are ours and no reasons of absence."""
        if self._lost:
            yield (
                f"a letter was lost before the file was read (it has {LOST} in its place) in "
                f"{amount(self._lost, 'comment')}; export the file as UTF-8"
            )
        if self._nothing:
            words = ", ".join(f'"{word}"' for word, _ in self._nothing.most_common())
            yield (
                f"{amount(self._nothing.total(), 'comment')} may stand for nothing and will be shown: "
                f"{words}; if such cells are empty, add these words to input.empty"
            )
