"""The only place that knows the service."""

from .client import Client
from .maintenance import maintenance
from .root import is_online, target_name
from .session import check_settings, open_client

__all__ = ["Client", "check_settings", "is_online", "maintenance", "open_client", "target_name"]
