"""This process as one of several that share a database."""

import os
import secrets
import socket
from functools import cached_property

from ..queue.job_queue import JobQueue
from ..settings.fleet import Fleet
from .database import SharedDatabase
from .sealing import Sealing, read_keys


class FleetMember:
    """Owns what this process shares with others; nothing connects before it is used."""

    def __init__(self, settings: Fleet) -> None:
        self.settings = settings
        self.id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"  # as holder of leases
        self.database = SharedDatabase(settings)

    @cached_property
    def sealing(self) -> Sealing:
        """Return what packs payloads; raise UsageFault where the key cannot be read."""
        path = self.settings.encryption_key_file
        return Sealing(read_keys(path) if path else ())

    @property
    def queue(self) -> JobQueue:
        """Return the queue of all machines."""
        raise NotImplementedError
