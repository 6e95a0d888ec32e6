"""Where a tenant of SuperOffice Online lives, by what the service itself says of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from yarl import URL

from ..errors import Suspect, UsageFault
from ..sanitize import clean
from ..settings import Target
from .addresses import is_same_host, is_vendors, root_of
from .answer_headers import their_now
from .body_formats import Parts, text_in
from .login_host import LoginAnswer, LoginHost
from .request_errors import BlockedError, refusal, unavailable
from .sign_in.credential import FOREVER, Credential

LEAST = 1.0  # seconds a state is taken to hold, though it may have ended before we were told
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """Where the service is; two at the same place are equal."""

    root: URL | None  # None: the ticket says it
    renew_after: float = field(default=FOREVER, compare=False)  # seconds from when we were told
    life: float = field(default=FOREVER, compare=False)  # until the service itself sends us away


FindResidence = Callable[[], Awaitable[Residence]]


def make_find_residence(target: Target, root: URL | None, login: LoginHost) -> FindResidence:
    """Make the function that finds out where the service is; *root* is the configured one."""
    if target.tenant is None:
        return _find_configured(Residence(root=root))
    tenant = Tenant(target, root, login)
    return tenant.residence


def _find_configured(residence: Residence) -> FindResidence:
    async def find_residence() -> Residence:
        return residence

    return find_residence


class Tenant:
    """Owns what is known of a tenant from its state."""

    def __init__(self, target: Target, root: URL | None, login: LoginHost) -> None:
        self._target = target
        self._configured = root  # holds until the service says that it is wrong
        self._login = login
        self._has_run = False

    async def residence(self) -> Residence:
        """Ask for the state. Raise RefusedError where the tenant is not running, or cannot be found.

        A tenant that was seen to run before is only away when it does not run.
        """
        configured, self._configured = self._configured, None
        try:
            reply = await self._login.get(f"/api/state/{self._target.tenant}")
            state = self._state(reply)
        except BlockedError as error:
            if configured is None:
                raise
            log.warning("tenant.state_unknown", detail=error.outcome.detail)
            return Residence(root=configured)
        if not state["IsRunning"]:
            raise self._not_running_error(_word(state))
        self._has_run = True
        if configured:
            return Residence(root=configured)
        return Residence(root=self._root(state), renew_after=_seconds_left(state, reply.date))

    def _state(self, reply: LoginAnswer) -> Parts:
        state = reply.parts or {}
        if reply.status == 200 and isinstance(state.get("IsRunning"), bool):  # noqa: PLR2004 - as documented
            log.info("tenant.state", tenant=self._target.tenant, state=_word(state))
            return state
        words = f"{self._login.host} does not know the state of {self._target.tenant} ({reply.status})"
        raise refusal(f"{words}; are target.tenant and target.environment right?", Suspect.LOGIN)

    def _not_running_error(self, state: str) -> BlockedError:
        words = f"{self._target.tenant} is not running: its state is {state}"
        return unavailable(words) if self._has_run else refusal(f"{words}; resume the run once it is running")

    def _root(self, state: Parts) -> URL | None:
        place = next((state[key] for key in ("Api", "Endpoint") if state.get(key)), None)
        if not isinstance(place, str):
            return None
        by = f"the state of {self._target.tenant}"
        root = told_root(place, target=self._target, login=self._login.root, by=by)
        return root if root.path.strip("/") else root / str(self._target.tenant)  # a bare host serves many


def root_of_service(residence: Residence, credential: Credential, *, target: Target, login: URL) -> URL:
    """Return where the service is by the tenant's residence, else by the ticket; raise RefusedError."""
    if residence.root:
        return residence.root
    if credential.root is None:
        words = "the tenant's state does not say where the service is; set target.base_url"
        raise refusal(words, Suspect.TARGET)
    return told_root(credential.root, target=target, login=login, by="the ticket")


def told_root(text: str, *, target: Target, login: URL, by: str) -> URL:
    """Return the root that we are told; credentials go there, so it is the vendor's or a configured one.

    Raise RefusedError for any other, and for one that could not be configured either.
    """
    try:
        root = root_of(text, by, target)
    except UsageFault as fault:
        raise refusal(str(fault), Suspect.LOGIN) from None
    configured = [login, *([root_of(target.base_url, by, target)] if target.base_url else [])]
    if is_vendors(root) or any(is_same_host(root, each) for each in configured):
        return root
    raise refusal(
        f"{by} names {root.scheme}://{clean(str(root.host), 100)}: credentials only go to https hosts of "
        "superoffice.com, and to the host in target.base_url or auth.login_url; if it is right, set "
        "target.base_url to it",
        Suspect.LOGIN,
    )


def _word(state: Parts) -> str:
    word = text_in(state, "State")
    return clean(word, 60) if word else "not told"


def _seconds_left(state: Parts, date: str) -> float:
    """Return how long a state holds, by the clock of who told us of it; without that, for ever."""
    try:
        until = datetime.fromisoformat(text_in(state, "ValidUntil"))
    except ValueError:
        return FOREVER
    return max((until.replace(tzinfo=until.tzinfo or UTC) - their_now(date)).total_seconds(), LEAST)
