"""Messages by command."""

from collections.abc import Awaitable, Callable

from ...settings.notify import CommandChannel
from ..message import Message
from .kinds import NotDelivered


def make_command(section: CommandChannel) -> Callable[[Message], Awaitable[None]]:
    """Return what sends a message by command."""

    async def send(message: Message) -> None:
        raise NotDelivered(f"not built yet: {section.name}, {message.id}")

    return send
