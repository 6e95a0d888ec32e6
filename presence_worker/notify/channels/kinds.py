"""What a channel is to those who send by it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ...settings.notify import Policy
from ..message import Message


class NotDelivered(Exception):
    """A channel could not deliver: a sentence with the name of a host or program, without any secret."""


class Channel(NamedTuple):
    """A way on which messages go."""

    name: str
    kind: str  # mail, webhook or command
    on: Policy
    details: bool
    send: Callable[[Message], Awaitable[None]]  # raises NotDelivered; may be cancelled at any time


class PingChannel(NamedTuple):
    """A dead man's switch. Both calls raise NotDelivered, and may be cancelled at any time."""

    name: str
    start: Callable[[str], Awaitable[None]]  # takes a run's id
    end: Callable[[str | None, int], Awaitable[None]]  # a run's id, if there is one, and the exit code
