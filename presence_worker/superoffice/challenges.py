"""What an answer that asks for credentials says of the ways to show them: a pure function of its headers."""

import re
from collections.abc import Iterator, Mapping

from ..text import listed

WINDOWS = ("ntlm", "negotiate")  # the ways of a Windows account
MOST = 6  # schemes named
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,29}(?=\s|$)(?!\s*=)")


def schemes(headers: Mapping[str, str], name: str = "www-authenticate") -> list[str]:
    """Give the schemes that are offered, each once, in order, in the server's own spelling."""
    found: dict[str, str] = {}
    for offer in offers(headers, name):
        if match := _SCHEME.match(offer):
            found.setdefault(match[0].lower(), match[0])
    return list(found.values())[:MOST]


def offers(headers: Mapping[str, str], name: str = "www-authenticate") -> Iterator[str]:
    """Yield what is offered, part by part: a scheme with what belongs to it, or one more parameter."""
    values = (value for key, value in headers.items() if key.lower() == name)
    return (part for value in values for each in _QUOTED.sub("", value).split(",") if (part := each.strip()))


def advice(headers: Mapping[str, str]) -> str:
    """Say which schemes the service offers, and what follows from that; nothing where it offers none."""
    found = schemes(headers)
    if not found:
        return ""
    words = f"it offers {listed(found, 'and')}"
    known = {scheme.lower() for scheme in found}
    if known.isdisjoint(WINDOWS) or "basic" in known:
        return words
    return f'{words} and not Basic, which needs auth.scheme = "ntlm" and a Windows account'
