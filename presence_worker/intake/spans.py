"""What the days of all rows show: leave without an end, and days of employment instead of absence."""

from collections.abc import Sequence
from datetime import date, timedelta

from ..errors import InputRefused
from ..model import PRESENT, Reason
from ..text import clean, counted, listed, toml_quoted
from .columns import Columns
from .day_reader import Due

LONGEST = timedelta(days=400)  # since the first day of a leave; who was hired is there for longer


class Spans:
    """Owns how many rows have days of a kind."""

    def __init__(self, day: date) -> None:
        self._oldest = day - LONGEST
        self.names: dict[str, str] = {}  # of the columns of days that only their names say; by setting
        self.without_end = 0  # rows that set a person away, now or later, and have no last day
        self._present = self._long_ago = 0  # rows with such days
        self._first: int | None = None  # line of the first of them

    def use_columns(self, names: Sequence[str], columns: Columns) -> None:
        """Look at the columns of days that a job has."""
        places = {"from": columns.starts, "until": columns.ends}
        by_name = {key: names[place] for key, place in places.items() if place is not None}
        self.names = by_name if columns.days_by_name else {}

    def add(self, status: str | None, due: Due, line: int | None) -> None:
        """Count a row that is sent, now or later, or would have been."""
        period = due.period or (None, None)
        if status != PRESENT:
            if not period[1] and due.reason in (None, Reason.NOT_YET_DUE):
                self.without_end += 1
            if not (self.names and period[0] and period[0] < self._oldest):
                return
            self._long_ago += 1
        elif self.names and due.period:
            self._present += 1
        else:
            return
        self._first = self._first or line

    def refusal(self, where: str) -> InputRefused | None:
        """Return why the job must be refused whose days are those of contracts; None where they are not."""
        if not (self._present or self._long_ago):
            return None
        line = "" if self._first is None else f" (line {self._first})"
        shown = listed([repr(clean(name, 60)) for name in self.names.values()], "and")
        seen = [f"{counted(self._present, 'row')} of people who are present"] * bool(self._present)
        seen += [f"{counted(self._long_ago, 'row')} from more than {LONGEST.days} days ago"] * bool(
            self._long_ago
        )
        settings = [f"input.{key} = {toml_quoted(name)}" for key, name in self.names.items()]
        none = [f'input.{key} = ""' for key in self.names]
        words = (
            f"{where}: {shown} may be days of employment, not of absence: the file has {' and '.join(seen)}"
            f"{line}; if they are of absence, set {' and '.join(settings)}, and if not, {' and '.join(none)}"
        )
        ways = [dict(self.names), dict.fromkeys(self.names, "")]
        return InputRefused(words, *(reversed(ways) if self._present else ways))
