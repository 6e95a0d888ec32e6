"""The host at which we sign in and ask for tenants; it never sees what the service is shown."""

from typing import Any, NamedTuple

import aiohttp
import orjson
from yarl import URL

from ..errors import Suspect
from ..model import Result
from ..sanitize import clean
from .answer_headers import asked_wait
from .exchange import Answer, exchange
from .request_errors import REQUEST_ERRORS, BlockedError, SignInUnavailable, judge_error, refusal, unavailable

TOO_BUSY = (408, 425, 429)  # likewise 5xx: it may be better soon
JSON = "application/json"


class Reply(NamedTuple):
    """What the host answered."""

    status: int
    date: str  # by its clock, as HTTP writes it
    value: Any  # of its JSON; None where that is none


class LoginHost:
    """Owns the session with the host."""

    def __init__(self, session: aiohttp.ClientSession, root: URL) -> None:
        self._session = session
        self.root = root

    @property
    def host(self) -> str:
        """The host, for people."""
        return self.root.authority

    async def get(self, path: str) -> Reply:
        """Ask for what is at *path*.

        Raise SignInUnavailable where nobody is there, RefusedError for what will not be better soon.
        """
        return await self._ask("GET", path)

    async def post(self, path: str, value: dict[str, str]) -> Reply:
        """Post JSON; raises as `get` does."""
        return await self._ask("POST", path, data=orjson.dumps(value), headers={"Content-Type": JSON})

    async def post_form(self, path: str, fields: dict[str, str]) -> Reply:
        """Post a form; raises as `get` does."""
        return await self._ask("POST", path, data=fields)

    async def _ask(self, method: str, path: str, **how: Any) -> Reply:
        try:
            answer = await exchange(self._session, method, self.root.with_path(path), **how)
        except REQUEST_ERRORS as error:
            raise unanswered(self.host, error) from None
        if busy := too_busy(self.host, answer):
            raise busy
        if answer.status // 100 == 3:  # noqa: PLR2004 - likewise
            raise refusal(
                f"{self.host} answered {answer.status} and sent us to {_host(answer.headers)}; "
                "is auth.login_url (or target.environment) right?",
                Suspect.LOGIN,
            )
        return Reply(answer.status, answer.headers.get("Date", ""), _json(answer.body))


def unanswered(host: str, error: BaseException) -> BlockedError:
    """Give what it means for all of us that a request of signing in ended in *error*."""
    outcome = judge_error(error)
    if outcome.stop:
        is_elsewhere = outcome.suspect is Suspect.TARGET
        return refusal(f"signing in: {outcome.stop}", Suspect.LOGIN if is_elsewhere else outcome.suspect)
    words = "no whole answer came" if outcome.result is Result.UNKNOWN else outcome.detail
    return unavailable(f"signing in at {host}: {words}")


def too_busy(host: str, answer: Answer) -> SignInUnavailable | None:
    """Give the error for an answer that may be better soon, None for any other."""
    if answer.status // 100 != 5 and answer.status not in TOO_BUSY:  # noqa: PLR2004 - the family
        return None
    words = f"signing in at {host}: it answered {answer.status}"
    return unavailable(words, retry_after=asked_wait(answer.status, answer.headers))


def _host(headers: Any) -> str:
    try:
        return clean(URL(headers.get("Location", "")).host or "another page", 100)
    except ValueError:
        return "another page"


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
