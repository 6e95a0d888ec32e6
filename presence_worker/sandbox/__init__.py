"""A simulated SuperOffice on loopback: to rehearse with, and for tests that need real sockets."""

from .assumptions import FLAGS, RIGHTS, SWITCHES, Assumptions
from .fault_injection import KINDS, NO_FAULTS, OUTAGE_FORM, Faults, read_faults
from .people import People, Person
from .presence_file import keep_presences
from .request_history import SeenRequest, log_requests
from .server import Sandbox, Setup, serve
from .tokens import STATES, Online
from .user_archive import Paging

__all__ = [
    "FLAGS",
    "KINDS",
    "NO_FAULTS",
    "OUTAGE_FORM",
    "RIGHTS",
    "STATES",
    "SWITCHES",
    "Assumptions",
    "Faults",
    "Online",
    "Paging",
    "People",
    "Person",
    "Sandbox",
    "SeenRequest",
    "Setup",
    "keep_presences",
    "log_requests",
    "read_faults",
    "serve",
]
