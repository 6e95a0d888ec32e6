"""How results look: one stacked bar, with a shape beside each colour."""

from collections.abc import Sequence
from typing import NamedTuple

from ...model import Result

LEAST = 0.6  # percent of a bar: what there is only once can be seen, too
KINDS = {  # the shape and the colour that stand beside a result's word
    Result.UPDATED: "done",
    Result.UNCHANGED: "done",
    Result.DUPLICATE: "same",
    Result.SKIPPED: "same",
    Result.NOT_SENT: "open",
}
MARKS = {"done": "\N{CHECK MARK}", "same": "=", "open": "\N{WHITE CIRCLE}", "trouble": "\N{MULTIPLICATION X}"}


class Segment(NamedTuple):
    """A piece of a stacked bar, in percent of it."""

    name: str
    start: float
    width: float


def kind(result: str) -> str:
    """Give the kind of a result, by which it looks."""
    return KINDS.get(Result(result), "trouble")


def stacked(counts: Sequence[tuple[str, int]]) -> list[Segment]:
    """Give the segments of one bar; none is too small to be seen."""
    whole = sum(number for _, number in counts)
    sizes = [(name, max(number / whole * 100, LEAST)) for name, number in counts if number]
    together = sum(size for _, size in sizes)
    segments, start = [], 0.0
    for name, size in sizes:
        segments.append(Segment(name, round(start, 2), round(size / together * 100, 2)))
        start += size / together * 100
    return segments
