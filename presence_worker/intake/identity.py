"""The person of a row: the associateId, login or e-mail address in its cell."""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

from ..failed_csv import no_text_detail
from ..model import MAX_ASSOCIATE_ID, Reason
from ..sanitize import clean, fold_name
from .columns import IDENTITIES
from .table import FORMULA_ERROR, Cell, is_error

Faults = list[tuple[Reason, str]]
Person = tuple[
    int | str | None,  # the associateId: a number where it is one, else what was found, cleaned
    str | None,  # the login or e-mail address as found, trimmed
]
NO_PERSON: Person = (None, None)
ID_DIGITS = len(str(MAX_ASSOCIATE_ID))
LONGEST_NAME = 254  # characters; no e-mail address can be longer
EXPECTED = {
    "login": "write the name with which the user signs in to SuperOffice",
    "email": "write an address such as anna@example.com",
}
_ADDRESS = re.compile(r"(?!(?i:mailto|smtp):)[^@\s<>]+@[^@\s<>;,]*[^@\s<>;,.]")
NO_NUMBERS = (  # what stands where an associateId should: how it looks, and what to say of it
    (r"0+\d+", "begins with a zero, so it may be HR's own number"),
    (r"'.*", "begins with an apostrophe, as spreadsheets mark text"),
    (r"=.*", "is a formula of a spreadsheet"),
    (r"[\"“”„].*[\"“”]", "is in quotes"),
    (r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+", "has an exponent, so digits may be lost"),
    (r"\d{1,3}([.,'’\s]\d{3})+", "has separators between the digits"),
    (r"\d+[.,]\d*", "has decimals"),
    (r"\d+(\s*[;,/&|+]\s*\d+)+", "is more than one number"),
    (r"[-+−–]\s*\d+", "has a sign"),
    (r"true|false", "is a truth value"),
    (r"[^@\s]+@[^@\s]+", "is an e-mail address"),
)
OTHER_DIGITS = "has digits of another script or size than 0 to 9"
NO_ADDRESSES = (
    (r"(?i)mailto:.*", "begins with mailto:"),
    (r"(?i)smtp:.*", "begins with smtp:"),
    (r"[^@]*<[^<>@]+@[^<>@]+>", "has more than the address between < and >"),
    (r"[^@\s]+@[^@\s]+\.", "ends with a dot"),
    (r"[^@]+@[^@]+([;,\s]+[^@]+@[^@]+)+[;,\s]*", "is more than one address"),
    (r"[^@\s]+@[^@\s]+[;,]", "ends with a separator"),
)


def person_reader(
    named_by: str, protected: frozenset[int], empty: frozenset[str] = frozenset()
) -> Callable[..., Person]:
    """Build the function that reads a cell: what was *found* there, the row's *faults*, and *quoted*.

    It adds the fault of a cell that does not name a person. Without *quoted* the fault does not show the
    cell: in a ragged row it may be a piece of a message. Only an associateId shows who is *protected*.
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
                faults.append((Reason.PROTECTED, f"user {found} is in safety.protected_ids; remove the row"))
            return found, None
        return _no_number(found, faults, quoted=quoted)

    return read


def _no_number(found: Cell, faults: Faults, *, quoted: bool) -> Person:
    expected = f"write a whole number from 1 to {MAX_ASSOCIATE_ID}"
    if not quoted:
        faults.append((Reason.BAD_ASSOCIATE_ID, f"the associateId is not a number; {expected}"))
        return NO_PERSON
    words = clean(found if isinstance(found, str) else json.dumps(found), 40)
    is_hidden = isinstance(found, str) and not found.isprintable()
    why = f"has {_first_unprintable(str(found))}" if is_hidden else _why_no_number(words)
    faults.append((Reason.BAD_ASSOCIATE_ID, f"the associateId {words!r} {why}; {expected}"))
    return words or None, None


def _read_name(key: str, empty: frozenset[str], found: Cell, faults: Faults, *, quoted: bool) -> Person:
    """Return the name as it is; only SuperOffice knows whether a user has it."""
    called = IDENTITIES[key]
    if not isinstance(found, str | None):
        faults.append((Reason.NO_IDENTITY, no_text_detail(f"the {called}")))
        return NO_PERSON
    name = (found or "").strip()
    if name in empty:
        name = ""
    fault = _fault(name, key, quoted=quoted)
    if fault:
        faults.append((Reason.NO_IDENTITY, fault))
        name = clean(name, LONGEST_NAME)
    return None, name or None if quoted else None


def _fault(name: str, key: str, *, quoted: bool) -> str | None:
    """Return why no user can have this name; None: one may."""
    called = IDENTITIES[key]
    if not name:
        return f"no {called}; {EXPECTED[key]}"
    if is_error(name):
        return f"the {called} {FORMULA_ERROR}"
    if len(name) > LONGEST_NAME:
        return f"the {called} has {len(name)} characters; shorten it to {LONGEST_NAME}"
    if not name.isprintable():
        return f"the {called} has {_first_unprintable(name)}; remove it"
    if not name.isascii() and (alike := _look_alike(name, of_mail=key == "email")):
        return f"the {called} has {alike!r} (U+{ord(alike):04X}); write a plain letter"
    if key == "email" and not _ADDRESS.fullmatch(name):
        why = f" {clean(name, 60)!r} {_why_no_address(name)}" if quoted else " is not valid"
        return f"the {called}{why}; {EXPECTED[key]}"
    return None


def _first_unprintable(text: str) -> str:
    hidden = next(character for character in text if not character.isprintable())
    return f"an invisible character (U+{ord(hidden):04X})"


def _why_no_number(found: str) -> str:
    """Return the words for what *found* is, where an associateId should be."""
    if not found:
        return "is empty"
    if all(map(str.isdigit, found)):
        return _words_for(found, NO_NUMBERS[:1], "is out of range") if found.isascii() else OTHER_DIGITS
    return _words_for(found, NO_NUMBERS, "is not a number")


def _why_no_address(found: str) -> str:
    """Return the words for what *found* is, where an e-mail address should be."""
    return _words_for(found, NO_ADDRESSES, "is not an e-mail address")


def _words_for(found: str, kinds: Sequence[tuple[str, str]], otherwise: str) -> str:
    return next((words for form, words in kinds if re.fullmatch(form, found)), otherwise)


def _look_alike(name: str, *, of_mail: bool) -> str | None:
    """Return the first character that is compared as one of ASCII although it is another.

    Such a name would be taken for that of another user: a Kelvin sign is compared as a k. An address
    (*of_mail*) must not have characters that only mean the same, such as a full-width @ or a long s. If it
    works, it is another address.
    """
    if name.isascii():
        return None
    suspects = (character for character in name if not character.isascii())
    return next((each for each in suspects if _is_like_ascii(each, of_mail=of_mail)), None)


def _is_like_ascii(character: str, *, of_mail: bool) -> bool:
    return fold_name(character).isascii() or (of_mail and unicodedata.normalize("NFKC", character).isascii())
