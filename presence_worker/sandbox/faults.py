"""Which faults the sandbox shall have, as an operator writes them: `429:0.1`, `outage:10-130`."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import fsum

_SHARE = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)
_OUTAGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What befalls a request instead of its answer."""

    status: int | None = None  # answered with; None: never answered
    reset: bool = False  # an unanswered connection is reset at once, otherwise it is left hanging
    applied: bool = False  # a PUT is carried out all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A fault that befalls a share of the requests."""

    words: str  # for help
    mishaps: tuple[Mishap, ...]  # share the share evenly


KINDS = {
    "429": Kind(words="answered 429, to wait 1 s; not applied", mishaps=(Mishap(status=429),)),
    "503": Kind(words="answered 503; not applied", mishaps=(Mishap(status=503),)),
    "500": Kind(words="answered 500; not applied", mishaps=(Mishap(status=500),)),
    "reset": Kind(
        words="no answer, connection reset; half of the PUTs are applied",
        mishaps=(Mishap(reset=True), Mishap(reset=True, applied=True)),
    ),
    "timeout": Kind(
        words="no answer, connection hangs; half of the PUTs are applied",
        mishaps=(Mishap(), Mishap(applied=True)),
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
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)  # tells the seconds of outages


NO_FAULTS = Faults()


def read_faults(texts: Iterable[str]) -> Faults:
    """Read faults as they are written; raise ValueError naming all that are wrong, and what is allowed."""
    shares: list[tuple[str, float]] = []
    outages: list[tuple[float, float]] = []
    wrong: list[str] = []
    for text in texts:
        name, _, amount = text.strip().lower().partition(":")
        if name in KINDS and (share := _share(amount)) is not None:
            shares.append((name, share))
        elif name == "outage" and (outage := _outage(amount)):
            outages.append(outage)
        else:
            wrong.append(repr(text))
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: expected {ALLOWED}")
    total = round(fsum(share for _, share in shares), 9)
    if total > 1:
        raise ValueError(f"the shares add up to {total:g}; together they can be 1 at most")
    return Faults(shares=tuple(shares), outages=tuple(outages))


def _share(text: str) -> float | None:
    share = float(text) if _SHARE.fullmatch(text) else None
    return share if share is not None and share <= 1 else None


def _outage(text: str) -> tuple[float, float] | None:
    match = _OUTAGE.fullmatch(text)
    start, end = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    return (start, end) if start < end else None
