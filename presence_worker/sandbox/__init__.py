"""A simulated SuperOffice on loopback: to rehearse with, and for tests that need real sockets."""

from .faults import KINDS, NO_FAULTS, OUTAGE_FORM, Faults, read_faults
from .people import People
from .record import Entry
from .server import Sandbox, serve

__all__ = [
    "KINDS",
    "NO_FAULTS",
    "OUTAGE_FORM",
    "Entry",
    "Faults",
    "People",
    "Sandbox",
    "read_faults",
    "serve",
]
