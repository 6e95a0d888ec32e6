"""Pings: a dead man's switch raises an alarm when they do not come."""

from urllib.parse import urlsplit, urlunsplit
from uuid import NAMESPACE_URL, uuid5

from ...errors import ExitCode
from ...settings.notify import Ping
from .http_call import HttpCall, make_call, url_of
from .kinds import PingChannel


def make_ping(name: str, section: Ping) -> PingChannel:
    """Return what pings a dead man's switch."""
    is_plain = section.kind == "plain"

    async def start(run_id: str) -> None:
        if not is_plain:
            await make_call(HttpCall("GET", event_url(url_of(section), "start", run_id)), section)

    async def end(run_id: str | None, exit_code: int) -> None:
        url = url_of(section)
        if not is_plain:
            await make_call(HttpCall("GET", event_url(url, str(exit_code), run_id)), section)
        elif exit_code == ExitCode.DONE:
            await make_call(HttpCall("GET", url), section)

    return PingChannel(name, start, end)


def event_url(url: str, event: str, run_id: str | None) -> str:
    """Return the address of an event below that of a switch; its query stays."""
    parts = urlsplit(url)
    run = f"rid={uuid5(NAMESPACE_URL, f'presence-worker:{run_id}')}" if run_id else ""
    query = "&".join(filter(None, (parts.query, run)))
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{event}", query=query, fragment=""))
