"""What is wrong with the rows of a file, grouped by the sentence without the value it was said of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..failed_csv import ALSO
from ..journal import Fault, Journal
from ..wording import amount
from .summary import FaultSentence, RowPlace

MOST = 50  # sentences of a reason; rows with others are only counted
FIRST = 10  # rows of a sentence that are named
VARIED = "…"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_BARE = re.compile(r"['\"]([\w.@:/+-]+)['\"]")  # a text that needs no quotes
_VALUE = re.compile(  # what is of one row: a text in quotes, other rows, a day, a number
    r"""(['"(\d](?:"""  # first its first character: the search is three times as quick
    r"""(?<=')(?:[^'\\]|\\.)*'|(?<=")(?:[^"\\]|\\.)*"|(?<=\()(?:line|row) [^)]*\)|"""
    rf"""(?<=\d)(?:\d* (?:{_MONTHS})|[\d.,:/-]*\d|)))"""
)


@dataclass(slots=True)
class Sentence:
    """A sentence, and the rows of which it is said; it grows while rows are read."""

    words: list[str]  # around the values
    values: list[str]  # of the first row
    varies: set[int] = field(default_factory=set)  # positions of values that are not the same in all rows
    rows: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault, values: Sequence[str]) -> None:
        """Count a row in."""
        if values != self.values:
            pairs = zip(self.values, values, strict=True)
            self.varies |= {place for place, (ours, theirs) in enumerate(pairs) if ours != theirs}
        self.rows += 1
        if self.rows <= FIRST:
            self.first.append(fault)

    def text(self) -> str:
        """Return the sentence, with an ellipsis in place of each value that varies."""
        shown = [VARIED if place in self.varies else value for place, value in enumerate(self.values)]
        return "".join(piece for pair in zip(self.words, [*shown, ""], strict=True) for piece in pair)

    def example(self) -> str | None:
        """Return the first value that varies, of the first row; None where all rows have the same."""
        if not self.varies:
            return None
        value = self.values[min(self.varies)]
        bare = _BARE.fullmatch(value)
        return bare[1] if bare else value


def sentences(journal: Journal, *, located: bool = False) -> list[FaultSentence]:
    """Return what is said of the rows that are wrong, by reason those with the most rows first.

    *located*, each names its first rows. A row with several faults counts for the first; one beyond the 50th
    sentence of a reason for none.
    """
    return [
        _sentence_of(reason, each, located=located)
        for reason, said in sentences_of(journal.results.faults()).items()
        for each in sorted(said, key=lambda each: -each.rows)
    ]


def _sentence_of(reason: str | None, sentence: Sentence, *, located: bool) -> FaultSentence:
    first = [RowPlace(row=fault.row, line=fault.line) for fault in sentence.first]
    return FaultSentence(
        reason=reason,
        words=sentence.text(),
        rows=sentence.rows,
        such_as=sentence.example(),
        first=first if located else None,
    )


def in_words(sentence: FaultSentence, place: str = "") -> str:
    """Return a sentence with the number of its rows: `found … as login: 12 rows, such as x; …`.

    A few rows that are located are named, by *place* ("line" or "row"): `lines 2, 5: found … as login; …`.
    """
    what, mark, remedy = sentence.words.partition("; ")
    first, value = sentence.first or (), sentence.such_as
    where = [str(each.line if place == "line" else each.row) for each in first]
    if sentence.rows == len(where):
        place = f"{place}{'s' if where[1:] else ''} {', '.join(where)}"
        return f"{place}: {what}{f', such as {value}' if value else ''}{mark}{remedy}"
    on = f"on {place} {where[0]}" if where else ""
    example = f", {'such as ' + value if value else 'the first'} {on}" if value or on else ""
    return f"{what}: {amount(sentence.rows, 'row')}{example.rstrip()}{mark}{remedy}"


def sentences_of(faults: Iterable[Fault]) -> dict[str | None, list[Sentence]]:
    """Return the sentences by reason, in the order in which they were first said; in bounded memory."""
    groups: dict[str | None, dict[tuple[str, ...], Sentence]] = {}
    for fault in faults:
        pieces = _VALUE.split((fault.detail or "").partition(ALSO)[0])
        words, values = pieces[::2], pieces[1::2]
        known = groups.setdefault(fault.reason, {})
        sentence = known.get(tuple(words))
        if sentence is None:
            if len(known) == MOST:
                continue
            sentence = known[tuple(words)] = Sentence(words, values)
        sentence.add(fault, values)
    return {reason: list(known.values()) for reason, known in groups.items()}
