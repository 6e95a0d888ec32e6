"""Cells that do not name a person although they look as if they did."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.intake.identity import person_reader
from presence_worker.model import Reason, Result, Row
from presence_worker.sanitize import fold_name

from .reading import Write, read

A_NUMBER = "write a whole number from 1 to 2147483647"
AN_ADDRESS = "write an address such as anna@example.com"
BEYOND_ASCII = (chr(code) for code in range(128, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
COMPARED_AS_ASCII = [
    name for name in (f"a{character}n@example.com" for character in BEYOND_ASCII) if fold_name(name).isascii()
]


def read_row(write: Write, named_by: str, found: Any) -> Row:
    """Give the only row of a job, from JSON, where a cell can be anything."""
    _, (row,) = read(write(json.dumps([{named_by: found, "status": "Away"}])))
    return row


@pytest.mark.parametrize(
    ("found", "shown", "why"),
    [
        ("015", "'015'", "begins with a zero, so it may be HR's own number"),
        ("'12", '"\'12"', "begins with an apostrophe, as spreadsheets mark text"),
        ('="13"', "'=\"13\"'", "is a formula of a spreadsheet"),
        ('"12"', "'\"12\"'", "is in quotes"),
        ("1.6e1", "'1.6e1'", "has an exponent, so digits may be lost"),
        ("1,2E+03", "'1,2E+03'", "has an exponent, so digits may be lost"),
        ("1.234", "'1.234'", "has separators between the digits"),
        ("1 234 567", "'1 234 567'", "has separators between the digits"),
        ("12.0", "'12.0'", "has decimals"),
        ("12,00", "'12,00'", "has decimals"),
        (12.5, "'12.5'", "has decimals"),
        ("12; 13", "'12; 13'", "is more than one number"),
        ("-12", "'-12'", "has a sign"),
        (True, "'true'", "is a truth value"),
        ("１２", "'１２'", "has digits of another script or size than 0 to 9"),
        ("anna@example.com", "'anna@example.com'", "is an e-mail address"),
    ],
)  # fmt: skip
def test_what_looks_like_an_id(found: Any, shown: str, why: str, write: Write) -> None:
    """The sentence says what the cell has; which number is meant is not guessed."""
    row = read_row(write, "associateId", found)

    assert (row.result, row.reason) == (Result.INVALID, Reason.BAD_ASSOCIATE_ID)
    assert row.detail == f"the associateId {shown} {why}; {A_NUMBER}"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ("mailto:anna@example.com", "begins with mailto:"),
        ("SMTP:anna@example.com", "begins with smtp:"),
        ("Anna Berg <anna@example.com>",
         "has more than the address between < and >"),
        ("<anna@example.com>", "has more than the address between < and >"),
        ("anna@example.com;bo@example.com", "is more than one address"),
        ("anna@example.com, bo@example.com", "is more than one address"),
        ("anna@example.com.", "ends with a dot"),
        ("anna@example.com;", "ends with a separator"),
    ],
)  # fmt: skip
def test_what_looks_like_an_address(found: str, why: str, write: Write) -> None:
    """An address with something beside it would be looked up in vain, and the sentence says what it is."""
    row = read_row(write, "email", found)

    assert (row.result, row.reason, row.identity) == (Result.INVALID, Reason.NO_IDENTITY, found)
    assert row.detail == f"the e-mail address {found!r} {why}; {AN_ADDRESS}"


@pytest.mark.parametrize(
    "found", ["anna@example.com\xa0", "\xa0\u2007anna@example.com", "\u3000anna@example.com"]
)
def test_spaces_of_other_kinds_around_an_address(found: str, write: Write) -> None:
    """Around a name they mean no more than other spaces do."""
    row = read_row(write, "email", found)

    assert (row.identity, row.result) == ("anna@example.com", None)


@pytest.mark.parametrize(
    ("named_by", "found", "alike"),
    [
        ("email", "u\u017fer@example.com", "'ſ' (U+017F)"),
        ("email", "anna@e\u212aample.com", "'\u212a' (U+212A)"),
        ("email", "anna＠example.com", "'＠' (U+FF20)"),
        ("email", "anna@example．com", "'．' (U+FF0E)"),
        ("login", "\u212aari", "'\u212a' (U+212A)"),
    ],
)
def test_letters_that_look_like_others(named_by: str, found: str, alike: str, write: Write) -> None:
    """Unicode has more letters that look like those of ASCII; they are never taken for them."""
    row = read_row(write, named_by, found)

    called = {"email": "e-mail address", "login": "login"}[named_by]
    assert (row.result, row.reason) == (Result.INVALID, Reason.NO_IDENTITY)
    assert row.detail == f"the {called} has {alike}; write a plain letter"


@pytest.mark.parametrize("named_by", ["login", "email"])
def test_no_other_character_is_compared_as_one_of_ascii(named_by: str) -> None:
    """Of all characters there are, none makes a name that passes, and is compared as another user's."""
    reader = person_reader(named_by, frozenset())
    passed = []

    for name in COMPARED_AS_ASCII:
        faults: list[tuple[Reason, str]] = []
        reader(name, faults, quoted=True)
        passed += [] if faults else [name]

    assert COMPARED_AS_ASCII
    assert passed == []


@given(st.text(max_size=8), st.sampled_from(["login", "email"]))
def test_a_name_that_passes_is_compared_as_itself(text: str, named_by: str) -> None:
    """Who is meant by a name with letters beyond ASCII is never somebody whose name has none."""
    faults: list[tuple[Reason, str]] = []
    _, name = person_reader(named_by, frozenset())(f"a{text}b@example.com", faults, quoted=True)

    assert faults or fold_name(name or "").isascii() == (name or "").isascii()
