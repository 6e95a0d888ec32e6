"""What an answer to a PUT proves: a pure function of the change, the status, the headers and the body."""

from collections.abc import Callable, Mapping

from yarl import URL

from ..errors import Suspect
from ..model import STATUSES, Change, Outcome, Presence, Reason, Result, Trouble
from ..sanitize import clean, redact
from .answer_headers import advice, asked_wait
from .body_formats import is_error, presence_in, read_parts
from .error_words import error_words, looks_like_html

OK, UNAVAILABLE = 200, 503
NOTHING = (b"null", b"{}")  # bodies; an empty one is rather an answer that got lost
NO_PRESENCE = Presence(status="", message="")
NOTHING_WORDS = "the service says that it saved nothing, as it may for an associateId that no user has"
CHECK = "check [auth]"
UPDATED = Outcome(result=Result.UPDATED, http_status=OK)


def judge_put(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Give what the answer says of the change; only an exact echo is a success.

    *body* may have been cut; for errors it is only read for its words.
    """
    if status == OK:  # the one status documented for success
        return _judge_echo(change, status, body)
    special = BY_STATUS.get(status)
    if special:
        return special(change, status, headers, body)
    return BY_FAMILY.get(status // 100, _odd)(change, status, headers, body)


def _judge_echo(change: Change, status: int, body: bytes) -> Outcome:
    parts = read_parts(body)
    if is_error(parts):
        return _error_in_place_of_echo(change, status, body)
    echo = presence_in(parts)
    if echo is not None and echo.same_as(change.wanted):
        return UPDATED if status == OK else UPDATED._replace(http_status=status)
    html = looks_like_html(body)
    if echo is None and status == OK and body.strip() in NOTHING:
        return _doubtful(status, Reason.ECHO_MISMATCH, NOTHING_WORDS)._replace(seen=NO_PRESENCE)
    if echo is None:
        words = "an HTML page" if html else "something other than a presence"
        return _doubtful(status, Reason.BAD_ANSWER, f"the service answered {status} with {words}", html=html)
    return _doubtful(status, Reason.ECHO_MISMATCH, _told(change, echo))._replace(seen=echo)


def _error_in_place_of_echo(change: Change, status: int, body: bytes) -> Outcome:
    said = error_words(change, body)
    words = f"the service answered {status} with an error"
    return _doubtful(status, Reason.BAD_ANSWER, f"{words}: {said}" if said else words)


def _told(change: Change, echo: Presence) -> str:
    """Say which of status and comment differs."""
    if echo.status == change.wanted.status:
        return "the service answered with another comment"
    known = echo.status in STATUSES  # else never quoted: it may be anything, a reason of absence included
    words = f"the service answered with {echo.status if known else 'a status it does not document'}"
    comment = (
        "" if echo._replace(status=change.wanted.status).same_as(change.wanted) else " and another comment"
    )
    return f"asked for {change.wanted.status}, but {words}{comment}"


def _created(change: Change, status: int, _: Mapping[str, str], body: bytes) -> Outcome:
    outcome = _judge_echo(change, status, body)
    if outcome.result is not Result.UPDATED:
        return outcome
    return outcome._replace(detail="the service says it created something (201)")


def _no_echo(_: Change, status: int, __: Mapping[str, str], body: bytes) -> Outcome:
    words = f"the service answered {status} and did not say what it saved"
    return _doubtful(status, Reason.BAD_ANSWER, words, html=looks_like_html(body))


def _redirected(change: Change, status: int, headers: Mapping[str, str], _: bytes) -> Outcome:
    host = redact(_host(headers.get("Location", "")), [change.wanted.message])
    words = f"the service answered {status} and sent us to {host}; is target.base_url right?"
    return _stopping(status, Reason.BAD_ANSWER, words, Suspect.TARGET)


def _stopping(status: int, reason: Reason, words: str, suspect: Suspect) -> Outcome:
    return Outcome(
        result=Result.FAILED, reason=reason, http_status=status, detail=words, stop=words, suspect=suspect
    )


def _host(location: str) -> str:
    try:
        return clean(URL(location).host or "another page", 100)
    except ValueError:
        return "another page"


def _credentials_refused(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    words = f"the service refused the credentials ({status}); {CHECK}"
    stop = "; ".join(filter(None, (words, advice(headers))))
    said = error_words(change, body)
    outcome = _stopping(status, Reason.REFUSED, stop, Suspect.SIGN_IN)
    return outcome._replace(detail=said or words, stop=f"{stop}: {said}" if said else stop)


def _proxy_refused(_: Change, status: int, __: Mapping[str, str], ___: bytes) -> Outcome:
    words = "a proxy in between wants a sign-in (407): name it in target.proxy, with user name and password"
    return _stopping(status, Reason.REFUSED, words, Suspect.PROXY)


def _misdirected(_: Change, status: int, __: Mapping[str, str], ___: bytes) -> Outcome:
    words = (
        "the service answered 421: this host does not serve the tenant; set target.tenant, so that its state "
        "says where it is, or target.base_url to its numbered host, and see that they are right"
    )
    return _stopping(status, Reason.REFUSED, words, Suspect.TARGET)


def _throttled(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return Outcome(
        result=Result.FAILED,
        reason=Reason.THROTTLED,
        http_status=status,
        detail=error_words(change, body) or "the service asked us to slow down",
        trouble=Trouble.THROTTLED,
        retry_after=asked_wait(status, headers),
    )


def _unavailable(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return Outcome(
        result=Result.FAILED,
        reason=Reason.SERVER_ERROR,
        http_status=status,
        detail=error_words(change, body) or "the service was not available",
        trouble=Trouble.DOWN,
        retry_after=asked_wait(status, headers),
    )


def _late(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    words = error_words(change, body) or f"the service answered {status}"
    return _doubtful(status, Reason.TIMEOUT, words)._replace(retry_after=asked_wait(status, headers))


def _server_error(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    words = error_words(change, body) or f"the service answered {status}"
    outcome = _doubtful(status, Reason.SERVER_ERROR, words, trouble=Trouble.DOWN)
    return outcome._replace(retry_after=asked_wait(status, headers))


def final_refusal(change: Change, status: int, _: Mapping[str, str], body: bytes) -> Outcome:
    """Give what a final refusal says."""
    words = error_words(change, body) or f"the service answered {status}"
    return Outcome(
        result=Result.REJECTED,
        reason=Reason.REFUSED,
        http_status=status,
        detail=words,
        html=looks_like_html(body),
    )


def _no_such_method(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Name what is allowed: where PUT is not among it, another module of the web server may take it."""
    allowed = redact(clean(headers.get("Allow", "") or "nothing", 100), [change.wanted.message])
    outcome = final_refusal(change, status, headers, body)
    words = f"{(outcome.detail or '').rstrip('.')} (Allow: {allowed})"
    return outcome._replace(detail=f"{words}; is target.base_url right, and is WebDAV off for that site?")


def _odd(_: Change, status: int, __: Mapping[str, str], ___: bytes) -> Outcome:
    return _doubtful(status, Reason.BAD_ANSWER, f"the service answered with the odd status {status}")


def _doubtful(
    status: int, reason: Reason, words: str, *, trouble: Trouble = Trouble.OWN, html: bool = False
) -> Outcome:
    return Outcome(
        result=Result.UNKNOWN, reason=reason, http_status=status, detail=words, trouble=trouble, html=html
    )


Rule = Callable[[Change, int, Mapping[str, str], bytes], Outcome]
BY_STATUS: dict[int, Rule] = {
    201: _created,
    401: _credentials_refused,
    405: _no_such_method,
    407: _proxy_refused,
    408: _late,
    421: _misdirected,
    425: _late,
    429: _throttled,
    UNAVAILABLE: _unavailable,
}
BY_FAMILY: dict[int, Rule] = {2: _no_echo, 3: _redirected, 4: final_refusal, 5: _server_error}
