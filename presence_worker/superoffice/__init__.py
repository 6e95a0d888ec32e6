"""The only place that knows the service."""

from .client import Client, check_settings, open_client
from .root import service_root

__all__ = ["Client", "check_settings", "open_client", "service_root"]
