"""Which fault, if any, befalls a request."""

import secrets
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

from .faults import KINDS, Faults, Mishap

OUTAGE = Mishap(status=503)


class Luck:
    """Owns the lots already drawn for each associate, and the moment of the first PUT.

    The lot depends on the seed, the associate and how often there was one for them before, and on nothing
    else: however requests for different people overtake each other, each person's meet the same faults.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._seed = secrets.randbits(32) if faults.seed is None else faults.seed
        self._bounds = tuple(_bounds(faults))
        self._drawn: Counter[int] = Counter()
        self._first_put: float | None = None

    def draw(self, associate_id: int, *, is_put: bool) -> Mishap | None:
        """Give what befalls the next request for an associate (0: for nobody in particular)."""
        if is_put and self._first_put is None:
            self._first_put = self._faults.clock()
        if self._is_out():
            return OUTAGE
        if not self._bounds:
            return None
        self._drawn[associate_id] += 1
        lot = _lot(self._seed, associate_id, self._drawn[associate_id])
        return next((mishap for bound, mishap in self._bounds if lot < bound), None)

    def _is_out(self) -> bool:
        if self._first_put is None or not self._faults.outages:
            return False
        elapsed = self._faults.clock() - self._first_put
        return any(start <= elapsed < end for start, end in self._faults.outages)


def _bounds(faults: Faults) -> Iterator[tuple[float, Mishap]]:
    """Yield each mishap with the lot below which it happens, ascending."""
    bound = 0.0
    for name, share in faults.shares:
        mishaps = KINDS[name].mishaps
        for mishap in mishaps:
            bound += share / len(mishaps)
            yield bound, mishap


def _lot(*numbers: int) -> float:
    """Give a number from 0 to 1, evenly spread, and always the same for the same numbers."""
    digest = blake2b(repr(numbers).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48
