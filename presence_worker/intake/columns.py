"""Which column holds what: names from the configuration, else the usual ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputRefused
from ..settings import Input
from ..text import clean

ALIASES = {  # setting: usual names, compared without case, spaces, underscores and hyphens
    "associate_id": ("associateid",),
    "status": ("status", "presence", "presencestatus"),
    "message": ("message", "comment"),
    "login": ("login", "username", "assocname"),
    "email": ("email", "mail", "emailaddress", "personemail"),
}
IDENTITIES = ("associate_id", "login", "email")  # a job names people by exactly one of these
EXPECTED = "expected: associateId, status and, if wanted, message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where in a record the values stand: 0-based positions."""

    associate_id: int
    status: int
    message: int | None


def plain(name: str) -> str:
    """Give a column's name as it is compared."""
    return re.sub(r"[\s_-]+", "", name.casefold())


def candidates(names: Sequence[str], key: str, config: Input) -> list[int]:
    """Give the positions of the columns that may be *key*; the configured name wins over all others."""
    if configured := getattr(config, key):
        exact = [i for i, name in enumerate(names) if name == configured]
        return exact or [i for i, name in enumerate(names) if plain(name) == plain(configured)]
    return [i for i, name in enumerate(names) if plain(name) in ALIASES[key]]


def understand(names: Sequence[str], config: Input, where: str) -> Columns:
    """Find the columns of a job, or raise InputRefused with those found and those expected."""
    found = _found(names)
    positions = {key: candidates(names, key, config) for key in ALIASES}
    if not positions["associate_id"] and (positions["login"] or positions["email"]):
        raise InputRefused(
            f"{where}: no associateId; people named by login or e-mail are not looked up yet "
            f"({found}; {EXPECTED})"
        )
    missing = [key for key in ("associate_id", "status") if not positions[key]]
    if missing:
        wanted = " and none ".join(_missing(key, config) for key in missing)
        raise InputRefused(f"{where}: no column {wanted}; {found}; {EXPECTED}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        named = f"the column {clean(twice[0], 60)!r}" if twice[0] else "a column without a name"
        raise InputRefused(f"{where}: {named} is there more than once; keep one ({found})")
    for key, places in positions.items():
        chosen = config.associate_id and key in IDENTITIES[1:]  # then these name nobody
        if len(places) > 1 and not chosen:
            both = " and ".join(clean(names[i], 60) for i in places)
            raise InputRefused(f"{where}: {both} could both be {key}; name one with input.{key}")
    _one_identity(names, positions, config, where)
    message = positions["message"]
    return Columns(
        associate_id=positions["associate_id"][0],
        status=positions["status"][0],
        message=message[0] if message else None,
    )


def _found(names: Sequence[str]) -> str:
    if any(name.isdigit() for name in names):  # its cells may be reasons of absence: never shown
        return "found: what looks like a row; the first line must name the columns"
    return f"found: {', '.join(clean(name, 60) or '(no name)' for name in names[:40])}"


def _missing(key: str, config: Input) -> str:
    if configured := getattr(config, key):
        return f"called {clean(configured, 60)!r}, as input.{key} says"
    return f"for {key} (if it has another name, say so with input.{key})"


def _one_identity(names: Sequence[str], positions: dict[str, list[int]], config: Input, where: str) -> None:
    """Refuse a job that names people in two ways, unless the configuration chose one."""
    others = [key for key in IDENTITIES[1:] if positions[key]]
    if others and not config.associate_id:
        both = " and ".join(clean(names[positions[key][0]], 60) for key in ("associate_id", *others))
        raise InputRefused(f"{where}: {both} both name people; choose one with input.associate_id")
