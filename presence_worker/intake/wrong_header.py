"""A header that does not name what we need, where what is in its brackets does, or a line below it.

How much there is to leave out above a list is not ours to guess: the file is refused, with the settings that
would read it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..errors import InputRefused, JobFacts
from ..sanitize import clean, quote_toml
from ..settings import Input
from ..wording import series
from .columns import IDENTITIES, candidates, names_what_we_need
from .table import Record

NEAR = 20  # lines among which the header is
MOST_NAMED = 10  # columns in a sentence
_INSIDE = re.compile(r"[^\[\]]*\[\s*(\w+)\s*\][^\[\]]*")
KEYS = (*IDENTITIES, "status")


class Below(NamedTuple):
    """What stands on a line below the first, where it may be the header."""

    line: int
    names: list[str]
    delimiter: str | None = None  # with which they are cut; None: a workbook needs none


def refuse_preamble(header: Record, below: Iterable[Below], config: Input, where: str) -> None:
    """Raise InputRefused where not the *header* but a line *below* names the columns we need."""
    found = next((line for line in below if _is_header(line.names, config)), None)
    if not found:
        return
    chosen = _settings_in_brackets(found.names, config)
    remedy = f"set input.skip_lines = {found.line - 1}" + (f", and {_as_settings(chosen)}" if chosen else "")
    title = [clean(cell, 60) for cell in header.cells if cell.strip()]
    shown = f"{title[0]!r} does" if len(title) == 1 else "does"
    names = ", ".join(clean(name, 60) for name in found.names[:MOST_NAMED] if name)
    cut = {"delimiter": found.delimiter} if found.delimiter else {}
    raise InputRefused(
        f"{where}: {shown} not name the columns we need, but line {found.line} does ({names}); {remedy}",
        {"skip_lines": found.line - 1, **cut, **chosen},
        facts=_facts(found),
    )


def _is_header(names: Sequence[str], config: Input) -> bool:
    return names_what_we_need(names, config) or bool(_settings_in_brackets(names, config))


def _facts(found: Below) -> JobFacts:
    """Return what there is to know of a job that is read as we advise."""
    names = found.names.copy()
    while not names[-1]:
        names.pop()
    return JobFacts(
        columns=names,
        header=found.line,
        skip_lines=found.line - 1,
        delimiter=found.delimiter or None,
    )


def refuse_brackets(names: Sequence[str], config: Input, where: str) -> None:
    """Raise InputRefused for a header that only brackets make clear, with the settings that would."""
    if chosen := _settings_in_brackets(names, config):
        raise InputRefused(
            f"{where}: only what stands in brackets names the columns we need; if they are right, set "
            f"{_as_settings(chosen)}",
            chosen,
            facts=JobFacts(columns=names),
        )


def _settings_in_brackets(names: Sequence[str], config: Input) -> dict[str, str]:
    """Return the settings with which *names* have what we need, {} where brackets do not make that clear.

    They are for people to confirm: "Manager [mail]" names somebody else.
    """
    inside = [found[1] if (found := _INSIDE.fullmatch(name)) else name for name in names]
    if names_what_we_need(names, config) or not names_what_we_need(inside, config):
        return {}
    places = {key: candidates(inside, key, config) for key in KEYS}
    return {
        key: names[found[0]] for key, found in places.items() if found and inside[found[0]] != names[found[0]]
    }


def _as_settings(chosen: dict[str, str]) -> str:
    """Write settings as a sentence has them."""
    return series([f"input.{key} = {quote_toml(name)}" for key, name in chosen.items()], "and")
