"""Whom a row is about: the associateId, login or e-mail address that its cell has."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from ..model import MAX_ASSOCIATE_ID, Reason
from ..roundtrip import no_text
from ..text import clean
from .columns import IDENTITIES
from .error_values import is_error
from .identity_faults import look_alike, why_no_address, why_no_number

Faults = list[tuple[Reason, str]]
Person = tuple[
    int | str | None,  # the associateId: a number where it is one, else what was found, cleaned
    str | None,  # the login or e-mail address as found, trimmed
]
NOBODY: Person = (None, None)
ID_DIGITS = len(str(MAX_ASSOCIATE_ID))
LONGEST_NAME = 254  # characters; no e-mail address can be longer
EXPECTED = {
    "login": "expected the name somebody signs in to SuperOffice with",
    "email": "expected an address such as anna@example.com",
}
_ADDRESS = re.compile(r"(?!(?i:mailto|smtp):)[^@\s<>]+@[^@\s<>;,]*[^@\s<>;,.]")


def person_reader(
    named_by: str, protected: frozenset[int], empty: frozenset[str] = frozenset()
) -> Callable[..., Person]:
    """Make the function that reads a cell: what was *found* there, the row's *faults*, and *quoted*.

    It adds the fault of a cell that names nobody. Without *quoted* nobody is told what the cell holds: of a
    ragged row it may be a piece of a message. Who is *protected* can be told from an associateId only.
    """
    if named_by == "associate_id":
        return partial(_numbered, protected)
    return partial(_named, named_by, empty)


def _numbered(protected: frozenset[int], found: Any, faults: Faults, *, quoted: bool) -> Person:
    if isinstance(found, str):
        found = found.strip()
        if found.isascii() and found.isdigit() and len(found) <= ID_DIGITS and found[0] != "0":
            found = int(found)
    if type(found) is int and 1 <= found <= MAX_ASSOCIATE_ID:
        if found in protected:
            faults.append((Reason.PROTECTED, f"associate {found} is in safety.protected_ids"))
        return found, None
    expected = f"expected a whole number from 1 to {MAX_ASSOCIATE_ID}"
    if not quoted:
        faults.append((Reason.BAD_ASSOCIATE_ID, f"no associateId where one should be; {expected}"))
        return NOBODY
    words = clean(found if isinstance(found, str) else json.dumps(found), 40)
    hidden = f", with {_unseen(found)}" if isinstance(found, str) and not found.isprintable() else ""
    why = f"{hidden} as associateId{'' if hidden else why_no_number(words)}"
    faults.append((Reason.BAD_ASSOCIATE_ID, f"found {words!r}{why}; {expected}"))
    return words or None, None


def _named(key: str, empty: frozenset[str], found: Any, faults: Faults, *, quoted: bool) -> Person:
    """Give the name as it is; whose it is, and whether anybody's, only SuperOffice can tell."""
    called = IDENTITIES[key]
    if not isinstance(found, str | None):
        faults.append((Reason.NO_IDENTITY, no_text(f"the {called}")))
        return NOBODY
    name = (found or "").strip()
    if name in empty:
        name = ""
    fault = _fault(name, key, quoted=quoted)
    if fault:
        faults.append((Reason.NO_IDENTITY, fault))
        name = clean(name, LONGEST_NAME)
    return None, name or None if quoted else None


def _fault(name: str, key: str, *, quoted: bool) -> str | None:
    """Tell why nobody can have this name."""
    called = IDENTITIES[key]
    if not name:
        return f"no {called}; {EXPECTED[key]}"
    if is_error(name):
        return f"the {called} is an error of a formula, not a value; {EXPECTED[key]}"
    if len(name) > LONGEST_NAME:
        return f"the {called} has {len(name)} characters; at most {LONGEST_NAME} are looked up"
    if not name.isprintable():
        return f"the {called} has {_unseen(name)}; remove it"
    if not name.isascii() and (alike := look_alike(name, of_mail=key == "email")):
        return f"the {called} has {alike!r} (U+{ord(alike):04X}), which only looks like a plain character"
    if key == "email" and not _ADDRESS.fullmatch(name):
        why = f"found {clean(name, 60)!r} as {called}{why_no_address(name)}"
        return f"{why if quoted else f'no {called} where one should be'}; {EXPECTED[key]}"
    return None


def _unseen(text: str) -> str:
    hidden = next(character for character in text if not character.isprintable())
    return f"a character that cannot be seen (U+{ord(hidden):04X})"
