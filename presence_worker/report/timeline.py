"""The course of a run: what was done in each stretch of its time, and how long the service took."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, log2

from ..journal import Journal, PastSession
from ..model import Result

MOST = 120  # stretches
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)  # seconds
FINENESS = 8  # bins of latency for each doubling: what is read from them is right within 5 %
PAUSE = 3.0  # seconds without any outcome, at the least
SLOTS = 5  # or so many requests' time, where the pace is slow
DONE = (Result.UPDATED, Result.UNCHANGED)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A run's sessions one behind the other, without the time between them."""

    width: float  # seconds, of each stretch
    stretches: list[Stretch]
    sessions: list[tuple[float, PastSession]]  # where each begins, in seconds

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return self.width * len(self.stretches)

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
    offset, sessions = 0.0, []
    for session in journal.sessions.all():
        sessions.append((offset, session))
        offset += max(moment(session.last_at) - moment(session.started_at), 0.001)
    width = next((width for width in WIDTHS if offset <= width * MOST), offset / MOST)
    stretches = [Stretch() for _ in range(ceil(offset / width))]
    starts = {session.session: start - moment(session.started_at) for start, session in sessions}
    for number, at, duration, attempts, result in journal.results.deliveries():
        place = int((moment(at) + starts[number]) / width)
        found = stretches[max(0, min(place, len(stretches) - 1))]  # a clock may have been set
        if result in DONE:
            found.done += 1
        else:
            found.troubles += 1
        found.retries += attempts - 1
        found.latencies[int(log2(max(duration / attempts, 0.01)) * FINENESS)] += attempts
    return Course(width=width, stretches=stretches, sessions=sessions)


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
