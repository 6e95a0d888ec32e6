"""What a supervisor such as systemd hears of the service: that it is ready, reloads, stops, and turns."""

import os
import socket
import time
from collections.abc import Mapping

import anyio

ADDRESS = "NOTIFY_SOCKET"
VARIABLES = (ADDRESS, "WATCHDOG_USEC", "WATCHDOG_PID")
READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"
MICROSECONDS = 1_000_000


class Supervisor:
    """Owns the way to the supervisor; without one, nothing is sent."""

    def __init__(self, address: str | None, watchdog: float | None = None) -> None:
        self._address = address
        self.watchdog = watchdog  # seconds within which it must hear of us; None: it does not watch

    def notify(self, *lines: str) -> None:
        """Send a message; a supervisor that is gone does the service no harm."""
        if self._address is None or not hasattr(socket, "AF_UNIX"):
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
                way.settimeout(0)  # a full queue must not hold up the loop
                way.connect(self._address)
                way.send("\n".join(lines).encode())
        except OSError:
            return

    def notify_reload(self) -> None:
        """Report that the configuration is read again; READY ends that."""
        self.notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    async def keep_alive(self) -> None:
        """Report twice in the watchdog's time that the loop turns, as long as it does."""
        while self.watchdog:
            self.notify(ALIVE)
            await anyio.sleep(self.watchdog / 2)


def find_supervisor() -> Supervisor:
    """Return the supervisor that the environment names; programs that we start do not see it."""
    found = {name: os.environ.pop(name) for name in VARIABLES if name in os.environ}
    address = found.get(ADDRESS) or None
    if address and address.startswith("@"):  # a name that is in no folder
        address = f"\0{address[1:]}"
    return Supervisor(address, _watchdog(found))


def _watchdog(found: Mapping[str, str]) -> float | None:
    """Return the seconds of the watchdog, where it is meant for this process."""
    time_limit, process = found.get("WATCHDOG_USEC", ""), found.get("WATCHDOG_PID", "")
    if not time_limit.isdecimal() or (process and process != str(os.getpid())):
        return None
    return int(time_limit) / MICROSECONDS or None
