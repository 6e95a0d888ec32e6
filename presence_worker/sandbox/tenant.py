"""Where the tenant lives, whether it runs, and that it may move."""

from datetime import UTC, datetime

from .ask import Ask
from .online import IS_RUNNING, Online
from .replies import Reply, refusal, success

MISDIRECTED = refusal(421, "SoMisdirectedException", "Wrong subdomain used to access tenant")


class Tenant:
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

    def is_elsewhere(self, ask: Ask) -> bool:
        """Whether a request came to the host on which the tenant is not (or not yet)."""
        return self.moves and (_port(ask) == self.new_port) is not (self._left == 0)

    def origin(self, ask: Ask) -> str:
        """Give the address of the host on which the tenant is, by the name the client calls this machine."""
        if not self.moves or self._left or _port(ask) == self.new_port:
            return ask.origin
        return f"{ask.scheme}://{ask.host.rpartition(':')[0]}:{self.new_port}"

    def state(self, ask: Ask, name: str) -> dict[str, object]:
        """Give what the state service tells of a tenant."""
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


def _port(ask: Ask) -> int:
    port = ask.host.rpartition(":")[2]
    return int(port) if port.isdecimal() else 0


def state_reply(tenant: Tenant, ask: Ask) -> Reply:
    """Answer what the state of the tenant in the path is."""
    return success(tenant.state(ask, ask.path.rstrip("/").rpartition("/")[2]))
