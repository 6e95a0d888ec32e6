"""What the operator decides, and the way of a setting from where it is written to where it is used.

1. `..operator_files` finds the configuration file, and reads its text.
2. `configuration` lays the file of a target, variables and options over it, and checks the whole once.
3. `sections` has each setting with its default; its type is in `value_types` or `quantities`.
4. `origin` finds, for an error, where a value stands.

From there on `Settings` is handed around as it is, and a setting is read where it is needed, as
`settings.delivery.rate`.
"""

from ..private_settings import SECRETS
from .notify import Notify
from .section import Section
from .sections import (
    ANY_OTHER,
    MAX_CHANGES,
    NOWHERE,
    Auth,
    Delivery,
    Input,
    Report,
    Safety,
    Settings,
    Storage,
    Target,
)
from .value_types import IGNORE, WITHDRAWN, Accept, ContentType

__all__ = [
    "ANY_OTHER",
    "IGNORE",
    "MAX_CHANGES",
    "NOWHERE",
    "SECRETS",
    "WITHDRAWN",
    "Accept",
    "Auth",
    "ContentType",
    "Delivery",
    "Input",
    "Notify",
    "Report",
    "Safety",
    "Section",
    "Settings",
    "Storage",
    "Target",
]
