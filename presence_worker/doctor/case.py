"""The case before us: what is looked at, and what has been found out so far."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from yarl import URL

from ..errors import UsageFault
from ..run_context import SANDBOX, RunContext
from ..settings import Settings
from ..superoffice import Client
from ..superoffice.anonymous_client import AnonymousClient, Place, places, proxy_place
from ..superoffice.principal import Principal
from ..superoffice.user_query import UserDirectory
from .findings import BlockedError


class Expected(NamedTuple):
    """How many rows a run will probably have."""

    rows: int
    words: str  # such as "the 940 rows of the last job"
    latency: float | None = None  # seconds that a request took then, on average


@dataclass(slots=True, kw_only=True)
class Case:
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
    census: UserDirectory | None = None  # None: the service does not show all users
    is_counted: bool = False  # whether the census is whole
    shows_presence: bool = False
    expected: Expected | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force, or what can be used of them."""
        return self.context.settings

    @property
    def is_sandbox(self) -> bool:
        """Whether the service is the one inside this program."""
        return self.context.target == SANDBOX

    def way(self) -> AnonymousClient:
        """Give the way to the service; raise BlockedError where the settings lead nowhere."""
        if self.caller is None:
            raise BlockedError("configuration")
        return self.caller

    def us(self) -> Client:
        """Give the client that shows our credentials; raise BlockedError where the settings are at fault."""
        if self.client is None:
            raise BlockedError("configuration")
        return self.client

    def places(self) -> list[Place]:
        """Give the hosts to which connections are made as far as they are known; none where settings lack."""
        try:
            proxy = proxy_place(self.settings)
            return [proxy] if proxy else places(self.settings)
        except UsageFault:
            return []
