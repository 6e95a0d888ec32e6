"""Pings: a dead man's switch raises an alarm when they do not come."""

from ...settings.notify import Ping
from .kinds import NotDelivered, PingChannel


def make_ping(name: str, section: Ping) -> PingChannel:
    """Return what pings a dead man's switch."""

    async def start(run_id: str) -> None:
        raise NotDelivered(f"not built yet: {section.kind}, {run_id}")

    async def end(run_id: str | None, exit_code: int) -> None:
        raise NotDelivered(f"not built yet: {section.kind}, {run_id}, {exit_code}")

    return PingChannel(name, start, end)
