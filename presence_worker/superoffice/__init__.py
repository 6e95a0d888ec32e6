"""The only place that knows SuperOffice.

A request is made by the `client`; `endpoint` sends it to where and as whom is set, and `wire` writes it
once, over a `channel`. Hosts at which we sign in have sessions of `transport`. Pure functions judge what
comes of it: `put_answers`, `read_answers`, and `request_errors` where no answer comes. `renewal` renews what
runs out: a credential by a scheme of `sign_in`, the `tenant`'s address, both at the `login_host`.
"""

from .addresses import check_addresses, is_online, target_name
from .auth_secrets import all_secrets
from .client import Client
from .factory import check_settings, open_client
from .online_hints import maintenance

__all__ = [
    "Client",
    "all_secrets",
    "check_addresses",
    "check_settings",
    "is_online",
    "maintenance",
    "open_client",
    "target_name",
]
