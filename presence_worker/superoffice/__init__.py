"""The only place that knows the service."""

from .client import Client
from .root import service_root
from .session import check_settings, open_client

__all__ = ["Client", "check_settings", "open_client", "service_root"]
