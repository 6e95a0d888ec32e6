"""What every family of statuses means for a row, for its next try and for the run."""

from dataclasses import dataclass

import orjson
import pytest

from presence_worker.model import Outcome, Reason, Result, Trouble
from presence_worker.superoffice.http_messages import Answer
from presence_worker.superoffice.put_answers import judge_put

from .given import change

ECHO = orjson.dumps({"Status": "StatusNotAvailable", "Message": "Back on 4 January"})
ERROR = orjson.dumps({"Error": True, "ErrorType": "SoException", "ErrorMessage": "No such thing"})
PAGE = b"<html>Service Unavailable</html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a family of statuses comes to."""

    statuses: tuple[int, ...]
    result: Result
    reason: Reason
    trouble: Trouble | None = None
    stops: bool = False


MEANINGS = {
    "accepted is not done": Meaning(
        statuses=(202, 203, 204, 205, 206, 207, 226, 299),
        result=Result.UNKNOWN,
        reason=Reason.BAD_ANSWER,
        trouble=Trouble.OWN,
    ),
    "sent elsewhere": Meaning(
        statuses=(300, 301, 302, 303, 304, 305, 307, 308, 399),
        result=Result.FAILED,
        reason=Reason.BAD_ANSWER,
        stops=True,
    ),
    "refused for good": Meaning(
        statuses=(
            400,
            402,
            403,
            404,
            405,
            406,
            409,
            410,
            411,
            412,
            413,
            414,
            415,
            417,
            418,
            422,
            428,
            431,
            451,
        ),
        result=Result.REJECTED,
        reason=Reason.REFUSED,
    ),
    "credentials refused": Meaning(
        statuses=(401, 407), result=Result.FAILED, reason=Reason.REFUSED, stops=True
    ),
    "another host": Meaning(statuses=(421,), result=Result.FAILED, reason=Reason.REFUSED, stops=True),
    "too late or too early": Meaning(
        statuses=(408, 425), result=Result.UNKNOWN, reason=Reason.TIMEOUT, trouble=Trouble.OWN
    ),
    "too many": Meaning(
        statuses=(429,), result=Result.FAILED, reason=Reason.THROTTLED, trouble=Trouble.THROTTLED
    ),
    "not available": Meaning(
        statuses=(503,), result=Result.FAILED, reason=Reason.SERVER_ERROR, trouble=Trouble.DOWN
    ),
    "the server stumbled": Meaning(
        statuses=(500, 501, 502, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 525, 526, 527, 599),
        result=Result.UNKNOWN,
        reason=Reason.SERVER_ERROR,
        trouble=Trouble.DOWN,
    ),
    "odd": Meaning(
        statuses=(0, 100, 101, 199, 600, 999),
        result=Result.UNKNOWN,
        reason=Reason.BAD_ANSWER,
        trouble=Trouble.OWN,
    ),
}
ALL = [(status, meaning) for meaning in MEANINGS.values() for status in meaning.statuses]


@pytest.mark.parametrize("body", [b"", ECHO, PAGE], ids=["nothing", "echo", "page"])
@pytest.mark.parametrize(("status", "meaning"), ALL, ids=[str(status) for status, _ in ALL])
def test_a_status_means_the_same_whatever_comes_with_it(status: int, meaning: Meaning, body: bytes) -> None:
    """The status is looked at first: no body makes a success of it, or a failure of another kind."""
    asked = change()

    outcome = judge_put(asked, Answer(status, {}, body))

    assert (outcome.result, outcome.reason) == (meaning.result, meaning.reason)
    assert (outcome.trouble, outcome.stop is not None) == (meaning.trouble, meaning.stops)
    assert (outcome.http_status, outcome.attempts, outcome.wire_puts) == (status, 1, 1)
    assert 0 < len(str(outcome.detail)) <= 300


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422, 425, 429, 500, 502, 503])
def test_an_error_is_told_in_the_service_s_own_words(status: int) -> None:
    """Whoever reads the report sees what the service said."""
    asked = change()

    outcome = judge_put(asked, Answer(status, {}, ERROR))

    assert outcome.detail == "No such thing"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Allow": "GET, HEAD\x1b[2J"}, "Allow: GET, HEAD"),
        ({}, "Allow: nothing"),
        ({"Allow": "Back on 4 January"}, "Allow: [redacted]"),
    ],
)
def test_405_names_what_is_allowed(headers: dict[str, str], allowed: str) -> None:
    """Whoever set up the web server sees at once that PUT is not among it."""
    outcome = judge_put(change(), Answer(405, headers, ERROR))

    assert str(outcome.detail).startswith(f"No such thing ({allowed}")
    assert "WebDAV" in str(outcome.detail)


def test_201_is_done_with_a_warning() -> None:
    """The echo proves it, but the service says that it created something."""
    asked = change()

    outcome = judge_put(asked, Answer(201, {}, ECHO))

    assert (outcome.result, outcome.trouble) == (Result.UPDATED, None)
    assert outcome.detail == "SuperOffice says that it created something (201)"


@pytest.mark.parametrize(("body", "html"), [(b"", False), (b"null", False), (b"{}", False), (PAGE, True)])
def test_201_without_an_echo_is_not_done(body: bytes, html: bool) -> None:  # noqa: FBT001 - a table
    """Only an echo is proof."""
    asked = change()

    outcome = judge_put(asked, Answer(201, {}, body))

    assert (outcome.result, outcome.reason, outcome.html) == (Result.UNKNOWN, Reason.BAD_ANSWER, html)


@pytest.mark.parametrize("status", [204, 400, 403])
def test_pages_instead_of_answers_are_marked(status: int) -> None:
    """Three pages for people in a row stop the run, whatever their status pretends."""
    asked = change()

    outcome = judge_put(asked, Answer(status, {}, PAGE))

    assert outcome.html


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://login.example.com/signin?ticket=7T:abc&user=night#x", "login.example.com"),
        ("https://night:secret@login.example.com/", "login.example.com"),
        ("//login.example.com/x", "login.example.com"),
        ("/login/page?token=secret", "another page"),
        ("", "another page"),
        ("http://[", "another page"),
        ("https://login.example.com:99999/secret", "another page"),
        ("\udcff\x1b[31m", "another page"),
    ],
)
def test_a_redirect_stops_and_names_only_the_host(location: str, host: str) -> None:
    """A redirect is the configuration's fault; its address may hold secrets, its host hardly."""
    asked = change()

    outcome = judge_put(asked, Answer(302, {"Location": location}, b""))

    assert outcome.stop == f"SuperOffice answered 302 and redirected to {host}; check target.base_url"
    assert outcome.detail == outcome.stop


def test_a_redirect_to_the_row_s_message_does_not_quote_it() -> None:
    """Even a host may be made of what we sent."""
    asked = change(message="hospital")

    outcome = judge_put(asked, Answer(302, {"Location": "https://Hospital.example.com/"}, b""))

    assert "redirected to [redacted].example.com" in str(outcome.stop)


@pytest.mark.parametrize(
    ("body", "stop"),
    [
        (b"", "SuperOffice rejected the credentials (401); check [auth]"),
        (ERROR, "SuperOffice rejected the credentials (401); check [auth]. It says: No such thing"),
    ],
)
def test_refused_credentials_say_where_to_look(body: bytes, stop: str) -> None:
    """The whole run stops, and says which table of the configuration to look at."""
    asked = change()

    outcome = judge_put(asked, Answer(401, {}, body))

    assert outcome.stop == stop


def test_421_says_what_is_misdirected() -> None:
    """The number is named, for people look it up."""
    asked = change()

    outcome = judge_put(asked, Answer(421, {}, b""))

    assert "421" in str(outcome.stop)
    assert "target.base_url" in str(outcome.stop)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_says_how_long_to_wait(status: int) -> None:
    """Retry-After is taken from every answer that asks for another try."""
    asked = change()

    outcome = judge_put(asked, Answer(status, {"Retry-After": "3"}, b""))

    assert outcome.retry_after == 3.0


@pytest.mark.parametrize(("status", "seconds"), [(200, None), (404, None), (429, 30.0), (503, 30.0)])
def test_a_used_up_rate_limit_delays_only_what_was_refused(status: int, seconds: float | None) -> None:
    """A service may show its limits with each answer: where it served us, nothing waits for them."""
    headers = {"RateLimit": '"default";r=0;t=30', "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}

    outcome = judge_put(change(), Answer(status, headers, ECHO))

    assert outcome.retry_after == seconds


def test_an_outcome_after_a_lost_answer_stays_in_doubt() -> None:
    """A refusal does not tell whether an earlier try was applied."""
    lost = Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT)

    outcome = judge_put(change(), Answer(404, {}, ERROR)).after(lost)

    assert (outcome.result, outcome.reason, outcome.wire_puts) == (Result.UNKNOWN, Reason.TIMEOUT, 2)
