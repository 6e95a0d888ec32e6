"""A process that dies at any call that changes the disk, without a process: from then on no call works."""

import sys
import threading
from collections.abc import Callable
from typing import ClassVar

CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod")


class Died(BaseException):
    """The process is dead; what Python still does of clean-up changes nothing."""


class Death:
    """Owns the moment at which the calls of a thread cease to work."""

    now: ClassVar["Death | None"] = None
    is_watching: ClassVar[bool] = False

    def __init__(self, calls: int, failure: OSError | None) -> None:
        self.left = calls  # that still work
        self.failure = failure  # of the next call alone; None: the process dies
        self.thread = threading.get_ident()
        if not Death.is_watching:
            Death.is_watching = True  # a hook stays for ever
            sys.addaudithook(_watch)

    def come(self) -> None:
        """Raise Died when it is time, and at every call afterwards; or the failure, once."""
        self.left -= 1
        if self.failure and self.left == -1:
            raise OSError(*self.failure.args)
        if not self.failure and self.left < 0:
            raise Died


def _watch(event: str, _: object) -> None:
    death = Death.now
    if death and event in CHANGES and death.thread == threading.get_ident():
        death.come()


def has_died(work: Callable[[], object], calls: int, failure: OSError | None = None) -> bool:
    """Carry out *work*, in which only so many calls reach the disk; give whether that was too few.

    With a *failure*, the next call fails so, and those behind it work.
    """
    death = Death(calls, failure)
    Death.now = death
    try:
        work()
    except Died:
        pass
    finally:
        Death.now = None
    return death.left < 0
