"""The ways on which messages go: mail, webhooks and programs; and pings."""

from .kinds import Channel, NotDelivered, PingChannel
from .opening import open_channels, open_pings

__all__ = ["Channel", "NotDelivered", "PingChannel", "open_channels", "open_pings"]
