"""The processes that share the database: each says that it is there, and is forgotten when it is not."""

import socket

from .. import __version__
from ..settings.fleet import Fleet
from .connections import Connection

REGISTER = """INSERT INTO worker (id, host, kind, program, targets, places, lease)
VALUES (%s, %s, %s, %s, %s, %s, make_interval(secs => %s))
ON CONFLICT (id) DO UPDATE SET seen_at = now()"""
SEEN = "UPDATE worker SET seen_at = now() WHERE id = %s"  # repeated with each renewal of the leases
FORGET = "DELETE FROM worker WHERE seen_at < now() - interval '1 day'"  # they died
ARE_THERE = "SELECT EXISTS (SELECT FROM worker WHERE kind <> 'command' AND seen_at + lease > now())"
HAS_FORMER = "SELECT EXISTS (SELECT FROM worker WHERE program <> %s AND seen_at + lease > now())"


def register(worker: str, kind: str, fleet: Fleet, connection: Connection) -> None:
    """Note that a process is there: *kind* is serve, worker or command; may be repeated."""
    places = 1 if kind == "command" else fleet.runs
    values = [worker, socket.gethostname(), kind, __version__, fleet.targets, places, fleet.lease]
    connection.execute(REGISTER, values)
    connection.execute(FORGET)


def leave(worker: str, connection: Connection) -> None:
    """Note that a process ends."""
    connection.execute("DELETE FROM worker WHERE id = %s", [worker])


def are_there(connection: Connection) -> bool:
    """Return whether a service or a worker is there."""
    found = connection.execute(ARE_THERE).fetchone()
    return bool(found and found[0])


def has_former(connection: Connection) -> bool:
    """Return whether a process with another version of the program is there."""
    found = connection.execute(HAS_FORMER, [__version__]).fetchone()
    return bool(found and found[0])
