"""Headers of templates, such as Entra's "User name [userPrincipalName]": named by what is in brackets."""

import re
from collections.abc import Sequence

from ..errors import InputRefused
from ..settings import Input
from ..text import listed, toml_quoted
from .columns import IDENTITIES, candidates
from .csv.dialect import names_what_we_need

_INSIDE = re.compile(r"[^\[\]]*\[\s*(\w+)\s*\][^\[\]]*")
KEYS = (*IDENTITIES, "status")


def bracketed(names: Sequence[str], config: Input) -> dict[str, str]:
    """Give the settings with which *names* have what we need, {} where brackets do not make that clear.

    They are for people to confirm: "Manager [mail]" names somebody else.
    """
    inside = [found[1] if (found := _INSIDE.fullmatch(name)) else name for name in names]
    if names_what_we_need(names, config) or not names_what_we_need(inside, config):
        return {}
    places = {key: candidates(inside, key, config) for key in KEYS}
    return {
        key: names[found[0]] for key, found in places.items() if found and inside[found[0]] != names[found[0]]
    }


def as_settings(chosen: dict[str, str]) -> str:
    """Write settings as a sentence has them."""
    return listed([f"input.{key} = {toml_quoted(name)}" for key, name in chosen.items()], "and")


def refuse_brackets(names: Sequence[str], config: Input, where: str) -> None:
    """Raise InputRefused for a header that only brackets make clear, with the settings that would."""
    if chosen := bracketed(names, config):
        refused = InputRefused(
            f"{where}: only what stands in brackets names the columns we need; if they are right, set "
            f"{as_settings(chosen)}",
            chosen,
        )
        refused.found = {"columns": [*names]}
        raise refused
