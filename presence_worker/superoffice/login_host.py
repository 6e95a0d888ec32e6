"""The host at which we sign in and ask for tenants; it never sees what SuperOffice is shown."""

from typing import NamedTuple
from urllib.parse import urlencode

import orjson
from yarl import URL

from ..errors import Suspect
from ..model import Result
from .answer_headers import redirect_host, retry_after_of
from .body_formats import Parts, read_json
from .http_messages import Answer, Request
from .request_errors import REQUEST_ERRORS, BlockedError, SignInUnavailable, judge_error, refusal, unavailable
from .transport import SignInSession

REDIRECTS = range(300, 400)
SERVER_ERRORS = range(500, 600)
TOO_BUSY = (408, 425, 429)  # and 5xx: it may be better soon
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class LoginAnswer(NamedTuple):
    """What the host answered."""

    status: int
    date: str  # by its clock, as HTTP writes it
    parts: Parts | None  # of its JSON, by name; None where that has none


class LoginHost:
    """Owns the session with the host."""

    def __init__(self, session: SignInSession, root: URL) -> None:
        self._session = session
        self.root = root

    @property
    def host(self) -> str:
        """The host, for people."""
        return self.root.authority

    async def get(self, path: str) -> LoginAnswer:
        """Ask for what is at *path*.

        Raise SignInUnavailable where the host does not answer, RefusedError for what will not be better soon.
        """
        return await self._ask(Request("GET", path))

    async def post(self, path: str, value: dict[str, str]) -> LoginAnswer:
        """Post JSON; raise as `get` does."""
        return await self._ask(Request("POST", path, orjson.dumps(value), {"Content-Type": JSON}))

    async def post_form(self, path: str, fields: dict[str, str]) -> LoginAnswer:
        """Post a form; raise as `get` does."""
        return await self._ask(Request("POST", path, urlencode(fields).encode(), {"Content-Type": FORM}))

    async def _ask(self, request: Request) -> LoginAnswer:
        try:
            answer = await self._session.send(self.root, request)
        except REQUEST_ERRORS as error:
            raise no_answer_error(self.host, error) from None
        if busy := too_busy(self.host, answer):
            raise busy
        if answer.status in REDIRECTS:
            raise refusal(
                f"{self.host} answered {answer.status} and redirected to {redirect_host(answer.headers)}; "
                "check auth.login_url (or target.environment)",
                Suspect.LOGIN,
            )
        return LoginAnswer(answer.status, answer.headers.get("Date", ""), read_json(answer.body))


def no_answer_error(host: str, error: BaseException) -> BlockedError:
    """Return what it means for all of us that a request of signing in ended in *error*."""
    outcome = judge_error(error)
    if outcome.stop:
        is_elsewhere = outcome.suspect is Suspect.TARGET
        return refusal(f"signing in: {outcome.stop}", Suspect.LOGIN if is_elsewhere else outcome.suspect)
    words = "no complete answer came" if outcome.result is Result.UNKNOWN else outcome.detail
    return unavailable(f"signing in at {host}: {words}")


def too_busy(host: str, answer: Answer) -> SignInUnavailable | None:
    """Return the error for an answer that may be better soon, None for any other."""
    if answer.status not in SERVER_ERRORS and answer.status not in TOO_BUSY:
        return None
    words = f"signing in at {host}: it answered {answer.status}"
    return unavailable(words, retry_after=retry_after_of(answer.status, answer.headers))
