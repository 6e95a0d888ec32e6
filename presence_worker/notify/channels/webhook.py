"""Messages by webhook."""

from collections.abc import Awaitable, Callable

from ...settings.notify import Webhook
from ..message import Message
from .kinds import NotDelivered


def make_webhook(section: Webhook) -> Callable[[Message], Awaitable[None]]:
    """Return what sends a message by webhook."""

    async def send(message: Message) -> None:
        raise NotDelivered(f"not built yet: {section.name}, {message.id}")

    return send
