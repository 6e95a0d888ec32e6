"""Where a tenant of SuperOffice Online lives, by what SuperOffice says of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from yarl import URL

from ..errors import Suspect, UsageFault
from ..sanitize import clean
from ..settings import Target
from .addresses import is_same_host, is_vendors, root_of
from .answer_headers import their_now
from .body_formats import text_in
from .login_host import LoginAnswer, LoginHost
from .request_errors import BlockedError, refusal, unavailable
from .sign_in.credential import FOREVER, Credential

LEAST = 1.0  # seconds a state is taken to hold, though it may have ended before the answer came
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """Where SuperOffice is; two at the same place are equal."""

    root: URL | None  # None: the ticket says it
    renew_after: float = field(default=FOREVER, compare=False)  # seconds from the answer
    life: float = field(default=FOREVER, compare=False)  # until SuperOffice sends us away


class TenantState(NamedTuple):
    """What the host where we sign in says of a tenant."""

    is_running: bool
    words: str
    place: str | None  # where it lives; None where only the ticket says it
    valid_until: str  # a moment, by the host's clock


def make_find_residence(
    target: Target, root: URL | None, login: LoginHost
) -> Callable[[], Awaitable[Residence]]:
    """Make the function that finds out where SuperOffice is; *root* is the configured one."""
    if target.tenant:
        return Tenant(target, root, login).find_residence

    async def find_residence() -> Residence:
        return Residence(root=root)

    return find_residence


class Tenant:
    """Owns what is known of a tenant from its state."""

    def __init__(self, target: Target, root: URL | None, login: LoginHost) -> None:
        self._target = target
        self._configured = root  # holds until SuperOffice says that it is wrong
        self._login = login
        self._has_run = False

    async def find_residence(self) -> Residence:
        """Ask for the state. Raise RefusedError where the tenant is not running, or cannot be found.

        A tenant that was seen to run before is only away when it does not run.
        """
        configured, self._configured = self._configured, None
        try:
            reply = await self._login.get(f"/api/state/{self._target.tenant}")
            state = self._read_state(reply)
        except BlockedError as error:
            if configured is None:
                raise
            log.warning("tenant.state_unknown", detail=error.outcome.detail)
            return Residence(root=configured)
        if not state.is_running:
            raise self._error_of_state(state.words)
        self._has_run = True
        if configured:
            return Residence(root=configured)
        root = self._root(state.place) if state.place else None
        return Residence(root=root, renew_after=_seconds_left(state.valid_until, reply.date))

    def _read_state(self, reply: LoginAnswer) -> TenantState:
        parts = reply.parts or {}
        is_running = parts.get("IsRunning")
        if reply.status == 200 and isinstance(is_running, bool):  # noqa: PLR2004 - as documented
            place = next((parts[name] for name in ("Api", "Endpoint") if parts.get(name)), None)
            state = TenantState(
                is_running=is_running,
                words=clean(text_in(parts, "State") or "unknown", 60),
                place=place if isinstance(place, str) else None,
                valid_until=text_in(parts, "ValidUntil"),
            )
            log.info("tenant.state", tenant=self._target.tenant, state=state.words)
            return state
        words = f"{self._login.host} does not know {self._target.tenant} ({reply.status})"
        raise refusal(f"{words}; check target.tenant and target.environment", Suspect.LOGIN)

    def _error_of_state(self, state: str) -> BlockedError:
        words = f"{self._target.tenant} is not running: its state is {state}"
        return (
            unavailable(words) if self._has_run else refusal(f"{words}; resume the run when the tenant runs")
        )

    def _root(self, place: str) -> URL:
        by = f"the state of {self._target.tenant}"
        root = check_root(place, target=self._target, login=self._login.root, by=by)
        return root if root.path.strip("/") else root / str(self._target.tenant)  # a bare host serves many


def root_of_service(residence: Residence, credential: Credential, *, target: Target, login: URL) -> URL:
    """Return where SuperOffice is by the tenant's residence, else by the ticket; raise RefusedError."""
    if residence.root:
        return residence.root
    if credential.root is None:
        words = "the tenant's state has no address of SuperOffice; set target.base_url"
        raise refusal(words, Suspect.TARGET)
    return check_root(credential.root, target=target, login=login, by="the ticket")


def check_root(text: str, *, target: Target, login: URL, by: str) -> URL:
    """Return the root in an answer; credentials go there, so it is the vendor's or a configured one.

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
        f"{by} names {root.scheme}://{clean(str(root.host), 100)}. Credentials only go to https hosts of "
        "superoffice.com, and to the hosts that you set. If this host is right, set target.base_url to it",
        Suspect.LOGIN,
    )


def _seconds_left(valid_until: str, date: str) -> float:
    """Return how long a state holds, by the clock of the host that said it; without that, for ever."""
    try:
        until = datetime.fromisoformat(valid_until)
    except ValueError:
        return FOREVER
    return max((until.replace(tzinfo=until.tzinfo or UTC) - their_now(date)).total_seconds(), LEAST)
