"""What an answer to a read shows: somebody's presence, that there is none, or nothing at all."""

import orjson
import pytest

from presence_worker.model import NOT_PRESENT, PRESENT, Outcome, Presence, Reason, Result, Trouble
from presence_worker.superoffice.http_messages import Answer
from presence_worker.superoffice.read_answers import (
    failure_of_read,
    judge_read,
    judge_read_refusal,
    may_mean_no_user,
    not_a_page,
)
from presence_worker.superoffice.request_errors import judge_error

from .given import change
from .test_echo import ERRORS

CANARY = "Kanarienvogel im Krankenhaus"
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
XML = '<UserPresenceStatus xmlns:i="http://www.w3.org/2001/XMLSchema-instance"{}</UserPresenceStatus>'


def look(status: int, body: bytes = b"") -> Outcome:
    return judge_read(change(message=CANARY), Answer(status, {}, body))


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b'{"Status":"StatusNormal","Message":"x"}', Presence(status=PRESENT, message="x")),
        (b'{"Status":"StatusNotAvailable","Message":null}', Presence(status=NOT_PRESENT, message="")),
        (b'{"Status":"StatusNone"}', Presence(status="StatusNone", message="")),
        (XML.format("><Status>StatusNormal</Status>").encode(), Presence(status=PRESENT, message="")),
    ],
)
def test_a_presence_is_seen(body: bytes, seen: Presence) -> None:
    """Whatever it is; nothing was sent, and nothing stands in the way."""
    outcome = look(200, body)

    assert (outcome.seen, outcome.result, outcome.trouble) == (seen, Result.NOT_SENT, None)


@pytest.mark.parametrize(
    "body",
    [
        *[b"", b" ", b"null", b"{}", b'{"Status":null,"Message":null}', b'{"Status":"","Message":""}'],
        b'{"Error":true,"ErrorType":"SoNotFoundException","ErrorMessage":"nobody"}',
        *[
            XML.format(each).encode()
            for each in (">", ' i:nil="true">', "><Status/>", '><Status i:nil="1"/>')
        ],
    ],
)
def test_an_empty_answer_shows_that_there_is_none(body: bytes) -> None:
    """It says so in so many words: asking again would not help."""
    outcome = look(200, body)

    assert (outcome.result, outcome.reason, outcome.trouble) == (
        Result.REJECTED,
        Reason.UNKNOWN_ASSOCIATE,
        None,
    )


@pytest.mark.parametrize("beside", [{}, {"Status": PRESENT, "Message": CANARY}])
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_shows_nothing(error: dict[str, object], beside: dict[str, object]) -> None:
    """An error that came with 200 is no presence, whatever it repeats, and may pass."""
    outcome = look(200, orjson.dumps({**beside, **error}))

    assert (outcome.result, outcome.reason, outcome.trouble, outcome.seen) == (
        Result.FAILED,
        Reason.BAD_ANSWER,
        Trouble.OWN,
        None,
    )
    assert str(outcome.detail).startswith("SuperOffice answered 200 with an error")
    assert CANARY not in repr(outcome)
    assert may_mean_no_user(outcome)


@pytest.mark.parametrize("body", [b"[]", b"7", b'"StatusNormal"', b'{"Status":7}', b"{", PAGE, b"plainly"])
def test_garbage_shows_nothing(body: bytes) -> None:
    """It may pass, and proves nobody's absence."""
    outcome = look(200, body)

    assert (outcome.result, outcome.reason, outcome.trouble) == (
        Result.FAILED,
        Reason.BAD_ANSWER,
        Trouble.OWN,
    )
    assert outcome.html is (body == PAGE)


@pytest.mark.parametrize("status", [400, 404, 405, 410, 422])
def test_a_refusal_shows_that_there_is_none(status: int) -> None:
    """Nobody knows which of them the service answers for an id that nobody has."""
    outcome = look(status, b'{"ErrorMessage":"no such user"}')

    assert (outcome.result, outcome.reason, outcome.trouble) == (
        Result.REJECTED,
        Reason.UNKNOWN_ASSOCIATE,
        None,
    )
    assert outcome.detail == "no such user"


def test_no_content_is_none() -> None:
    """204 is how some frameworks answer null."""
    outcome = look(204)

    assert (outcome.reason, outcome.http_status, outcome.trouble) == (Reason.UNKNOWN_ASSOCIATE, 204, None)


def test_who_may_not_look_learns_nothing() -> None:
    """403 is about us, not about the associate."""
    outcome = look(403)

    assert (outcome.result, outcome.reason, outcome.trouble) == (Result.REJECTED, Reason.REFUSED, None)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_web_pages_that_say_no_are_no_alarm(status: int) -> None:
    """Three people in a row of whom nothing is known must not stop the run."""
    assert not look(status, PAGE).html


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        *[(500, Trouble.OWN), (502, Trouble.DOWN), (503, Trouble.DOWN), (504, Trouble.DOWN)],
        *[(520, Trouble.DOWN), (429, Trouble.THROTTLED), (408, Trouble.OWN)],
    ],
)
def test_trouble_is_never_a_doubt(status: int, trouble: Trouble) -> None:
    """A read applies nothing. 500 may be about the associate; other 5xx are about the service."""
    outcome = look(status)

    assert (outcome.result, outcome.trouble) == (Result.FAILED, trouble)
    assert may_mean_no_user(outcome) is (status == 500)


@pytest.mark.parametrize("status", [301, 401, 421])
def test_what_stops_a_run_stops_it_here_too(status: int) -> None:
    """No other read would fare better."""
    assert look(status).stop


@pytest.mark.parametrize("body", [b"", b"{}", b'{"value":7}', PAGE])
def test_what_is_no_page_will_not_be_one_later(body: bytes) -> None:
    """The query is not to be had; whether web pages come for all we ask, the next reads will show."""
    outcome = not_a_page(body)

    assert (outcome.result, outcome.trouble, outcome.html) == (Result.REJECTED, None, False)
    assert ("HTML page" in str(outcome.detail)) is (body == PAGE)


def test_a_put_s_doubt_is_none_of_a_read() -> None:
    """What may have been applied is a failure, and what failed stays one."""
    doubtful = Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT)

    assert failure_of_read(doubtful).result is Result.FAILED
    assert failure_of_read(Outcome(result=Result.REJECTED)).result is Result.REJECTED


def test_a_read_is_never_said_to_have_been_applied() -> None:
    """What is said of a PUT whose answer was lost is not true of a read."""
    outcome = failure_of_read(judge_error(TimeoutError()))

    assert (outcome.result, outcome.detail) == (Result.FAILED, "no complete answer in time")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        {"Status": 7, "Message": CANARY},
        {"Status": NOT_PRESENT, "Message": CANARY},
        {"ErrorMessage": f"cannot show {CANARY}"},
    ],
)
def test_no_comment_is_quoted(status: int, body: dict[str, object]) -> None:
    """Neither the one that is wanted nor the one that is there."""
    outcome = look(status, orjson.dumps(body))

    assert CANARY not in repr(outcome)


def test_a_refused_query_is_judged_like_a_look() -> None:
    """Its answer is about nobody in particular."""
    outcome = judge_read_refusal(change(), Answer(404, {}, b""))

    assert (outcome.result, outcome.detail) == (Result.REJECTED, "SuperOffice answered 404")
