"""The pictures of a page, as paths of SVG: one stacked bar of the results, and how the run went over time."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import ceil, log2
from typing import NamedTuple

from ..journal import Journal, PastSession
from ..model import Result
from ..wording import figure, milliseconds, plain_duration, two_digits

MOST = 120  # stretches
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)  # seconds
MOMENTS = 64  # that are kept: rows that come to their outcomes at once stand side by side in the journal
FINENESS = 8  # bins of latency for each doubling: what is read from them is right within 5 %
PAUSE = 3.0  # seconds without any outcome, at the least
SLOTS = 5  # or so many requests' time, where the pace is slow
DONE = (Result.UPDATED, Result.UNCHANGED)
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
MOST_MARKS = 10  # sessions with a gap between them


@dataclass(slots=True)
class Stretch:
    """What came back in one stretch of time; it is added to while the journal is read."""

    done: int = 0
    troubles: int = 0
    retries: int = 0
    latencies: Counter[int] = field(default_factory=Counter)  # requests by bin of latency

    @property
    def rows(self) -> int:
        """The rows that came to an outcome."""
        return self.done + self.troubles

    def add(self, duration: float, attempts: int, *, is_done: bool) -> None:
        """Add the outcome of a row, whose requests took so many milliseconds together."""
        self.done += is_done
        self.troubles += not is_done
        self.retries += attempts - 1
        self.latencies[int(log2(max(duration / attempts, 0.01)) * FINENESS)] += attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A run's sessions one behind the other; a short gap stands for the time between two."""

    width: float  # seconds, of each stretch
    stretches: list[Stretch]
    sessions: list[tuple[float, PastSession]]  # where each begins, in seconds
    gap: int = 0  # stretches between two sessions

    @property
    def seconds(self) -> float:
        """How long all sessions took."""
        return sum(_length(session) for _, session in self.sessions)

    @property
    def between(self) -> list[float]:
        """Seconds between each two sessions."""
        pairs = pairwise(session for _, session in self.sessions)
        return [max(moment(after.started_at) - moment(before.last_at), 0.0) for before, after in pairs]

    def gaps(self) -> "list[Segment]":
        """Return the gaps between sessions, in stretches."""
        ends = (start / self.width for start, _ in self.sessions[1:])
        return [Segment("gap", round(end - self.gap, 2), self.gap) for end in ends if self.gap]

    def latency(self, share: float) -> float:
        """Return the milliseconds within which *share* of all requests were answered."""
        together = Counter[int]()
        for each in self.stretches:
            together.update(each.latencies)
        return within(together, share) or 0.0

    def pauses(self) -> list[tuple[int, int]]:
        """Return where nothing came back for so long that the run must have waited: first stretch, number.

        What comes before a session's first outcome is none: the run reads then what is there.
        """
        least = max(PAUSE, SLOTS / min((session.rate for _, session in self.sessions), default=1))
        begins = [int(start / self.width) for start, _ in self.sessions]
        found, start = [], 0
        for place, each in enumerate(self.stretches):
            if each.rows:
                reads = any(start <= begin <= place for begin in begins)
                if (place - start) * self.width >= least and not reads:
                    found.append((start, place - start))
                start = place + 1
        return found


def course(journal: Journal) -> Course:
    """Add up what a run's sessions did, in flat memory."""
    found = _lay_out([*journal.sessions.all()])
    begins = {each.session: start - moment(each.started_at) for start, each in found.sessions}
    lasts = {each.session: ceil((start + _length(each)) / found.width) - 1 for start, each in found.sessions}

    @lru_cache(maxsize=MOMENTS)
    def stretch_of(session: int, at: str) -> Stretch:
        place = int((moment(at) + begins[session]) / found.width)
        return found.stretches[max(0, min(place, lasts[session]))]  # a clock may have been set

    for session, at, duration, attempts, result in journal.results.deliveries():
        stretch_of(session, at).add(duration, attempts, is_done=result in DONE)
    return found


def _lay_out(sessions: Sequence[PastSession]) -> Course:
    """Return a course without outcomes; where it has gaps, each session begins with a stretch."""
    seconds = sum(map(_length, sessions))
    width = next((width for width in WIDTHS if seconds <= width * MOST), seconds / MOST)
    gap = max(ceil(seconds / width) // 20, 1) if 1 < len(sessions) <= MOST_MARKS else 0
    place, placed = 0.0, []
    for each in sessions:
        placed.append((place * width, each))
        stretches = _length(each) / width
        place += ceil(stretches) + gap if gap else stretches
    number = ceil(place - gap)
    return Course(width=width, stretches=[Stretch() for _ in range(number)], sessions=placed, gap=gap)


def _length(session: PastSession) -> float:
    return max(round(moment(session.last_at) - moment(session.started_at), 3), 0.001)


def within(latencies: Counter[int], share: float) -> float | None:
    """Return the milliseconds within which *share* of the requests were answered; None without any."""
    bins = sorted(latencies)
    if not bins:
        return None
    total, reached = 0, []
    for each in bins:
        total += latencies[each]
        reached.append(total)
    found = bins[min(bisect_right(reached, share * total), len(bins) - 1)]
    return float(2 ** ((found + 0.5) / FINENESS))


def moment(text: str) -> float:
    """Return a moment of the journal in seconds."""
    return datetime.fromisoformat(text).timestamp()


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
    whole = min(sum(rows) * width / course.seconds, fastest)
    levels = list(_paces(course, top))
    said = f"On average {two_digits(whole)}, at most {two_digits(fastest)}"
    said += ". Filled: done. Outlined: not done." if any(each.troubles for each in course.stretches) else "."
    limits, mark = " and ".join(f"{rate:g}" for rate in rates), " (dots)" if levels else ""
    said += f" The limit was {limits} requests a second{mark}."
    if bands:
        waited = plain_duration(sum(band.width for band in bands) * width)
        said += f" Nothing came back for {waited} (grey)."
    return Panel("Rows per second.", said, two_digits(top), bands, paths, levels)


def _again(course: Course, bands: list[Segment]) -> Panel | None:
    again = [each.retries for each in course.stretches]
    if not any(again):
        return None
    said = f"{figure(sum(again))} in all, at most {figure(max(again))} in {plain_duration(course.width)}."
    return Panel(
        "Repeated requests.", said, f"{max(again)}", bands, [("trouble", draw_columns(again, max(again)))], []
    )


def _latency(course: Course, bands: list[Segment]) -> Panel:
    median, late = (
        [within(each.latencies, share) for each in course.stretches] for share in (HALF, NEARLY_ALL)
    )
    top = max(each for each in late if each)
    half, nearly_all = (milliseconds(course.latency(share)) for share in (HALF, NEARLY_ALL))
    said = f"Half of the answers took less than {half} (line), 95 % less than {nearly_all} (dashes)."
    paths = [("median", line(median, top)), ("late", line(late, top))]
    return Panel("Response time of SuperOffice.", said, milliseconds(top), bands, paths, [])


def _paces(course: Course, top: float) -> Iterator[tuple[float, float, float]]:
    """Yield the configured pace of each session, where it fits into the frame."""
    gap = course.gap * course.width
    ends = [start - gap for start, _ in course.sessions[1:]] + [course.width * len(course.stretches)]
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
