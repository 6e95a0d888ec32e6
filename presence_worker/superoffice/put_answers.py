"""What an answer to a PUT proves: a pure function of the change and the answer."""

from collections.abc import Callable

from ..errors import Suspect
from ..model import STATUSES, Change, Outcome, Presence, Reason, Result, Trouble
from ..sanitize import clean, redact
from ..wording import as_sentence
from .answer_headers import advice, redirect_host, retry_after_of
from .body_formats import is_echo, is_error, presence_in, read_parts
from .error_words import error_words, looks_like_html
from .http_messages import Answer

OK, UNAVAILABLE = 200, 503
NOTHING = (b"null", b"{}")  # bodies; an empty one is rather an answer that got lost
NO_PRESENCE = Presence(status="", message="")
NOTHING_WORDS = "SuperOffice says that it saved nothing. Perhaps no user has this associate ID"
CHECK = "check [auth]"
UPDATED = Outcome(result=Result.UPDATED, http_status=OK)


def judge_put(change: Change, answer: Answer) -> Outcome:
    """Return what the answer says of the change; only an exact echo is a success.

    The answer's body may have been cut; for errors it is only read for its words.
    """
    if answer.status == OK:  # the one status documented for success
        return _judge_echo(change, answer)
    special = BY_STATUS.get(answer.status)
    if special:
        return special(change, answer)
    return BY_FAMILY.get(answer.status // 100, _judge_odd_status)(change, answer)


def _judge_echo(change: Change, answer: Answer) -> Outcome:
    if is_echo(answer.body, change.wanted):
        return UPDATED if answer.status == OK else UPDATED._replace(http_status=answer.status)
    parts = read_parts(answer.body)
    if is_error(parts):
        return _judge_error_in_place(change, answer)
    echo = presence_in(parts)
    html = looks_like_html(answer.body)
    if echo is None and answer.status == OK and answer.body.strip() in NOTHING:
        return _in_doubt(answer, Reason.ECHO_MISMATCH, NOTHING_WORDS)._replace(seen=NO_PRESENCE)
    if echo is None:
        words = "an HTML page" if html else "something other than a presence status"
        words = f"SuperOffice answered {answer.status} with {words}"
        return _in_doubt(answer, Reason.BAD_ANSWER, words, html=html)
    return _in_doubt(answer, Reason.ECHO_MISMATCH, _describe_mismatch(change, echo))._replace(seen=echo)


def _judge_error_in_place(change: Change, answer: Answer) -> Outcome:
    said = error_words(change, answer.body)
    words = f"SuperOffice answered {answer.status} with an error"
    return _in_doubt(answer, Reason.BAD_ANSWER, f"{words}: {said}" if said else words)


def _describe_mismatch(change: Change, echo: Presence) -> str:
    """Write which of status and comment differs."""
    if echo.status == change.wanted.status:
        return "SuperOffice answered with another comment"
    known = echo.status in STATUSES  # else never quoted: it may be anything, a reason of absence included
    words = f"SuperOffice answered with {echo.status if known else 'a status it does not document'}"
    comment = (
        "" if echo._replace(status=change.wanted.status).same_as(change.wanted) else " and another comment"
    )
    return f"asked for {change.wanted.status}, but {words}{comment}"


def _judge_created(change: Change, answer: Answer) -> Outcome:
    outcome = _judge_echo(change, answer)
    if outcome.result is not Result.UPDATED:
        return outcome
    return outcome._replace(detail="SuperOffice says that it created something (201)")


def _judge_no_echo(_: Change, answer: Answer) -> Outcome:
    words = f"SuperOffice answered {answer.status} but did not say what it saved"
    return _in_doubt(answer, Reason.BAD_ANSWER, words, html=looks_like_html(answer.body))


def _judge_redirect(change: Change, answer: Answer) -> Outcome:
    host = redact(redirect_host(answer.headers), [change.wanted.message])
    words = f"SuperOffice answered {answer.status} and redirected to {host}; check target.base_url"
    return _stop_with(answer, Reason.BAD_ANSWER, words, Suspect.TARGET)


def _stop_with(answer: Answer, reason: Reason, words: str, suspect: Suspect) -> Outcome:
    return Outcome(
        result=Result.FAILED,
        reason=reason,
        http_status=answer.status,
        detail=words,
        stop=words,
        suspect=suspect,
    )


def _judge_signed_out(change: Change, answer: Answer) -> Outcome:
    words = f"SuperOffice rejected the credentials ({answer.status}); {CHECK}"
    said = error_words(change, answer.body)
    offer, answered = as_sentence(advice(answer.headers)), f"It says: {said}" if said else ""
    stop = ". ".join(filter(None, (words, offer.rstrip("."), answered)))
    return _stop_with(answer, Reason.REFUSED, stop, Suspect.SIGN_IN)._replace(detail=said or words)


def _judge_proxy_refusal(_: Change, answer: Answer) -> Outcome:
    words = "a proxy wants a sign-in (407): set target.proxy, with user name and password"
    return _stop_with(answer, Reason.REFUSED, words, Suspect.PROXY)


def _judge_misdirection(_: Change, answer: Answer) -> Outcome:
    words = (
        "SuperOffice answered 421: this host does not serve the tenant. Set target.tenant correctly, "
        "or set target.base_url to the tenant's numbered host"
    )
    return _stop_with(answer, Reason.REFUSED, words, Suspect.TARGET)


def _judge_throttling(change: Change, answer: Answer) -> Outcome:
    words = error_words(change, answer.body) or "SuperOffice asked us to send more slowly"
    return _fail_for_now(answer, Reason.THROTTLED, words, Trouble.THROTTLED)


def _judge_unavailable(change: Change, answer: Answer) -> Outcome:
    words = error_words(change, answer.body) or "SuperOffice was not available"
    return _fail_for_now(answer, Reason.SERVER_ERROR, words, Trouble.DOWN)


def _fail_for_now(answer: Answer, reason: Reason, words: str, trouble: Trouble) -> Outcome:
    outcome = _in_doubt(answer, reason, words, trouble=trouble)
    wait = retry_after_of(answer.status, answer.headers)
    return outcome._replace(result=Result.FAILED, retry_after=wait)


def _judge_late(change: Change, answer: Answer) -> Outcome:
    words = error_words(change, answer.body) or f"SuperOffice answered {answer.status}"
    outcome = _in_doubt(answer, Reason.TIMEOUT, words)
    return outcome._replace(retry_after=retry_after_of(answer.status, answer.headers))


def _judge_server_error(change: Change, answer: Answer) -> Outcome:
    words = error_words(change, answer.body) or f"SuperOffice answered {answer.status}"
    outcome = _in_doubt(answer, Reason.SERVER_ERROR, words, trouble=Trouble.DOWN)
    return outcome._replace(retry_after=retry_after_of(answer.status, answer.headers))


def judge_final_refusal(change: Change, answer: Answer) -> Outcome:
    """Return what a final refusal says."""
    words = error_words(change, answer.body) or f"SuperOffice answered {answer.status}"
    return Outcome(
        result=Result.REJECTED,
        reason=Reason.REFUSED,
        http_status=answer.status,
        detail=words,
        html=looks_like_html(answer.body),
    )


def _judge_no_method(change: Change, answer: Answer) -> Outcome:
    """Name what is allowed: where PUT is not among it, another module of the web server may take it."""
    allowed = redact(clean(answer.headers.get("Allow", "") or "nothing", 100), [change.wanted.message])
    outcome = judge_final_refusal(change, answer)
    words = f"{(outcome.detail or '').rstrip('.')} (Allow: {allowed})"
    return outcome._replace(detail=f"{words}; check target.base_url, and switch WebDAV off for that site")


def _judge_odd_status(_: Change, answer: Answer) -> Outcome:
    words = f"SuperOffice answered with the odd status {answer.status}"
    return _in_doubt(answer, Reason.BAD_ANSWER, words)


def _in_doubt(
    answer: Answer, reason: Reason, words: str, *, trouble: Trouble = Trouble.OWN, html: bool = False
) -> Outcome:
    return Outcome(
        result=Result.UNKNOWN,
        reason=reason,
        http_status=answer.status,
        detail=words,
        trouble=trouble,
        html=html,
    )


Judge = Callable[[Change, Answer], Outcome]
BY_STATUS: dict[int, Judge] = {
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
BY_FAMILY: dict[int, Judge] = {
    2: _judge_no_echo,
    3: _judge_redirect,
    4: judge_final_refusal,
    5: _judge_server_error,
}
