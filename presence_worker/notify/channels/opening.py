"""The channels that the settings name, in their order."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ...loading import load
from ...settings.notify import MessageChannel, Notify, Ping, name_channels
from ..message import Message
from .kinds import Channel, PingChannel

Send: TypeAlias = Callable[[Message], Awaitable[None]]
MAKERS = {  # kind: what makes its sender; loaded only where there is such a channel
    "mail": ".notify.channels.mail:make_mail",
    "webhook": ".notify.channels.webhook:make_webhook",
    "command": ".notify.channels.command:make_command",
}
PING_MAKER = ".notify.channels.ping:make_ping"


def open_channels(notify: Notify) -> list[Channel]:
    """Return the channels for messages: mail, webhooks, programs. Secrets are read when a message is sent."""
    return [channel for kind in MAKERS for channel in _open_kind(kind, notify)]


def open_pings(notify: Notify) -> list[PingChannel]:
    """Return the dead man's switches."""
    if not notify.ping:
        return []
    make: Callable[[str, Ping], PingChannel] = load(PING_MAKER)
    names = name_channels("ping", notify.ping)
    return [make(name, ping) for name, ping in zip(names, notify.ping, strict=True)]


def _open_kind(kind: str, notify: Notify) -> list[Channel]:
    sections: list[MessageChannel] = getattr(notify, kind)
    if not sections:
        return []
    make: Callable[[MessageChannel], Send] = load(MAKERS[kind])
    return [
        Channel(
            name=name,
            kind=kind,
            on=section.on or notify.on,
            details=notify.details if section.details is None else section.details,
            send=make(section),
        )
        for name, section in zip(name_channels(kind, sections), sections, strict=True)
    ]
