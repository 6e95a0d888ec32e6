"""What is wrong with the rows of a file: in sentences without the values, and as a table to paste."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..failed_csv import ALSO
from ..journal import Fault, Journal
from ..model import PRESENT, Result
from ..run_states import UnknownStatus
from ..sanitize import quote_toml
from ..settings import ANY_OTHER, IGNORE, WITHDRAWN
from ..wording import amount
from .reason_texts import reason_words
from .summary import FaultSentence, JobReading, RowPlace

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
    """A sentence, and the rows that it describes; it grows while rows are read."""

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
    """Return the sentences about wrong rows: by reason, those with the most rows first.

    *located*, each names its first rows; else a sentence that only repeats its reason is left out. A row with
    several faults counts for the first; one beyond the 50th sentence of a reason for none.
    """
    return [
        _sentence_of(reason, each, located=located)
        for reason, said in sentences_of(journal.results.faults()).items()
        for each in sorted(said, key=lambda each: -each.rows)
        if located or each.text() != reason_words(reason, Result.INVALID).what
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


def says_more(sentence: FaultSentence, what: str) -> bool:
    """Return whether a sentence says more than *what* its reason means."""
    return bool(sentence.first) or sentence.words != what


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTable:
    """What the words of a job mean, as far as that is known."""

    mapped: Mapping[str, str]  # by word, as configured
    unmapped: Sequence[UnknownStatus]
    allowed: Sequence[str]  # statuses
    is_dated: bool = False  # then a word may take a leave back
    likely: Mapping[str, str] = field(default_factory=dict)  # by word; else it is an absence

    @classmethod
    def of(cls, reading: JobReading) -> "StatusTable":
        """Return the table of a run."""
        return cls(mapped=reading.mapped, unmapped=reading.unmapped, allowed=reading.allowed)


def status_table_lines(table: StatusTable) -> Iterator[str]:
    """Yield the lines of the table [input.statuses]: what it has already, and the unknown values.

    A value that is close to no known word is a comment with what it may mean. So a table that is pasted
    unread skips no row, and sets no status.
    """
    yield "[input.statuses]"
    for word, meaning in table.mapped.items():
        yield f"{quote_toml(word)} = {quote_toml(meaning)}"
    meanings = choices(table.allowed) + ([WITHDRAWN] if table.is_dated else [])
    for entry in table.unmapped:
        yield _line(entry, table.likely.get(entry.value, meanings[0]), meanings)
    if ANY_OTHER not in table.mapped and any(not entry.closest for entry in table.unmapped):
        yield f"# {quote_toml(ANY_OTHER)} = {quote_toml(meanings[0])}  # all other values, also new ones"


def choices(allowed: Sequence[str]) -> list[str]:
    """Return what a word may mean, the likeliest first: most codes are of absences."""
    return [*sorted(allowed, key=PRESENT.__eq__), IGNORE]


def _line(entry: UnknownStatus, likely: str, meanings: Sequence[str]) -> str:
    word, rows = quote_toml(entry.value), amount(entry.rows, "row")
    if entry.closest:
        return f"{word} = {quote_toml(entry.closest)}  # {rows}"
    first, *others = map(quote_toml, sorted(meanings, key=lambda meaning: meaning != likely))
    return f"# {word} = {first}  # {rows}; {', '.join(f'or {other}' for other in others)}"
