"""Whom a row is about: the associateId, login or e-mail address that its cell has."""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

from ..failed_csv import no_text_detail
from ..model import MAX_ASSOCIATE_ID, Reason
from ..sanitize import clean, fold_name
from .columns import IDENTITIES
from .table import Cell, is_error

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
NO_NUMBERS = (  # what stands where an associateId should: how it looks, and what to say of it
    (r"0+\d+", "which begins with a zero, as HR's own numbers may and an associate ID does not"),
    (r"'.*", "which begins with an apostrophe, with which spreadsheets mark text"),
    (r"=.*", "which is a formula of a spreadsheet"),
    (r"[\"“”„].*[\"“”]", "which stands in quotes"),
    (r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+", "which is written with an exponent, where digits may be lost"),
    (r"\d{1,3}([.,'’\s]\d{3})+", "which has separators among its digits"),
    (r"\d+[.,]\d*", "which is written with decimals"),
    (r"\d+(\s*[;,/&|+]\s*\d+)+", "which is more than one number; a row names one person"),
    (r"[-+−–]\s*\d+", "which has a sign"),
    (r"true|false", "which is a truth value"),
    (r"[^@\s]+@[^@\s]+", "which is an e-mail address"),
)
NO_ADDRESSES = (
    (r"(?i)mailto:.*", "which begins with mailto:"),
    (r"(?i)smtp:.*", "which begins with smtp:"),
    (r"[^@]*<[^<>@]+@[^<>@]+>", "which has more than the address; write only what stands between < and >"),
    (r"[^@\s]+@[^@\s]+\.", "which ends with a dot"),
    (r"[^@]+@[^@]+([;,\s]+[^@]+@[^@]+)+[;,\s]*", "which is more than one address; a row names one person"),
    (r"[^@\s]+@[^@\s]+[;,]", "which ends with a separator"),
)


def person_reader(
    named_by: str, protected: frozenset[int], empty: frozenset[str] = frozenset()
) -> Callable[..., Person]:
    """Build the function that reads a cell: what was *found* there, the row's *faults*, and *quoted*.

    It adds the fault of a cell that names nobody. Without *quoted* nobody is told what the cell holds: of a
    ragged row it may be a piece of a message. Who is *protected* can be told from an associateId only.
    """
    if named_by == "associate_id":
        return _number_reader(protected)
    return partial(_read_name, named_by, empty)


def _number_reader(protected: frozenset[int]) -> Callable[..., Person]:
    def read(found: Cell, faults: Faults, *, quoted: bool) -> Person:
        if isinstance(found, str):
            found = found.strip()
            if found.isascii() and found.isdigit() and len(found) <= ID_DIGITS and found[0] != "0":
                found = int(found)
        if type(found) is int and 1 <= found <= MAX_ASSOCIATE_ID:
            if found in protected:
                faults.append((Reason.PROTECTED, f"associate {found} is in safety.protected_ids"))
            return found, None
        return _no_number(found, faults, quoted=quoted)

    return read


def _no_number(found: Cell, faults: Faults, *, quoted: bool) -> Person:
    expected = f"expected a whole number from 1 to {MAX_ASSOCIATE_ID}"
    if not quoted:
        faults.append((Reason.BAD_ASSOCIATE_ID, f"no associateId where one should be; {expected}"))
        return NOBODY
    words = clean(found if isinstance(found, str) else json.dumps(found), 40)
    hidden = (
        f", with {_first_unprintable(found)}" if isinstance(found, str) and not found.isprintable() else ""
    )
    why = f"{hidden} as associateId{'' if hidden else _why_no_number(words)}"
    faults.append((Reason.BAD_ASSOCIATE_ID, f"found {words!r}{why}; {expected}"))
    return words or None, None


def _read_name(key: str, empty: frozenset[str], found: Cell, faults: Faults, *, quoted: bool) -> Person:
    """Return the name as it is; whose it is, and whether anybody's, only SuperOffice can tell."""
    called = IDENTITIES[key]
    if not isinstance(found, str | None):
        faults.append((Reason.NO_IDENTITY, no_text_detail(f"the {called}")))
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
    """Return why nobody can have this name; None: somebody may."""
    called = IDENTITIES[key]
    if not name:
        return f"no {called}; {EXPECTED[key]}"
    if is_error(name):
        return f"the {called} is an error of a formula, not a value; {EXPECTED[key]}"
    if len(name) > LONGEST_NAME:
        return f"the {called} has {len(name)} characters; at most {LONGEST_NAME} are looked up"
    if not name.isprintable():
        return f"the {called} has {_first_unprintable(name)}; remove it"
    if not name.isascii() and (alike := _look_alike(name, of_mail=key == "email")):
        return f"the {called} has {alike!r} (U+{ord(alike):04X}), which only looks like a plain character"
    if key == "email" and not _ADDRESS.fullmatch(name):
        why = f"found {clean(name, 60)!r} as {called}{_why_no_address(name)}"
        return f"{why if quoted else f'no {called} where one should be'}; {EXPECTED[key]}"
    return None


def _first_unprintable(text: str) -> str:
    hidden = next(character for character in text if not character.isprintable())
    return f"a character that cannot be seen (U+{ord(hidden):04X})"


def _why_no_number(found: str) -> str:
    """Return the words for what *found* is, where an associateId should be; "" where there are none."""
    if not found.isascii() and all(map(str.isdigit, found)):
        return ", which has digits of another script or size than 0 to 9"
    return _words_for(found, NO_NUMBERS)


def _why_no_address(found: str) -> str:
    """Return the words for what *found* is, where an e-mail address should be; "" where there are none."""
    return _words_for(found, NO_ADDRESSES)


def _words_for(found: str, kinds: Sequence[tuple[str, str]]) -> str:
    words = next((words for form, words in kinds if re.fullmatch(form, found)), None)
    return f", {words}" if words else ""


def _look_alike(name: str, *, of_mail: bool) -> str | None:
    """Return the first character that is compared as one of ASCII although it is another.

    Such a name would be taken for that of another user: a Kelvin sign is compared as a k. In an address,
    *of_mail*, those that only mean the same are no better (a full-width @, a long s): where it works at all,
    it is another address.
    """
    if name.isascii():
        return None
    suspects = (character for character in name if not character.isascii())
    return next((each for each in suspects if _is_like_ascii(each, of_mail=of_mail)), None)


def _is_like_ascii(character: str, *, of_mail: bool) -> bool:
    return fold_name(character).isascii() or (of_mail and unicodedata.normalize("NFKC", character).isascii())
