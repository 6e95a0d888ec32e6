"""System calls that fail when they are told to: a layer between a process and the kernel."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from .layer import compiled

SOURCE = Path(__file__).with_suffix(".c")
ERRORS = {  # kind of call: what the kernel says when it fails
    "open": (errno.EIO, errno.ENOSPC),
    "write": (errno.ENOSPC, errno.EIO),
    "read": (errno.EIO,),
    "sync": (errno.EIO, errno.ENOSPC),
    "rename": (errno.EIO, errno.ENOSPC),
    "unlink": (errno.EIO,),
    "truncate": (errno.EIO, errno.ENOSPC),
    "mkdir": (errno.ENOSPC, errno.EIO),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The n-th call of a kind fails, and with *lasting* all later ones of the kind as well."""

    kind: str
    number: int  # 1-based
    error: int  # errno
    lasting: bool = False

    def __str__(self) -> str:
        onwards = " and later" if self.lasting else ""
        return f"{self.kind} {self.number}{onwards}, {errno.errorcode[self.error]}"


def built(folder: Path) -> Path:
    """Compile the layer; skip where that cannot be."""
    return compiled(SOURCE, folder)


def surroundings(library: Path, fault: Fault, *, under: Path, told: Path) -> dict[str, str]:
    """Give the environment of a process in which *fault* befalls files *under* a directory.

    The file *told* gets the path of the first call that failed; where it is not there, none did.
    """
    return os.environ | {
        "LD_PRELOAD": str(library),
        "FAIL_UNDER": str(under.resolve()),
        "FAIL_KIND": fault.kind,
        "FAIL_AT": str(fault.number),
        "FAIL_ERRNO": str(fault.error),
        "FAIL_ALWAYS": str(int(fault.lasting)),
        "FAIL_TOLD": str(told),
    }
