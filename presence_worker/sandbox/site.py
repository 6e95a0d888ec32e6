"""All that a call of the sandbox works on."""

from dataclasses import dataclass

from .archive import Archive
from .desk import Desk
from .people import People
from .tenant import Tenant
from .unknowns import Unknowns


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A SuperOffice: who is there, and how it answers."""

    people: People
    archive: Archive
    unknowns: Unknowns
    desk: Desk
    tenant: Tenant
