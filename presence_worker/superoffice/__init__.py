"""The only place that knows the service."""

from .auth import known_secrets
from .client import Client
from .maintenance import maintenance
from .opening import check_settings, open_client
from .root import check_addresses, is_online, target_name

__all__ = [
    "Client",
    "check_addresses",
    "check_settings",
    "is_online",
    "known_secrets",
    "maintenance",
    "open_client",
    "target_name",
]
