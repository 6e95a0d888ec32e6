"""A check of doctor: what it is given, and what it returns."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from yarl import URL

from ..errors import UsageFault
from ..fleet.membership import DatabaseFacts
from ..model import Outcome, Trouble
from ..run_context import SANDBOX, RunContext
from ..settings import Settings
from ..superoffice import Client
from ..superoffice.anonymous_client import AnonymousClient, Place, places, proxy_place
from ..superoffice.read_answers import Principal
from ..superoffice.user_query import UserDirectory

T = TypeVar("T")


class Severity(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # a run can start, but you should know
    FAULT = "fault"  # a run would not work; people read "error"
    SKIPPED = "skipped"  # not checked


class CheckResult(NamedTuple):
    """What a check found."""

    verdict: Severity
    words: str
    remedy: str | None = None  # what to do


class CheckBlockedError(Exception):
    """A check cannot be made, and no other that needs it; the error names the check to correct first."""


ok = partial(CheckResult, Severity.OK)
warning = partial(CheckResult, Severity.WARNING)
fault = partial(CheckResult, Severity.FAULT)
skipped = partial(CheckResult, Severity.SKIPPED)


class ExpectedJob(NamedTuple):
    """How many rows a run will probably have."""

    rows: int
    words: str  # such as "the 940 rows of the last job"
    latency: float | None = None  # seconds that a request took then, on average
    requests: int | None = None  # that it took; None: not known, or other settings count now


@dataclass(slots=True, kw_only=True)
class Probe:
    """Owns what is known; each check may add to it for later ones."""

    context: RunContext
    problems: list[str]  # of the settings, found without a connection
    config: Sequence[Path] = ()  # the files that are used: the common one, that of the target
    write_to: int | None = None  # the associate whose presence may be written back
    caller: AnonymousClient | None = None  # None: the settings name no address
    client: Client | None = None  # None: no run can start with these settings
    root: URL | None = None
    date: datetime | None = None  # by SuperOffice's clock
    heard_at: datetime | None = None  # by this machine's clock, at the same moment
    principal: Principal | None = None
    users: UserDirectory | None = None  # None: SuperOffice does not list all users
    pages: int = 0  # of the list
    shows_presence: bool = False
    expected: ExpectedJob | None = None
    database: DatabaseFacts | None = None  # None: it is not reached, or this machine is alone

    @property
    def settings(self) -> Settings:
        """The settings, or the usable part of them."""
        return self.context.settings

    @property
    def is_sandbox(self) -> bool:
        """Return whether SuperOffice is the sandbox of this program."""
        return self.context.target == SANDBOX

    def has_tables(self) -> bool:
        """Return whether runs can be asked for; where the shared tables are missing, that would make them."""
        return self.context.fleet is None or bool(self.database and not self.database.trouble)

    def way(self) -> AnonymousClient:
        """Return the client without credentials; raise CheckBlockedError where no address is set."""
        if self.caller is None:
            raise CheckBlockedError("configuration")
        return self.caller

    def us(self) -> Client:
        """Return the client that signs in; raise CheckBlockedError where the settings are not usable."""
        if self.client is None:
            raise CheckBlockedError("configuration")
        return self.client

    def places(self) -> list[Place]:
        """Return the hosts that connections go to, as far as they are known."""
        try:
            proxy = proxy_place(self.settings)
            return [proxy] if proxy else places(self.settings)
        except UsageFault:
            return []


async def ask_service(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; ask once more after a new token or a new address came."""
    found = await ask()
    if isinstance(found, Outcome) and found.trouble is Trouble.RENEWED:
        return await ask()
    return found


def reason_of(outcome: Outcome) -> str:
    """Return why a question got no answer."""
    return str(outcome.stop or outcome.detail)
