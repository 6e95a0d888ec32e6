"""Only an exact echo is a success; everything else that comes with 200 is a doubt."""

from collections.abc import Callable

import orjson
import pytest

from presence_worker.model import NOT_PRESENT, PRESENT, Presence, Reason, Result, Trouble
from presence_worker.superoffice.body_formats import read_presence
from presence_worker.superoffice.http_messages import Answer
from presence_worker.superoffice.put_answers import judge_put

from .given import MESSAGE, change

HUGE = orjson.dumps({"Status": NOT_PRESENT, "Message": MESSAGE, "More": "x" * 1_000_000})
NO_PRESENCE = {
    "nothing": b"",
    "blanks": b" \r\n",
    "a list": b'[{"Status": "StatusNotAvailable", "Message": "Back on 4 January"}]',
    "a string": b'"StatusNotAvailable"',
    "a number": b"2",
    "true": b"true",
    "truncated": b'{"Status": "StatusNotAvailable", "Mess',
    "trailing text": b'{"Status": "StatusNotAvailable", "Message": "Back on 4 January"} and more',
    "two values": b'{"Status": "StatusNotAvailable", "Message": "Back on 4 January"}{}',
    "bad UTF-8": b'{"Status": "StatusNotAvailable", "Message": "Back on \xff"}',
    "UTF-16": '{"Status": "StatusNotAvailable", "Message": "Back on 4 January"}'.encode("utf-16"),
    "NaN": b'{"Status": "StatusNotAvailable", "Message": NaN}',
    "the status as a number": b'{"Status": 2, "Message": "Back on 4 January"}',
    "no status": b'{"Message": "Back on 4 January"}',
    "a message that is none": b'{"Status": "StatusNotAvailable", "Message": ["Back on 4 January"]}',
    "keys in another case": b'{"status": "StatusNotAvailable", "message": "Back on 4 January"}',
    "very deep": b"[" * 100_000,
    "an error object": b'{"Error": true, "ErrorMessage": "no", "Message": "Back on 4 January"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "huge, and cut": HUGE[:65_536],
}
ERRORS: list[dict[str, object]] = [
    {"Error": True},
    {"Error": "true", "ErrorMessage": "out of order"},
    {"error": True},
    {"ERROR": 1},
    {"Error": {"code": 7}},
    {"ErrorType": "SoException"},
    {"ErrorMessage": "out of order"},
]
NO_ERRORS: list[dict[str, object]] = [
    {"Error": False},
    {"Error": None, "ErrorType": "", "ErrorMessage": None},
    {"Error": "False"},
]
PAGES = {
    "HTML": b"<html><body>Please sign in</body></html>",
    "a doctype": b"<!DOCTYPE html><title>Sign in</title>",
    "HTML after a BOM and blanks": b"\xef\xbb\xbf \r\n\t<HTML>",
}


@pytest.mark.parametrize(
    ("status", "message", "echo"),
    [
        pytest.param(NOT_PRESENT, MESSAGE, {"Status": NOT_PRESENT, "Message": MESSAGE}, id="the same"),
        pytest.param(NOT_PRESENT, "", {"Status": NOT_PRESENT, "Message": ""}, id="no message"),
        pytest.param(NOT_PRESENT, "", {"Status": NOT_PRESENT, "Message": None}, id="null is no message"),
        pytest.param(NOT_PRESENT, "", {"Status": NOT_PRESENT}, id="nor is a missing one"),
        pytest.param(PRESENT, "", {"Status": PRESENT, "Message": "old"}, id="the comment of who is present"),
        pytest.param(PRESENT, "", {"Status": PRESENT, "Message": None}, id="present, null"),
        pytest.param(
            NOT_PRESENT,
            MESSAGE,
            {"Message": MESSAGE, "TableRight": None, "Status": NOT_PRESENT},
            id="more keys",
        ),
        pytest.param(
            NOT_PRESENT, "Sjuk å\nö 🏖", {"Status": NOT_PRESENT, "Message": "Sjuk å\nö 🏖"}, id="letters"
        ),
    ],
)
def test_an_echo_of_what_was_asked_is_a_success(
    status: str, message: str, echo: dict[str, str | None]
) -> None:
    """200 with the wanted status and message; null is no message, and who is present has no comment."""
    asked = change(status, message)

    outcome = judge_put(asked, Answer(200, {}, orjson.dumps(echo)))

    assert (outcome.result, outcome.reason, outcome.http_status) == (Result.UPDATED, None, 200)
    assert (outcome.trouble, outcome.stop, outcome.detail) == (None, None, None)


@pytest.mark.parametrize("asked", ["one\ntwo", "one\r\ntwo", "one\rtwo"])
@pytest.mark.parametrize("echoed", ["one\ntwo", "one\r\ntwo", "one\rtwo"])
def test_line_ends_are_equal(asked: str, echoed: str) -> None:
    """The service, or its database, may write them in its own way."""
    body = orjson.dumps({"Status": NOT_PRESENT, "Message": echoed})

    assert judge_put(change(message=asked), Answer(200, {}, body)).result is Result.UPDATED


def test_an_empty_line_is_no_line_end() -> None:
    """Two line ends are not one."""
    body = orjson.dumps({"Status": NOT_PRESENT, "Message": "one\n\ntwo"})

    assert judge_put(change(message="one\r\ntwo"), Answer(200, {}, body)).result is Result.UNKNOWN


@pytest.mark.parametrize(
    ("echo", "told"),
    [
        (
            {"Status": PRESENT, "Message": MESSAGE},
            "asked for StatusNotAvailable, but SuperOffice answered with ",
        ),
        ({"Status": "StatusNone", "Message": ""}, "StatusNone and another comment"),
        ({"Status": "StatusReadOnly", "Message": MESSAGE}, "SuperOffice answered with StatusReadOnly"),
        ({"Status": "statusnotavailable", "Message": MESSAGE}, "a status it does not document"),
        ({"Status": "Kranken-Kode 7", "Message": MESSAGE}, "a status it does not document"),
        ({"Status": NOT_PRESENT, "Message": "back on 4 January"}, "another comment"),
        ({"Status": NOT_PRESENT, "Message": MESSAGE + " "}, "another comment"),
        ({"Status": NOT_PRESENT, "Message": None}, "another comment"),
        ({"Status": NOT_PRESENT}, "another comment"),
    ],
)
def test_another_echo_is_a_doubt(echo: dict[str, str | None], told: str) -> None:
    """An echo that differs is no success; what it said is told only as far as it cannot be private."""
    asked = change()

    outcome = judge_put(asked, Answer(200, {}, orjson.dumps(echo)))

    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.ECHO_MISMATCH)
    assert (outcome.trouble, outcome.stop, outcome.html) == (Trouble.OWN, None, False)
    assert told in str(outcome.detail)
    assert "Kode" not in str(outcome.detail)


@pytest.mark.parametrize("body", [b"null", b"null\r\n", b"{}"])
def test_nothing_is_another_echo(body: bytes) -> None:
    """As agents answer for an unknown id: the service saved nothing, and the words say what that may mean."""
    outcome = judge_put(change(), Answer(200, {}, body))

    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.ECHO_MISMATCH)
    assert (outcome.trouble, outcome.seen) == (Trouble.OWN, Presence(status="", message=""))
    assert "saved nothing. Perhaps no user has this associate ID" in str(outcome.detail)


def as_xml(parts: dict[str, object]) -> bytes:
    return "".join(
        ["<UserPresenceStatus>", *(f"<{n}>{v}</{n}>" for n, v in parts.items()), "</UserPresenceStatus>"]
    ).encode()


@pytest.mark.parametrize("write", [orjson.dumps, as_xml])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.proves("SuperOffice answers 200 with an error object")
def test_an_error_is_never_a_success(error: dict[str, object], write: Callable[[object], bytes]) -> None:
    """Whatever it repeats of what was sent, in JSON or XML; its own words are told, the comment is not."""
    asked = change()

    outcome = judge_put(asked, Answer(200, {}, write({"Status": NOT_PRESENT, "Message": MESSAGE, **error})))

    assert (outcome.result, outcome.reason, outcome.trouble) == (
        Result.UNKNOWN,
        Reason.BAD_ANSWER,
        Trouble.OWN,
    )
    said = ": out of order" if "ErrorMessage" in error else ""
    assert outcome.detail == f"SuperOffice answered 200 with an error{said}"


@pytest.mark.parametrize("denied", NO_ERRORS)
def test_an_echo_may_say_that_there_is_no_error(denied: dict[str, object]) -> None:
    """`"Error": false` beside a right echo is a success."""
    outcome = judge_put(
        change(), Answer(200, {}, orjson.dumps({"Status": NOT_PRESENT, "Message": MESSAGE, **denied}))
    )

    assert outcome.result is Result.UPDATED


@pytest.mark.parametrize("body", NO_PRESENCE.values(), ids=NO_PRESENCE)
def test_no_presence_is_a_doubt(body: bytes) -> None:
    """200 with anything that is not a presence is a bad answer, and never an exception."""
    asked = change()

    outcome = judge_put(asked, Answer(200, {}, body))

    assert (outcome.result, outcome.reason, outcome.http_status) == (Result.UNKNOWN, Reason.BAD_ANSWER, 200)
    assert (outcome.trouble, outcome.html) == (Trouble.OWN, False)


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
def test_a_page_for_people_is_marked(body: bytes) -> None:
    """200 with an HTML page is a doubt, and marked, for three in a row stop the run."""
    asked = change()

    outcome = judge_put(asked, Answer(200, {}, body))

    assert (outcome.result, outcome.reason, outcome.html) == (Result.UNKNOWN, Reason.BAD_ANSWER, True)
    assert outcome.detail == "SuperOffice answered 200 with an HTML page"


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b'{"Status": "StatusNormal", "Status": "StatusNotAvailable", "Message": ""}', Result.UPDATED),
        (b'{"Status": "StatusNotAvailable", "Message": "", "Status": "StatusNormal"}', Result.UNKNOWN),
    ],
)
def test_of_duplicate_keys_the_last_counts(body: bytes, result: Result) -> None:
    """JSON leaves duplicate keys open; all common readers, the service's own included, take the last."""
    asked = change(NOT_PRESENT, "")

    outcome = judge_put(asked, Answer(200, {}, body))

    assert outcome.result is result


def test_a_whole_huge_echo_is_an_echo() -> None:
    """What else an answer holds does not matter, as long as it came whole."""
    asked = change()

    outcome = judge_put(asked, Answer(200, {}, HUGE))

    assert outcome.result is Result.UPDATED


@pytest.mark.parametrize("body", [b"null", b"{}", *NO_PRESENCE.values(), *PAGES.values()])
def test_reads_no_presence_where_none_is_shown(body: bytes) -> None:
    """An answer to a GET is a presence or None."""
    assert read_presence(body) is None


def test_reads_a_presence() -> None:
    """A null message is an empty one."""
    shown = read_presence(b'{"Status": "SomethingNew", "Message": null}')

    assert shown == Presence(status="SomethingNew", message="")
