"""The rows of a page: all that fit as data for its script, and those that matter most as plain HTML."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import orjson
from markupsafe import Markup

from ..journal import NOT_DONE, Journal, RowResult, RunRecord
from ..json_form import Json
from ..model import Result
from ..sanitize import escape_json
from .charts import MARKS, kind
from .reason_texts import REASONS
from .row_files import FIELDS, fields_of, names_of

MOST_ROWS = 20_000  # report.csv has all
PLAIN_ROWS = 200  # that are there without script, too
AT_ONCE = 500  # rows that become text at once
MOST_WORDS = 1000  # that rows share
CODED = ("status", "result", "reason", "before_status")  # fields that have the same few words in all rows
CODED_PLACES = [FIELDS.index(name) for name in CODED]
LESS_THAN = b"\\u003c"  # as JSON may write it: no text can end the element it stands in


class Column(NamedTuple):
    """A column of the table."""

    field: str
    title: str
    is_number: bool = False


FIRST = (
    Column("row", "Row", is_number=True),
    Column("associate_id", "Associate"),
    Column("result", "Result"),
    Column("reason", "Why"),
    Column("before_status", "Before"),
    Column("status", "Wanted"),
)
MORE = {
    "from": Column("from", "From"),
    "until": Column("until", "Until"),
    "message": Column("message", "Message"),
}
LAST = (
    Column("attempts", "Tries", is_number=True),
    Column("http_status", "HTTP", is_number=True),
    Column("duration_ms", "ms", is_number=True),
    Column("finished_at", "At (UTC)"),
    Column("line", "Line", is_number=True),
)


class PageRows:
    """Owns the one reading of a page's rows: the plain ones are known when the pieces were taken."""

    def __init__(self, journal: Journal, run: RunRecord, counts: Mapping[Result, int]) -> None:
        self.number = sum(counts.values())
        self.not_done = sum(counts[result] for result in NOT_DONE)
        self.shown = min(self.number, MOST_ROWS)
        self._names = names_of(run)
        self.columns = [*FIRST, *(MORE[name] for name in self._names if name in MORE), *LAST]
        self._journal = journal
        self._run = run
        self._worst: list[RowResult] = []
        self._others: list[RowResult] = []

    def pieces(self) -> Iterator[Markup]:
        """Yield the data of the page's script, in pieces of JSON that are harmless inside HTML."""
        shared, values = _Words(), attrgetter(*fields_of(self._names))
        head = {
            "run_id": self._run.run_id,
            "fields": self._names,
            "coded": CODED,
            "results": {str(result): (MARKS[kind(result)], kind(result)) for result in Result},
            "reasons": {str(reason): words.what for reason, words in REASONS.items()},
        }
        yield _harmless(orjson.dumps(head)[:-1] + b',"rows":[')
        for number, group in enumerate(_in_groups(self._choose_rows())):
            lines = [shared.encode(values(fate)) for fate in group]
            yield _harmless((b",\n" if number else b"") + orjson.dumps(lines)[1:-1])
        yield _harmless(b'],"words":' + orjson.dumps(list(shared.numbers)) + b"}")

    def plain(self) -> list[RowResult]:
        """Return the rows that are readable without script: first those that somebody has to see."""
        room = PLAIN_ROWS - len(self._worst)
        return sorted([*self._worst, *self._others[:room]])

    def _choose_rows(self) -> Iterator[RowResult]:
        """Yield the rows that fit, in order: those that are not done go before others."""
        bad = min(self.not_done, MOST_ROWS)
        good = self.shown - bad
        for fate in self._journal.results.all():
            is_bad = fate.result in NOT_DONE
            if bad and is_bad:
                bad -= 1
            elif good and not is_bad:
                good -= 1
            else:
                continue
            kept = self._worst if is_bad else self._others
            if len(kept) < PLAIN_ROWS:
                kept.append(fate)
            yield fate
            if not (bad or good):
                return


class _Words:
    """Owns the words that rows share; each is written once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def encode(self, values: Sequence[Json]) -> list[Json]:
        """Return a row's values, with numbers in place of the words of its coded fields."""
        line = [*values]
        for place in CODED_PLACES:
            if isinstance(word := line[place], str):
                line[place] = self._number(word)
        return line

    def _number(self, word: str) -> int | str:
        if word not in self.numbers and len(self.numbers) >= MOST_WORDS:
            return word
        return self.numbers.setdefault(word, len(self.numbers))


def _harmless(json: bytes) -> Markup:
    return Markup(escape_json(json.replace(b"<", LESS_THAN).decode()))  # noqa: S704 - nothing in it is markup any more


def _in_groups(fates: Iterator[RowResult]) -> Iterator[list[RowResult]]:
    while group := list(islice(fates, AT_ONCE)):
        yield group
