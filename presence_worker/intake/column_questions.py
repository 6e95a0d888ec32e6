"""What to ask the operator about a column that is not used, and the settings that answer it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from ..errors import InputRefused, JobFacts, Way
from ..model import NOT_PRESENT
from ..sanitize import clean, quote_toml
from ..settings import ANY_OTHER
from ..wording import amount, series
from .columns import Columns, column_called, column_of_types
from .spelling import bare
from .status_words import CHANGES, GRANTED, NO, NOT_GRANTED, UNDONE, YES, is_granted

MOST_VALUES = 20  # of a column, to choose from
GONE = UNDONE | NOT_GRANTED | YES | {"d"}
PLAIN = GRANTED | YES | NO | CHANGES | {"i", "u", "c", ""}  # no reason of absence


class ColumnKind(Enum):
    """What a column says."""

    APPROVAL = auto()  # whether a leave is approved
    CHANGE = auto()  # what happened to the row, such as its deletion
    ACTION = auto()  # what happened to the row, or a task: its cells show which
    UNDOING = auto()  # when or why it was cancelled; an empty cell: it was not
    SIGNING = auto()  # by whom or when it was approved; an empty cell: perhaps it was not
    STATE = auto()  # something by which rows may count or not, where it differs from row to row
    PERIOD = auto()  # when a leave is, in other words than days
    DURATION = auto()  # how long a leave is; less than nothing takes one back
    OTHER_DAY = auto()  # days of something else
    DAY = auto()  # days of what is not known
    UNKNOWN = auto()  # its name does not say


@dataclass(slots=True, kw_only=True)
class UnusedColumn:
    """A column that is not used, and what was seen in it."""

    name: str
    kind: ColumnKind  # by its name
    values: Counter[str] = field(default_factory=Counter)
    rows: int = 0  # that speak against the column
    first: int | None = None  # line of the first of them
    is_object: bool = False  # of JSON: what it says is in its fields, each with a dotted path


BY_DAYS = (ColumnKind.DAY, ColumnKind.PERIOD, ColumnKind.SIGNING)  # no values to choose from
MOST_NAMED = 5  # columns or values in a sentence
Question = tuple[str, tuple[Way, ...]]  # words, and the settings that answer it
Found = Sequence[tuple[ColumnKind, UnusedColumn]]


def question(found: Found, lacking: Sequence[str], where: str) -> InputRefused | None:
    """Return the refusal that asks about one of the columns *found*, None where there is none.

    *lacking* are the days (from, until) for which the job has no column.
    """
    for kind, ask in QUESTIONS.items():
        of_kind = [column for says, column in found if says is kind]
        if of_kind:
            words, ways = ask(of_kind, lacking)
            values = {column.name: column.values.most_common(MOST_VALUES) for column in of_kind}
            facts = JobFacts(values={} if kind in BY_DAYS else values)
            return InputRefused(f"{where}: {words}", *ways, facts=facts)
    return None


def approvals_as_statuses(
    columns: Columns, statuses: Mapping[str, str | None], where: str
) -> InputRefused | None:
    """Return the refusal of a job whose status column only says how far approvals came; else None.

    *statuses* are the words of that column, with what they mean.
    """
    granted = [word for word in statuses if bare(word) in GRANTED]
    are_approvals = bool(granted) or any(bare(word) in NOT_GRANTED for word in statuses)
    if columns.status is None or any(statuses.values()) or not are_approvals:
        return None
    name, types = columns.names[columns.status], column_of_types(columns.names)
    only: Way = {"only": {name: granted or ["Approved"]}}
    shown = f"input.only = {_table(name, granted or ['Approved'])}"
    if types:
        means = f'input.status = {quote_toml(types)}, input.statuses = {{ "{ANY_OTHER}" = "{NOT_PRESENT}" }}'
        way = {**only, "status": types, "statuses": {ANY_OTHER: NOT_PRESENT}}
    else:
        means, way = f'input.default_status = "{NOT_PRESENT}"', {**only, "default_status": NOT_PRESENT}
    words = (
        f"{column_called(name)} says whether a leave is approved, not who is present. Set {means} and {shown}"
    )
    return InputRefused(f"{where}: {words}", way, {})


def _ask_approval(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    column = found[0]
    approved = [*filter(is_granted, column.values)]
    approved = approved or [text for text in column.values if bare(text) in YES]
    return _ask_filter(column, "says whether a leave is approved", approved)


def _ask_change(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    column = found[0]
    kept = [text for text in column.values if bare(text) not in GONE]
    return _ask_filter(column, "says whether a row was changed, cancelled or deleted", kept)


def _ask_undoing(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    return _ask_filter(found[0], f"marks {amount(found[0].rows, 'row')} as cancelled or deleted", [""])


def _ask_state(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    column = found[0]
    counting = [text for text in column.values if bare(text) in GRANTED]
    return _ask_filter(column, "has different values and may decide which rows count", counting)


def _ask_signing(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    column = found[0]
    words = (
        f"{column_called(column.name)} is empty in {amount(column.values[''], 'row')} and filled in others, "
        "so some leave may not be approved. Export approved leave only, or set input.only for a column that "
        f"shows the approval. If all rows count, set input.unused = [{quote_toml(column.name)}]"
    )
    return words, ({"unused": [column.name]}, {})


def _ask_period(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    names = [quote_toml(column.name) for column in found[:MOST_NAMED]]
    words = (
        f"{column_called(found[0].name)} seems to say when people are away, but is not used. Export the "
        "first and the last day in two columns. If the column says something else, set input.unused = "
        f"[{', '.join(names)}]"
    )
    return words, ({"unused": [column.name for column in found]}, {})


def _ask_filter(column: UnusedColumn, says: str, counting: Sequence[str]) -> Question:
    """Ask which rows count; *counting* are the values of those that probably do."""
    shown = [text for text in counting if bare(text) in PLAIN]  # others may be reasons of absence
    table = _table(column.name, shown) if shown else f"{{ {quote_toml(column.name)} = [...] }}"
    where = "" if shown else " (`check --explain` lists the values)"
    words = (
        f"{column_called(column.name)} {says}, but is not used. List the values of rows that count: "
        f"input.only = {table}{where}. If all rows count, set input.unused = [{quote_toml(column.name)}]"
    )
    only: tuple[Way, ...] = ({"only": {column.name: list(counting[:MOST_VALUES])}},) if counting else ()
    return words, (*only, {"unused": [column.name]})


def _ask_duration(found: Sequence[UnusedColumn], _: Sequence[str]) -> Question:
    column = found[0]
    line = "" if column.first is None else f" (line {column.first})"
    have = "has" if column.rows == 1 else "have"
    words = (
        f"{amount(column.rows, 'row')} {have} a negative number in {column_called(column.name)}{line}. Such "
        "a row usually cancels an earlier one, but the file does not say which. Remove both from the export. "
        f"To send such rows as they are, set input.unused = [{quote_toml(column.name)}]"
    )
    return words, ({"unused": [column.name]}, {})


def _ask_day(found: Sequence[UnusedColumn], lacking: Sequence[str]) -> Question:
    names = [column.name for column in found]
    shown = series([repr(clean(name, 60)) for name in names[:MOST_NAMED]], "and")
    hold = (
        f"the column {shown} holds dates, but is"
        if len(names) == 1
        else f"the columns {shown} hold dates, but are"
    )
    quoted = quote_toml(names[0])
    settings = {"from": f"input.from = {quoted} (first day)", "until": f"input.until = {quoted} (last day)"}
    both = " or both (one row for each day)" if len(lacking) > 1 else ""
    back = '. For a first day back, also set input.until_means = "first_day_back"' * ("until" in lacking)
    words = (
        f"{hold} not used. Set {' or '.join(settings[day] for day in lacking)}{both}{back}. If they are not "
        f"days of absence, set input.unused = [{', '.join(map(quote_toml, names[:MOST_NAMED]))}]"
    )
    ways = [dict(zip(lacking, names, strict=False))] if len(names) > 1 else [dict.fromkeys(lacking, names[0])]
    ways += [{day: name} for name in names for day in lacking if {day: name} not in ways]
    return words, (*ways, {"unused": names})


def _table(name: str, values: Sequence[str]) -> str:
    return f"{{ {quote_toml(name)} = [{', '.join(map(quote_toml, values[:MOST_NAMED]))}] }}"


QUESTIONS: dict[ColumnKind, Callable[[Sequence[UnusedColumn], Sequence[str]], Question]] = {
    ColumnKind.APPROVAL: _ask_approval,
    ColumnKind.CHANGE: _ask_change,
    ColumnKind.UNDOING: _ask_undoing,
    ColumnKind.STATE: _ask_state,
    ColumnKind.SIGNING: _ask_signing,
    ColumnKind.DURATION: _ask_duration,
    ColumnKind.DAY: _ask_day,
    ColumnKind.PERIOD: _ask_period,
}
