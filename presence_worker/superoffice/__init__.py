"""The only place that knows the service."""

from .addresses import check_addresses, is_online, target_name
from .auth_secrets import known_secrets
from .client import Client
from .factory import check_settings, open_client
from .online_hints import maintenance

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
