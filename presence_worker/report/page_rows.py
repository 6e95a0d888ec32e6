"""The rows of a page: all that fit as data for its script, and those that need attention as plain HTML."""

from collections.abc import Mapping, Sequence

import orjson

from ..clock import LocalClock
from ..journal import RunRecord, SqlRow
from ..json_form import Json
from ..model import NOT_DONE, Result
from ..sanitize import escape_json
from .charts import MARKS, kind
from .pieces import Value
from .reason_texts import REASONS
from .row_files import FIELDS, RESULT, names_of

MOST_ROWS = 20_000  # report.csv has all
PLAIN_ROWS = 200  # that are there without script, too
AT_ONCE = 500  # rows that become text at once
MOST_WORDS = 1000  # that rows share
CODED = ("status", "result", "reason", "before_status")  # fields that have the same few words in all rows
BAD = frozenset(NOT_DONE)
CODED_PLACES = [FIELDS.index(name) for name in CODED]
LESS_THAN = b"\\u003c"  # as JSON may write it: no text can end the element it stands in


def clock_of(run: RunRecord) -> LocalClock:
    """Return the clock of a run's page, as it was when the run began."""
    return LocalClock.at(run.created_at, run.settings.of_input("timezone"))


class PageRows:
    """Owns the rows that a page shows: they are chosen while all rows of the run come by, in order."""

    def __init__(self, run: RunRecord, counts: Mapping[Result, int]) -> None:
        self.number = sum(counts.values())
        self.shown = min(self.number, MOST_ROWS)
        self._run = run
        self._names = names_of(run)
        bad = min(sum(counts[result] for result in NOT_DONE), MOST_ROWS)
        self._room = {True: bad, False: self.shown - bad}  # for rows that are not done, and for others
        self._plain: dict[bool, list[SqlRow]] = {True: [], False: []}
        self._words: list[str] = []  # that rows share
        self._codes: dict[str | None, int | None] = {None: None}
        self._waiting: list[list[Json]] = []
        self._has_begun = False

    def begin(self) -> bytes:
        """Return the beginning of the data of the page's script: JSON that is harmless inside HTML."""
        head = {
            "run_id": self._run.run_id,
            "offset": clock_of(self._run).offset.total_seconds(),
            "fields": self._names,
            "coded": CODED,
            "results": {str(result): (MARKS[kind(result)], kind(result)) for result in Result},
            "reasons": {str(reason): words.what for reason, words in REASONS.items()},
        }
        return _harmless(orjson.dumps(head)[:-1] + b',"rows":[')

    def add(self, rows: Sequence[SqlRow]) -> bytes:
        """Return the data of those of *rows* that fit: rows that are not done go before others."""
        if any(self._room.values()):
            self._waiting += [self._encode(row) for row in rows if self._takes(row)]
        pieces = []
        while len(self._waiting) >= AT_ONCE:
            pieces.append(self._take_piece())
        return b"".join(pieces)

    def end(self) -> bytes:
        """Return the end of the data, with the words that the rows share."""
        last = self._take_piece() if self._waiting else b""
        return last + _harmless(b'],"words":' + orjson.dumps(self._words) + b"}")

    def plain(self) -> list[tuple[int, dict[str, Value]]]:
        """Return the rows that are readable without script, with their numbers, trouble first."""
        bad = sorted(self._plain[True], key=lambda row: (row[RESULT] == Result.NOT_SENT, row[0]))
        chosen = [*bad, *self._plain[False]][:PLAIN_ROWS]
        return [(row[0], dict(zip((*self._names, "identity"), row, strict=False))) for row in chosen]

    def _takes(self, row: SqlRow) -> bool:
        is_bad = row[RESULT] in BAD
        if not self._room[is_bad]:
            return False
        self._room[is_bad] -= 1
        if len(self._plain[is_bad]) < PLAIN_ROWS:
            self._plain[is_bad].append(row)
        return True

    def _encode(self, row: SqlRow) -> list[Json]:
        """Return a row's values, with numbers in place of the words that rows share."""
        line = [*row[: len(self._names)]]
        for place in CODED_PLACES:
            word = line[place]
            if word not in self._codes and len(self._words) < MOST_WORDS:
                self._codes[word] = len(self._words)
                self._words.append(word)
            line[place] = self._codes.get(word, word)
        return line

    def _take_piece(self) -> bytes:
        piece, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        separator, self._has_begun = b",\n" if self._has_begun else b"", True
        return separator + _harmless(orjson.dumps(piece)[1:-1])


def _harmless(json: bytes) -> bytes:
    return escape_json(json.replace(b"<", LESS_THAN).decode()).encode()
