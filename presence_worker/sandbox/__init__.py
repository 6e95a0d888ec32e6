"""A simulated SuperOffice on loopback: to rehearse with, and for tests that need real sockets."""

from .archive import Paging
from .faults import KINDS, NO_FAULTS, OUTAGE_FORM, Faults, read_faults
from .keys import app_key, throwaway
from .online import STATES, Online
from .people import People, Person
from .record import Entry
from .request_log import logged
from .server import Sandbox, serve
from .store import kept
from .unknowns import FLAGS, RIGHTS, SWITCHES, Unknowns

__all__ = [
    "FLAGS",
    "KINDS",
    "NO_FAULTS",
    "OUTAGE_FORM",
    "RIGHTS",
    "STATES",
    "SWITCHES",
    "Entry",
    "Faults",
    "Online",
    "Paging",
    "People",
    "Person",
    "Sandbox",
    "Unknowns",
    "app_key",
    "kept",
    "logged",
    "read_faults",
    "serve",
    "throwaway",
]
