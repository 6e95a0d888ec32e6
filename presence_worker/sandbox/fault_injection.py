"""What goes wrong: faults as an operator writes them (`429:0.1`, `outage:10-130`), and whom they befall."""

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from math import fsum

_SHARE = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)
_OUTAGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectedFault:
    """What befalls a request instead of its answer."""

    status: int | None = None  # answered with; None: never answered
    reset: bool = False  # an unanswered connection is reset at once, otherwise it is left hanging
    applied: bool = False  # a PUT is carried out in spite of the fault


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """A fault that befalls a share of the requests."""

    words: str  # for help
    ways: tuple[InjectedFault, ...]  # share the share evenly


KINDS = {
    "429": FaultKind(
        words="The answer is 429 (wait 1 s). Nothing is changed.", ways=(InjectedFault(status=429),)
    ),
    "503": FaultKind(words="The answer is 503. Nothing is changed.", ways=(InjectedFault(status=503),)),
    "500": FaultKind(words="The answer is 500. Nothing is changed.", ways=(InjectedFault(status=500),)),
    "reset": FaultKind(
        words="The connection drops. Half of the changes are applied.",
        ways=(InjectedFault(reset=True), InjectedFault(reset=True, applied=True)),
    ),
    "timeout": FaultKind(
        words="No answer comes. Half of the changes are applied.",
        ways=(InjectedFault(), InjectedFault(applied=True)),
    ),
}
OUTAGE_FORM = "outage:START-END"
ALLOWED = (
    f"{', '.join(f'{name}:SHARE' for name in KINDS)} (SHARE: of the requests, from 0 to 1, such as 0.1) "
    f"or {OUTAGE_FORM} (seconds since the first PUT, such as 10-130)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, how often and when."""

    shares: tuple[tuple[str, float], ...] = ()  # (name in KINDS, share of the requests), together at most 1
    outages: tuple[tuple[float, float], ...] = ()  # (start, end), seconds since the first PUT
    seed: int | None = None  # makes the same requests meet the same faults; None: other ones every time
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)  # for the seconds of outages


NO_FAULTS = Faults()


def read_faults(texts: Iterable[str]) -> Faults:
    """Read faults as they are written; raise ValueError naming all that are wrong, and what is allowed."""
    shares: list[tuple[str, float]] = []
    outages: list[tuple[float, float]] = []
    wrong: list[str] = []
    for text in texts:
        name, _, amount = text.strip().lower().partition(":")
        if name in KINDS and (share := _read_share(amount)) is not None:
            shares.append((name, share))
        elif name == "outage" and (outage := _read_outage(amount)):
            outages.append(outage)
        else:
            wrong.append(repr(text))
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: expected {ALLOWED}")
    total = round(fsum(share for _, share in shares), 9)
    if total > 1:
        raise ValueError(f"the shares add up to {total:g}; together they can be 1 at most")
    return Faults(shares=tuple(shares), outages=tuple(outages))


def _read_share(text: str) -> float | None:
    share = float(text) if _SHARE.fullmatch(text) else None
    return share if share is not None and share <= 1 else None


def _read_outage(text: str) -> tuple[float, float] | None:
    match = _OUTAGE.fullmatch(text)
    start, end = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    return (start, end) if start < end else None


OUTAGE = InjectedFault(status=503)


class FaultInjector:
    """Owns the lots already drawn for each associate, and the moment of the first PUT.

    The lot depends only on the seed, the associate and how many lots this associate had before. So
    requests may overtake each other, and each associate's requests still meet the same faults.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._seed = secrets.randbits(32) if faults.seed is None else faults.seed
        self._bounds = tuple(_bounds(faults))
        self._drawn: Counter[int] = Counter()
        self._first_put: float | None = None

    def draw(self, associate_id: int, *, is_put: bool) -> InjectedFault | None:
        """Return which fault meets the next request for an associate (0: without an associate)."""
        if is_put and self._first_put is None:
            self._first_put = self._faults.clock()
        if self._is_out():
            return OUTAGE
        if not self._bounds:
            return None
        self._drawn[associate_id] += 1
        lot = _lot(self._seed, associate_id, self._drawn[associate_id])
        return next((fault for bound, fault in self._bounds if lot < bound), None)

    def _is_out(self) -> bool:
        if self._first_put is None or not self._faults.outages:
            return False
        elapsed = self._faults.clock() - self._first_put
        return any(start <= elapsed < end for start, end in self._faults.outages)


def _bounds(faults: Faults) -> Iterator[tuple[float, InjectedFault]]:
    """Yield each fault with the lot below which it happens, ascending."""
    bound = 0.0
    for name, share in faults.shares:
        ways = KINDS[name].ways
        for fault in ways:
            bound += share / len(ways)
            yield bound, fault


def _lot(*numbers: int) -> float:
    """Return a number from 0 to 1, evenly spread, and always the same for the same numbers."""
    digest = blake2b(repr(numbers).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48
