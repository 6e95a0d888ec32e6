"""Messages by mail."""

from collections.abc import Awaitable, Callable

from ...settings.notify import Mail
from ..message import Message
from .kinds import NotDelivered


def make_mail(section: Mail) -> Callable[[Message], Awaitable[None]]:
    """Return what sends a message by mail."""

    async def send(message: Message) -> None:
        raise NotDelivered(f"not built yet: {section.name}, {message.id}")

    return send
