"""The pictures of a page, as paths of SVG: one stacked bar of the results, and how the run went over time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..model import Result
from ..wording import milliseconds, plain_duration, two_digits
from .timeline import Course, within

LEAST = 0.6  # percent of a bar: what there is only once can be seen, too
KINDS = {  # the shape and the colour that stand beside a result's word
    Result.UPDATED: "done",
    Result.UNCHANGED: "done",
    Result.DUPLICATE: "same",
    Result.SKIPPED: "same",
    Result.NOT_SENT: "open",
}
MARKS = {"done": "\N{CHECK MARK}", "same": "=", "open": "\N{WHITE CIRCLE}", "trouble": "\N{MULTIPLICATION X}"}
HALF, NEARLY_ALL = 0.5, 0.95  # of the requests
MOST_MARKS = 40  # sessions that are marked


class Segment(NamedTuple):
    """A piece of a stacked bar, in percent of it."""

    name: str
    start: float
    width: float


def kind(result: str) -> str:
    """Return the kind of a result, by which it looks."""
    return KINDS.get(Result(result), "trouble")


def stack_bar(counts: Sequence[tuple[str, int]]) -> list[Segment]:
    """Return the segments of one bar; none is too small to be seen."""
    whole = sum(number for _, number in counts)
    sizes = [(name, max(number / whole * 100, LEAST)) for name, number in counts if number]
    together = sum(size for _, size in sizes)
    segments, start = [], 0.0
    for name, size in sizes:
        segments.append(Segment(name, round(start, 2), round(size / together * 100, 2)))
        start += size / together * 100
    return segments


class Panel(NamedTuple):
    """One picture over time."""

    title: str
    said: str  # the same in words
    top: str  # what the height of the frame stands for
    bands: list[Segment]  # pauses
    paths: list[tuple[str, str]]  # class, path
    levels: list[tuple[float, float, float]]  # lines across: from, to, height


def draw_panels(course: Course) -> list[Panel]:
    """Return the pictures of a run: how fast, how often again, how long the service took."""
    bands = [Segment("pause", first, length) for first, length in course.pauses()]
    return [panel for draw in (_speed, _again, _latency) if (panel := draw(course, bands))]


def _speed(course: Course, bands: list[Segment]) -> Panel:
    width = course.width
    rows = [each.rows / width for each in course.stretches]
    fastest = max(rows)
    rates = sorted({session.rate for _, session in course.sessions})
    top = max([fastest, *(rate for rate in rates if rate <= fastest * 2)])
    paths = [
        ("trouble", draw_columns([each.troubles and each.rows / width for each in course.stretches], top)),
        ("done", draw_columns([each.done / width for each in course.stretches], top)),
    ]
    said = f"{two_digits(sum(rows) / len(rows))} on the whole, at most {two_digits(fastest)}"
    said += "; filled: done, outlined: not done." if any(each.troubles for each in course.stretches) else "."
    said += f" The pace was set to {' and '.join(f'{rate:g}' for rate in rates)} requests a second (dots)."
    if bands:
        waited = plain_duration(sum(band.width for band in bands) * width)
        said += f" It waited {'once' if len(bands) == 1 else f'{len(bands)} times'}, {waited} in all (grey)."
    return Panel("Rows a second", said, two_digits(top), bands, paths, list(_paces(course, top)))


def _again(course: Course, bands: list[Segment]) -> Panel | None:
    again = [each.retries for each in course.stretches]
    if not any(again):
        return None
    said = f"{sum(again)} tries were repeated, at most {max(again)} in {plain_duration(course.width)}."
    return Panel(
        "Tries repeated", said, f"{max(again)}", bands, [("trouble", draw_columns(again, max(again)))], []
    )


def _latency(course: Course, bands: list[Segment]) -> Panel:
    median, late = (
        [within(each.latencies, share) for each in course.stretches] for share in (HALF, NEARLY_ALL)
    )
    top = max(each for each in late if each)
    half, nearly_all = (milliseconds(course.latency(share)) for share in (HALF, NEARLY_ALL))
    said = f"Half of the answers came within {half} (line), 95 % within {nearly_all} (dashes)."
    paths = [("median", line(median, top)), ("late", line(late, top))]
    return Panel("How long SuperOffice took", said, milliseconds(top), bands, paths, [])


def _paces(course: Course, top: float) -> Iterator[tuple[float, float, float]]:
    """Yield the configured pace of each session, where it fits into the frame."""
    ends = [start for start, _ in course.sessions[1:]] + [course.seconds]
    for (start, session), end in list(zip(course.sessions, ends, strict=True))[:MOST_MARKS]:
        if session.rate <= top:
            yield round(start / course.width, 2), round(end / course.width, 2), _height(session.rate, top)


def draw_columns(values: Sequence[float], top: float) -> str:
    """Draw columns, one unit wide, that stand on the ground."""
    runs = (f"M{x} 100V{_height(value, top):g}h1V100z" for x, value in enumerate(values) if value)
    return "".join(runs)


def line(values: Sequence[float | None], top: float) -> str:
    """Draw a line through the middles of the stretches; it breaks where there is nothing."""
    points = [None if value is None else (x + 0.5, _height(value, top)) for x, value in enumerate(values)]
    drawn = []
    for before, point in pairwise([None, *points]):
        if point is not None:
            start = "" if before else f"M{point[0] - 0.5:g} {point[1]:g}"  # so that one alone is seen, too
            drawn.append(f"{start}L{point[0]:g} {point[1]:g}")
    return "".join(drawn)


def _height(value: float, top: float) -> float:
    return round(100 - value / top * 98, 1)
