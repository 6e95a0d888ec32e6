"""All that a call of the sandbox works on; the tenant in it may move to another host."""

from dataclasses import dataclass
from datetime import UTC, datetime

from .assumptions import Assumptions
from .calls import Incoming, Json, refusal
from .people import People
from .tokens import IS_RUNNING, IssuedTokens, Online
from .user_archive import UserArchive

MISDIRECTED = refusal(421, "SoMisdirectedException", "Wrong subdomain used to access tenant")


class SandboxTenant:
    """Owns the count of PUTs, and with it whether the tenant has moved to its other host.

    The hosts are two ports of this machine; *new_port* is the one it moves to.
    """

    def __init__(self, online: Online) -> None:
        self._online = online
        self._left = online.move_after
        self.moves = online.move_after is not None
        self.new_port = 0

    def has_put(self) -> None:
        """Count a PUT that was applied."""
        if self._left:
            self._left -= 1

    def is_elsewhere(self, ask: Incoming) -> bool:
        """Return whether a request came to the host on which the tenant is not (or not yet)."""
        return self.moves and (_port(ask) == self.new_port) is not (self._left == 0)

    def origin(self, ask: Incoming) -> str:
        """Return the address of the host on which the tenant is, by the name that the client uses."""
        if not self.moves or self._left or _port(ask) == self.new_port:
            return ask.origin
        return f"{ask.scheme}://{ask.host.rpartition(':')[0]}:{self.new_port}"

    def describe(self, ask: Incoming, name: str) -> dict[str, Json]:
        """Return the answer of the state service about a tenant."""
        end = datetime.fromtimestamp(self._online.now() + self._online.state_valid, UTC)
        root = f"{self.origin(ask)}/{name}"
        return {
            "ContextIdentifier": name,
            "Endpoint": root,
            "State": self._online.state,
            "IsRunning": self._online.state in IS_RUNNING,
            "ValidUntil": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Api": f"{root}/api",
            "Version": "10.5",
        }


def _port(ask: Incoming) -> int:
    port = ask.host.rpartition(":")[2]
    return int(port) if port.isdecimal() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxState:
    """A SuperOffice: who is there, and how it answers."""

    people: People
    archive: UserArchive
    assumptions: Assumptions
    tokens: IssuedTokens
    tenant: SandboxTenant
