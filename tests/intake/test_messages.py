"""What is said of who is not present, when a template makes it of columns and days."""

import json
from typing import Any

import pytest

from presence_worker.failed_csv import no_text_detail
from presence_worker.model import Reason, Result, Row

from .reading import Write, read, refusal

HEADER = "associateId,status,message,until,Deputy\n"
TEMPLATE = "Away until {until:%-d %B}, contact {deputy}"


def read_row(write: Write, line: str, template: str = TEMPLATE, **config: Any) -> Row:
    """Give the only row of a CSV job with a template."""
    _, (row,) = read(write(f"{HEADER}{line}\n"), message_template=template, **config)
    return row


def read_json(write: Write, deputy: Any, **config: Any) -> Row:
    """Give the only row of a JSON job with a template."""
    cells = {"associateId": 5, "status": "Away", "deputy": deputy}
    _, (row,) = read(write(json.dumps([cells])), message_template="Call {deputy}", **config)
    return row


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("5,Away,,2026-12-24, Åse Berg ", "Away until 24 December, contact Åse Berg"),
        ("5,Away,Ferie,2026-12-24,Åse", "Ferie"),
        ("5,Normal,,,Åse", ""),
        ("5,Away,,2026-12-24,{until} %d {{x}}", "Away until 24 December, contact {until} %d {{x}}"),
        ('5,Away,,2026-12-24,"Åse\nBo"', "Away until 24 December, contact Åse\nBo"),
        ("5,Away,,2026-12-24,A\u030ase", "Away until 24 December, contact \u00c5se"),
    ],
)
def test_messages(line: str, message: str, write: Write) -> None:
    """The row's own words come first; a cell is never taken for a template; who is present has none."""
    row = read_row(write, line)

    assert (row.result, row.message) == (None, message)


@pytest.mark.parametrize(
    ("template", "locale", "message"),
    [
        ("{UNTIL}", "sv", "2026-12-01"), ("Till {until:%-d %B}", "sv", "Till 1 december"),
        ("{until:%A}", "nb", "tirsdag"), ("Nr. {associate_id}{{}}", "en", "Nr. 5{}"),
        ("{deputy}, {DEPUTY}", "en", "Bo, Bo"),
    ],
)  # fmt: skip
def test_templates(template: str, locale: str, message: str, write: Write) -> None:
    """Columns are named as they are compared, days are in words of input.locale."""
    row = read_row(write, "5,Away,,2026-12-01,Bo", template, locale=locale)

    assert (row.result, row.message) == (None, message)


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("5,Away,,,Bo", "until"), ("5,Away,,2026-12-24, ", "deputy"), ("5,Away,,,", "until and deputy"),
    ],
)  # fmt: skip
def test_what_a_template_needs_is_not_there(line: str, missing: str, write: Write) -> None:
    """Where a cell is empty the default message goes out; without one the row names the column."""
    row = read_row(write, line)
    other = read_row(write, line, default_message="Away")

    assert (row.result, row.reason) == (Result.INVALID, Reason.BAD_MESSAGE)
    assert row.detail == (
        f"no value in {missing} for input.message_template; fill it in, or set input.default_message"
    )
    assert (other.result, other.message) == (None, "Away")


@pytest.mark.parametrize(
    ("deputy", "reason", "detail"),
    [
        (
            "x" * 233,
            Reason.MESSAGE_TOO_LONG,
            "the comment from input.message_template has 265 characters; shorten it to 255",
        ),
        (
            "\x1b",
            Reason.CONTROL_CHARACTERS,
            "character 33 of the comment is a control character (U+001B); remove it",
        ),
    ],
)
def test_a_made_message_that_cannot_be_sent(deputy: str, reason: Reason, detail: str, write: Write) -> None:
    """A message that was made is judged like any other, and never cut."""
    row = read_row(write, f"5,Away,,2026-12-24,{deputy}")

    assert (row.result, row.reason, row.detail) == (Result.INVALID, reason, detail)


def test_a_row_for_a_day_to_come(write: Write) -> None:
    """The message of a row that waits is made, and judged, before it waits."""
    lines = ["5,Away,,2026-12-02,2026-12-24,Bo", "6,Away,,2026-12-02,2026-12-24,"]
    path = write("\n".join(["associateId,status,message,from,until,deputy", *lines, ""]))

    _, rows = read(path, message_template="{from:%d.%m.}-{until:%d.%m.} {deputy}", coverage="changes")

    assert [(row.reason, row.message) for row in rows] == [
        (Reason.NOT_YET_DUE, "02.12.-24.12. Bo"), (Reason.BAD_MESSAGE, "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("5,Away,,46357,", "the last day '46357' "),
        ("5,Away", "the row has 2 cells, but the header has 5"),
        ("5,?,,,", "the status is unknown"),
        ("x,Away,\x01,,", "the associateId 'x' "),
    ],
)
def test_what_follows_from_other_faults_is_not_told(line: str, reasons: str, write: Write) -> None:
    """A template that lacks what a fault took away adds no second one."""
    row = read_row(write, line, default_message="")

    assert (row.detail or "").startswith(reasons)
    assert "message_template" not in (row.detail or "")


@pytest.mark.parametrize("template", ["{boss}", "{boss} {boss} {until}", "{from} {boss}"])
def test_a_column_the_file_has_not(template: str, write: Write) -> None:
    """A job without what the template names is refused with the columns found."""
    missing = "{from}, {boss}" if "from" in template else "{boss}"

    said = refusal(write(f"{HEADER}5,Away,,,\n"), message_template=template)

    assert said == (
        f"FILE: input.message_template names {missing}, but the file has no such column. "
        "Found: associateId, status, message, until, Deputy"
    )


def test_columns_that_could_both_be_meant(write: Write) -> None:
    """Of two columns that only differ in case, the one written like the template is meant, or none."""
    path = write("associateId,status,DEPUTY,deputy\n5,Away,Bo,Åse\n")

    _, (row,) = read(path, message_template="{deputy}")
    said = refusal(path, message_template="{Deputy}")

    assert row.message == "Åse"
    assert said == (
        "FILE, line 1: DEPUTY and deputy could both be {Deputy} of input.message_template. Write "
        "the name exactly as in the "
        "file"
    )


@pytest.mark.parametrize(("deputy", "message"), [("Bo", "Call Bo"), (4712345678, "Call 4712345678")])
def test_what_json_has_as_a_text(deputy: Any, message: str, write: Write) -> None:
    """A whole number is a text as it looks."""
    row = read_json(write, deputy)

    assert (row.result, row.message) == (None, message)


@pytest.mark.parametrize("deputy", [1.5, True, ["Bo"], {"name": "Bo"}])
def test_what_is_no_text(deputy: Any, write: Write) -> None:
    """Nothing else of JSON is made into one, also where there is a default message."""
    row = read_json(write, deputy, default_message="Away")

    assert (row.result, row.reason) == (Result.INVALID, Reason.BAD_MESSAGE)
    assert row.detail == no_text_detail("the column 'deputy'")


def test_a_column_that_comes_late_in_json(write: Write) -> None:
    """JSON may leave out what is null: a row without the column is as one where it is empty."""
    rows = [{"associateId": 5, "status": "Away"}, {"associateId": 6, "status": "Away", "deputy": "Bo"}]

    _, found = read(write(json.dumps(rows)), message_template="Call {deputy}", default_message="Away")

    assert [row.message for row in found] == ["Away", "Call Bo"]


def test_a_column_that_never_comes_in_json(write: Write) -> None:
    """A name that no row has is as wrong in JSON as in other files: refused, before anything is sent."""
    path = write('[{"associateId": 5, "status": "Away"}]')

    said = refusal(path, message_template="Call {deputy}", default_message="Away")

    assert said.startswith(
        "FILE: input.message_template names {deputy}, but the file has no such column. Found: "
    )


@pytest.mark.parametrize(
    ("cell", "message"), [("true", None), ("1.5", None), ("Bo", "Call Bo"), ("12", "Call 12")]
)
def test_what_is_no_text_stays_none_in_failed_csv(cell: str, message: str | None, write: Write) -> None:
    """What JSON had in place of a text is not taken for one from failed.csv, unless it was mended."""
    detail = no_text_detail("the column 'deputy'")
    path = write(f'associateId,status,deputy,_result,_reason,_detail\n5,Away,{cell},invalid,-,"{detail}"\n')

    _, (row,) = read(path, message_template="Call {deputy}")

    assert (row.message or None, row.detail) == (message, None if message else detail)


@pytest.mark.parametrize(
    ("comment", "message", "reason"),
    [
        (" A\u030ase ", "\u00c5se", None), ("-", "Away", None), ("", "Away", None),
        ("#N/A", "Away", Reason.BAD_MESSAGE),
        ("a\u2028b", "Away", Reason.CONTROL_CHARACTERS), ("x" * 256, "Away", Reason.MESSAGE_TOO_LONG),
        ("\u0958" * 200, "Away", Reason.MESSAGE_TOO_LONG),  # 400, as NFC writes them
    ],
)  # fmt: skip
def test_a_comment_means_the_same_in_each_row(
    comment: str, message: str, reason: Reason | None, write: Write
) -> None:
    """What a comment comes to, or what is wrong with it, is so in each row that has it."""
    lines = [f"{number},Away,{comment},," for number in (5, 6, 7)]

    _, rows = read(write(HEADER + "\n".join(lines)), empty=["-"], default_message="Away")

    assert [row.reason for row in rows] == [reason] * 3
    assert {row.message for row in rows} == {"" if reason else message}
    assert len({row.detail for row in rows}) == 1
