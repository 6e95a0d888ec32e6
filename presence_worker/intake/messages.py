"""The comment of a row: its own words, else those of the template, else the default."""

from collections import Counter
from collections.abc import Callable, Iterable

from ..failed_csv import no_text_detail
from ..message_text import normalize_message
from ..model import MAX_MESSAGE_LENGTH, PRESENT, Period, Reason, Row
from ..settings import IGNORE, Input
from ..wording import amount
from .columns import Columns
from .file_checks import FileCheck
from .filled_messages import add_misleading, template_filler, too_long
from .identity import Faults
from .table import FORMULA_ERROR, Cell, Cells, is_error

SPOILING = {  # faults from which those of a template only follow
    Reason.RAGGED_ROW,
    Reason.BAD_DATE,
    Reason.BAD_MESSAGE,
    Reason.MESSAGE_TOO_LONG,
    Reason.CONTROL_CHARACTERS,
}
LOST = "\ufffd"  # a letter that another program could not read
_NO_WORDS = """
    n/a, n.a., na, none, null, nil, (null), <null>, undefined, nan, -, --, ---, –, —, ., ingen, inget, keine,
    kein, geen, intet, k.a., n.v.t., e.t.
"""  # what programs and people write where there is nothing
KEPT = 1000  # different messages at most; a file in which no two are the same stays small in memory
NOTHING = frozenset(
    form for word in map(str.strip, _NO_WORDS.split(",")) for form in (word, word.upper(), word.capitalize())
)
Message = Callable[[Cells, str | None, Period | None, Faults], str]


def message_reader(columns: Columns, config: Input) -> Message:
    """Build the function from a row's cells, status and days to its message; it adds to the row's faults.

    Words of the row's own are given whatever the status, so that they can be counted.
    """
    own = columns.message
    own_words = _own_reader(frozenset(config.empty))
    made = None if config.message_template is None else template_filler(columns, config)
    default = config.default_message

    def read(cells: Cells, status: str | None, period: Period | None, faults: Faults) -> str:
        message = "" if own is None else own_words(cells[own], faults)
        if message or status == PRESENT:
            return message
        if made is None or status in (None, IGNORE) or any(reason in SPOILING for reason, _ in faults):
            return default
        return made(cells, period, faults)

    return read


def _own_reader(empty: frozenset[str]) -> Callable[[Cell, Faults], str]:
    known: dict[str, str] = {}  # comments that can be seen, with what they come to; many repeat

    def read(found: Cell, faults: Faults) -> str:
        if type(found) is str and found in known:
            return known[found]
        if not found and found in ("", None):
            return ""
        if not isinstance(found, str):
            faults.append((Reason.BAD_MESSAGE, no_text_detail("the comment")))
            return ""
        message = normalize_message(found)
        if message in empty:
            return ""
        if "#" in message and is_error(message):
            faults.append((Reason.BAD_MESSAGE, f"the comment {FORMULA_ERROR}"))
            return ""
        if len(message) > MAX_MESSAGE_LENGTH:
            faults.append((Reason.MESSAGE_TOO_LONG, too_long("the comment", message)))
        if not found.isprintable():
            add_misleading(found, faults)  # also what would be trimmed
        elif len(known) < KEPT and max(len(found), len(message)) <= MAX_MESSAGE_LENGTH:
            known[found] = message
        return message

    return read


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
                f"{LOST} stands in place of a lost letter in {amount(self._lost, 'comment')}. "
                "Export the file as UTF-8"
            )
        if self._nothing:
            words = ", ".join(f'"{word}"' for word, _ in self._nothing.most_common())
            yield (
                f"{amount(self._nothing.total(), 'comment')} may stand for nothing and will be shown: "
                f"{words}. If such cells are empty, add these words to input.empty"
            )
