"""Whom a row is about, where the job names people by login or e-mail address."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from presence_worker.failed_csv import RESULT_COLUMNS, no_text_detail
from presence_worker.intake.job import open_job
from presence_worker.model import Reason, Result, Row
from presence_worker.settings import Safety, Settings

from .reading import Write, read, refusal
from .test_failed_csv import failed_csv

NO_LOGIN = "no login; write the name with which the user signs in to SuperOffice"
AN_ADDRESS = "write an address such as anna@example.com"
NO_EMAIL = f"no e-mail address; {AN_ADDRESS}"
LONG = "x" * 242 + "@example.com"  # 254 characters
BOTH = pytest.mark.parametrize("named_by", ["login", "email"])


def read_row(write: Write, named_by: str, name: Any, status: Any = "Away") -> Row:
    """Give the only row of a job, from JSON, where a cell can be anything."""
    path = write(json.dumps([{named_by: name, "status": status}]))
    _, (row,) = read(path)
    return row


@pytest.mark.parametrize(
    ("column", "identity"), [("UPN", "login"), ("E-mail", "email"), ("associateId", None)]
)
def test_a_job_tells_how_it_names_people(column: str, identity: str | None, write: Write) -> None:
    """Who carries a job out knows by it what is to be looked up."""
    path = write(f"{column},status\n5@x,Away\n")

    job, _ = read(path)

    assert job.identity == identity


@BOTH
@pytest.mark.parametrize(
    "found", ["anna@example.com", " Anna.BERG@Example.com\n", "å@exämple.no", "a'b@x", LONG]
)
def test_names(named_by: str, found: str, write: Write) -> None:
    """A name is kept as it came, without the spaces around it; whose it is will be looked up."""
    row = read_row(write, named_by, found)

    assert (row.identity, row.associate_id, row.result) == (found.strip(), None, None)


@pytest.mark.parametrize(
    "found", ["ANNA", "CORP\\anna", "anna berg", "anna  b", "12", "007", "-1", "=x", "@", "null"]
)
def test_logins_may_look_like_anything(found: str, write: Write) -> None:
    """A login has no form of its own, and one that is a number is no associateId."""
    row = read_row(write, "login", found)

    assert (row.identity, row.associate_id, row.result) == (found, None, None)


@pytest.mark.parametrize("found", ["anna", "@", "anna@", "@x.no", "a@b@c", "a b@x.no", "a@x,no"])
def test_what_is_no_address(found: str, write: Write) -> None:
    """What nobody can have as an e-mail address is told at once, and shown."""
    row = read_row(write, "email", found)

    assert (row.result, row.reason, row.identity) == (Result.INVALID, Reason.NO_IDENTITY, found)
    assert row.detail == f"the e-mail address {found!r} is not an e-mail address; {AN_ADDRESS}"


@pytest.mark.parametrize("found", ["", "  ", "\t\n", None])
@pytest.mark.parametrize(("named_by", "detail"), [("login", NO_LOGIN), ("email", NO_EMAIL)])
def test_a_row_without_a_name(named_by: str, detail: str, found: str | None, write: Write) -> None:
    """A row that names nobody is invalid."""
    row = read_row(write, named_by, found)

    assert (row.result, row.reason, row.detail) == (Result.INVALID, Reason.NO_IDENTITY, detail)
    assert (row.identity, row.associate_id) == (None, None)


@pytest.mark.parametrize(
    ("found", "code"),
    [("an\x00na@x", "0000"), ("\u200banna@x", "200B"), ("a\xa0b@x", "00A0"), ("\u202eanna@x", "202E"),
     ("a\ud800@x", "D800"), ("anna@x\x1b[31m", "001B"), ("an\nna@x", "000A")],
)  # fmt: skip
@BOTH
def test_characters_that_cannot_be_seen(named_by: str, found: str, code: str, write: Write) -> None:
    """They come along from web pages; the name would be looked up in vain, and looks right on the screen."""
    row = read_row(write, named_by, found)

    called = {"login": "login", "email": "e-mail address"}[named_by]
    words = f"the {called} has an invisible character (U+{code}); remove it"
    assert (row.result, row.reason, row.detail) == (Result.INVALID, Reason.NO_IDENTITY, words)
    assert row.identity is not None
    assert row.identity.isprintable()


def test_a_name_that_is_too_long(write: Write) -> None:
    """A message in the wrong column is not looked up."""
    row = read_row(write, "login", f"x{LONG}")

    assert row.reason is Reason.NO_IDENTITY
    assert row.detail == "the login has 255 characters; shorten it to 254"
    assert len(row.identity or "") == 254


@pytest.mark.parametrize("found", [5, 1.5, True, ["anna@x"], {"anna@x": 1}])
@pytest.mark.parametrize(("named_by", "called"), [("login", "login"), ("email", "e-mail address")])
def test_names_that_are_no_text(named_by: str, called: str, found: Any, write: Write) -> None:
    """A number as a name is probably a mistake of the export, which may have cost it its zeros."""
    row = read_row(write, named_by, found)

    words = no_text_detail(f"the {called}")
    assert (row.reason, row.detail, row.identity) == (Reason.NO_IDENTITY, words, None)


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("migraine", f"; also the e-mail address is not valid; {AN_ADDRESS}"),
        ("a@x,Away,back,migraine", "4 cells, but the header has 3"),
    ],
)
def test_a_ragged_row_tells_no_name(row: str, detail: str, write: Write) -> None:
    """What stands where the name should may be a piece of a message, so nobody gets to see it."""
    path = write(f"email,status,message\n{row}\n")

    _, (found,) = read(path)

    assert (found.identity, found.associate_id, found.reason) == (None, None, Reason.RAGGED_ROW)
    assert detail in (found.detail or "")
    assert "migraine" not in repr(found)


def test_all_faults_are_told(write: Write) -> None:
    """A row's first fault is its reason, and its detail tells all."""
    bad = read_row(write, "login", "", "FLEX")

    assert (bad.reason, (bad.detail or "").count("; write")) == (Reason.NO_IDENTITY, 2)


def test_who_is_protected_is_not_known_yet(write: Write) -> None:
    """A login that looks like a protected associateId is not one."""
    path = write("login,status\n5,Away\n")

    with open_job(str(path), Settings(safety=Safety(protected_ids=[5])), date(2026, 12, 1)) as job:
        (row,) = job.rows

    assert (row.identity, row.result) == ("5", None)


@pytest.mark.parametrize(
    "content",
    [
        '[{"mail": "a@x", "status": "Away"}]',
        '{"mail": "a@x", "status": "Away"}\n',
        '{"users": [{"mail": "a@x", "status": "Away"}]}',
        "\ufeffmail;status, from today;presence\na@x;?;Away\n",
    ],
)
def test_every_form_of_a_job_may_have_names(content: str, write: Write) -> None:
    """CSV and JSON are recognised by a column with names as they are by one with numbers."""
    path = write(content)

    job, rows = read(path)

    assert (job.identity, [row.identity for row in rows]) == ("email", ["a@x"])


def test_the_keys_of_an_object_are_no_names(write: Write) -> None:
    """In the short form of JSON the keys are associateIds, and never the names of a configured column."""
    path = write('{"12": "Away"}')

    assert refusal(path, login="UPN").startswith(
        "FILE, line 1, column 2: no column called 'UPN', as input.login says. Found: associateId, status. "
    )


@pytest.mark.parametrize(
    ("name", "detail", "identity", "reason"),
    [
        ("=anna", "", "=anna", None),
        ("-anna", "", "-anna", None),
        ("'=anna", "", "'=anna", None),
        ("5", "", "5", None),
        ("", NO_LOGIN, None, Reason.NO_IDENTITY),
        ("5", no_text_detail("the login"), None, Reason.NO_IDENTITY),
        ("5", "the login is no text; write it in quotes", None, Reason.NO_IDENTITY),  # older versions' words
        ('{"a": 1}', no_text_detail("the login"), None, Reason.NO_IDENTITY),
        ("anna", no_text_detail("the login"), "anna", None),
        ("anna", "2 cells, but the header has 3", None, Reason.RAGGED_ROW),
    ],
)
def test_failed_csv_names_the_same_people(
    name: str, detail: str, identity: str | None, reason: Reason | None, write: Write
) -> None:
    """What a run gave back is asked for as it was, and stays wrong until somebody has mended it."""
    path = write(
        failed_csv(["UPN", "status", "message", *RESULT_COLUMNS], [name, "Away", "", *_fate(detail)])
    )

    job, (row,) = read(path)

    assert (job.identity, job.columns) == ("login", ["UPN", "status", "message"])
    assert (row.identity, row.reason) == (identity, reason)


def _fate(detail: str) -> Sequence[str]:
    return ("invalid", "no_identity", detail, "", "0", "2")
