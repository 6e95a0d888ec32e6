"""What an answer to a PUT proves: a pure function of the change, the status, the headers and the body."""

from collections.abc import Callable, Mapping

from ..errors import Suspect
from ..model import STATUSES, Change, Outcome, Presence, Reason, Result, Trouble
from ..sanitize import clean, redact
from .answer_headers import advice, asked_wait, redirect_host
from .body_formats import is_error, presence_in, read_parts
from .error_words import error_words, looks_like_html

OK, UNAVAILABLE = 200, 503
NOTHING = (b"null", b"{}")  # bodies; an empty one is rather an answer that got lost
NO_PRESENCE = Presence(status="", message="")
NOTHING_WORDS = "the service says that it saved nothing, as it may for an associateId that no user has"
CHECK = "check [auth]"
UPDATED = Outcome(result=Result.UPDATED, http_status=OK)


def judge_put(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Return what the answer says of the change; only an exact echo is a success.

    *body* may have been cut; for errors it is only read for its words.
    """
    if status == OK:  # the one status documented for success
        return _judge_echo(change, status, body)
    special = BY_STATUS.get(status)
    if special:
        return special(change, status, headers, body)
    return BY_FAMILY.get(status // 100, _judge_odd_status)(change, status, headers, body)


def _judge_echo(change: Change, status: int, body: bytes) -> Outcome:
    parts = read_parts(body)
    if is_error(parts):
        return _judge_error_in_place(change, status, body)
    echo = presence_in(parts)
    if echo is not None and echo.same_as(change.wanted):
        return UPDATED if status == OK else UPDATED._replace(http_status=status)
    html = looks_like_html(body)
    if echo is None and status == OK and body.strip() in NOTHING:
        return _in_doubt(status, Reason.ECHO_MISMATCH, NOTHING_WORDS)._replace(seen=NO_PRESENCE)
    if echo is None:
        words = "an HTML page" if html else "something other than a presence"
        return _in_doubt(status, Reason.BAD_ANSWER, f"the service answered {status} with {words}", html=html)
    return _in_doubt(status, Reason.ECHO_MISMATCH, _describe_mismatch(change, echo))._replace(seen=echo)


def _judge_error_in_place(change: Change, status: int, body: bytes) -> Outcome:
    said = error_words(change, body)
    words = f"the service answered {status} with an error"
    return _in_doubt(status, Reason.BAD_ANSWER, f"{words}: {said}" if said else words)


def _describe_mismatch(change: Change, echo: Presence) -> str:
    """Write which of status and comment differs."""
    if echo.status == change.wanted.status:
        return "the service answered with another comment"
    known = echo.status in STATUSES  # else never quoted: it may be anything, a reason of absence included
    words = f"the service answered with {echo.status if known else 'a status it does not document'}"
    comment = (
        "" if echo._replace(status=change.wanted.status).same_as(change.wanted) else " and another comment"
    )
    return f"asked for {change.wanted.status}, but {words}{comment}"


def _judge_created(change: Change, status: int, _: Mapping[str, str], body: bytes) -> Outcome:
    outcome = _judge_echo(change, status, body)
    if outcome.result is not Result.UPDATED:
        return outcome
    return outcome._replace(detail="the service says it created something (201)")


def _judge_no_echo(_: Change, status: int, __: Mapping[str, str], body: bytes) -> Outcome:
    words = f"the service answered {status} and did not say what it saved"
    return _in_doubt(status, Reason.BAD_ANSWER, words, html=looks_like_html(body))


def _judge_redirect(change: Change, status: int, headers: Mapping[str, str], _: bytes) -> Outcome:
    host = redact(redirect_host(headers), [change.wanted.message])
    words = f"the service answered {status} and sent us to {host}; is target.base_url right?"
    return _stop_with(status, Reason.BAD_ANSWER, words, Suspect.TARGET)


def _stop_with(status: int, reason: Reason, words: str, suspect: Suspect) -> Outcome:
    return Outcome(
        result=Result.FAILED, reason=reason, http_status=status, detail=words, stop=words, suspect=suspect
    )


def _judge_signed_out(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    words = f"the service refused the credentials ({status}); {CHECK}"
    stop = "; ".join(filter(None, (words, advice(headers))))
    said = error_words(change, body)
    outcome = _stop_with(status, Reason.REFUSED, stop, Suspect.SIGN_IN)
    return outcome._replace(detail=said or words, stop=f"{stop}: {said}" if said else stop)


def _judge_proxy_refusal(_: Change, status: int, __: Mapping[str, str], ___: bytes) -> Outcome:
    words = "a proxy in between wants a sign-in (407): name it in target.proxy, with user name and password"
    return _stop_with(status, Reason.REFUSED, words, Suspect.PROXY)


def _judge_misdirection(_: Change, status: int, __: Mapping[str, str], ___: bytes) -> Outcome:
    words = (
        "the service answered 421: this host does not serve the tenant; set target.tenant, so that its state "
        "says where it is, or target.base_url to its numbered host, and see that they are right"
    )
    return _stop_with(status, Reason.REFUSED, words, Suspect.TARGET)


def _judge_throttling(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return Outcome(
        result=Result.FAILED,
        reason=Reason.THROTTLED,
        http_status=status,
        detail=error_words(change, body) or "the service asked us to slow down",
        trouble=Trouble.THROTTLED,
        retry_after=asked_wait(status, headers),
    )


def _judge_unavailable(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return Outcome(
        result=Result.FAILED,
        reason=Reason.SERVER_ERROR,
        http_status=status,
        detail=error_words(change, body) or "the service was not available",
        trouble=Trouble.DOWN,
        retry_after=asked_wait(status, headers),
    )


def _judge_late(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    words = error_words(change, body) or f"the service answered {status}"
    return _in_doubt(status, Reason.TIMEOUT, words)._replace(retry_after=asked_wait(status, headers))


def _judge_server_error(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    words = error_words(change, body) or f"the service answered {status}"
    outcome = _in_doubt(status, Reason.SERVER_ERROR, words, trouble=Trouble.DOWN)
    return outcome._replace(retry_after=asked_wait(status, headers))


def judge_final_refusal(change: Change, status: int, _: Mapping[str, str], body: bytes) -> Outcome:
    """Return what a final refusal says."""
    words = error_words(change, body) or f"the service answered {status}"
    return Outcome(
        result=Result.REJECTED,
        reason=Reason.REFUSED,
        http_status=status,
        detail=words,
        html=looks_like_html(body),
    )


def _judge_no_method(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Name what is allowed: where PUT is not among it, another module of the web server may take it."""
    allowed = redact(clean(headers.get("Allow", "") or "nothing", 100), [change.wanted.message])
    outcome = judge_final_refusal(change, status, headers, body)
    words = f"{(outcome.detail or '').rstrip('.')} (Allow: {allowed})"
    return outcome._replace(detail=f"{words}; is target.base_url right, and is WebDAV off for that site?")


def _judge_odd_status(_: Change, status: int, __: Mapping[str, str], ___: bytes) -> Outcome:
    return _in_doubt(status, Reason.BAD_ANSWER, f"the service answered with the odd status {status}")


def _in_doubt(
    status: int, reason: Reason, words: str, *, trouble: Trouble = Trouble.OWN, html: bool = False
) -> Outcome:
    return Outcome(
        result=Result.UNKNOWN, reason=reason, http_status=status, detail=words, trouble=trouble, html=html
    )


Rule = Callable[[Change, int, Mapping[str, str], bytes], Outcome]
BY_STATUS: dict[int, Rule] = {
    201: _judge_created,
    401: _judge_signed_out,
    405: _judge_no_method,
    407: _judge_proxy_refusal,
    408: _judge_late,
    421: _judge_misdirection,
    425: _judge_late,
    429: _judge_throttling,
    UNAVAILABLE: _judge_unavailable,
}
BY_FAMILY: dict[int, Rule] = {
    2: _judge_no_echo,
    3: _judge_redirect,
    4: judge_final_refusal,
    5: _judge_server_error,
}
