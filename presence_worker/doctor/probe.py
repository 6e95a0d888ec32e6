"""A check of doctor: what it is given to look at, and what it says of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from yarl import URL

from ..errors import UsageFault
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
    WARNING = "warning"  # a run would begin, but somebody should know
    FAULT = "fault"  # a run would not work
    SKIPPED = "skipped"  # not looked at


class CheckResult(NamedTuple):
    """What a check says of what it has looked at."""

    verdict: Severity
    words: str
    remedy: str | None = None  # how to mend it


class CheckBlockedError(Exception):
    """A check cannot be made, nor can those that need it; the error names the one that is at the bottom."""


ok = partial(CheckResult, Severity.OK)
warning = partial(CheckResult, Severity.WARNING)
fault = partial(CheckResult, Severity.FAULT)
skipped = partial(CheckResult, Severity.SKIPPED)


class ExpectedJob(NamedTuple):
    """How many rows a run will probably have."""

    rows: int
    words: str  # such as "the 940 rows of the last job"
    latency: float | None = None  # seconds that a request took then, on average
    requests: int | None = None  # that it took; None: not known, or what is read is set otherwise now


@dataclass(slots=True, kw_only=True)
class Probe:
    """Owns what is known; each check may add to it for those that come after."""

    context: RunContext
    problems: list[str]  # of the settings, as far as nobody has to be asked
    config: Path | None = None  # the file in force
    write_to: int | None = None  # the associate whose presence may be written back
    caller: AnonymousClient | None = None  # None: the settings lead nowhere
    client: Client | None = None  # None: likewise, or no run may begin with them
    root: URL | None = None
    date: datetime | None = None  # by the service's clock
    heard_at: datetime | None = None  # by ours, at the same moment
    principal: Principal | None = None
    users: UserDirectory | None = None  # None: the service does not show all users
    pages: int = 0  # in which they came
    shows_presence: bool = False
    expected: ExpectedJob | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force, or what can be used of them."""
        return self.context.settings

    @property
    def is_sandbox(self) -> bool:
        """Return whether the service is the one inside this program."""
        return self.context.target == SANDBOX

    def way(self) -> AnonymousClient:
        """Return the way to the service; raise CheckBlockedError where the settings lead nowhere."""
        if self.caller is None:
            raise CheckBlockedError("configuration")
        return self.caller

    def us(self) -> Client:
        """Return the client that shows our credentials; raise CheckBlockedError likewise."""
        if self.client is None:
            raise CheckBlockedError("configuration")
        return self.client

    def places(self) -> list[Place]:
        """Return the hosts to which connections are made, as far as they are known."""
        try:
            proxy = proxy_place(self.settings)
            return [proxy] if proxy else places(self.settings)
        except UsageFault:
            return []


async def ask_service(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; once more where what was lacking (a new token, a new address) has come meanwhile."""
    found = await ask()
    if isinstance(found, Outcome) and found.trouble is Trouble.RENEWED:
        return await ask()
    return found


def reason_of(outcome: Outcome) -> str:
    """Return why a question was not answered."""
    return str(outcome.stop or outcome.detail)
