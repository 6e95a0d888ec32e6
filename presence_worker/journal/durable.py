"""Names that survive a power loss: a file's own sync promises nothing for the name it has."""

import errno
import os
from pathlib import Path

NOT_TO_BE_HAD = (errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTSUP)  # the system has to be trusted


def sync_directory(directory: Path) -> None:
    """Return when the names in *directory* are on disk; raise OSError where the disk fails.

    Where directories cannot be synced, as on Windows, nothing is done.
    """
    if os.name == "nt":  # not sys.platform, by which a type checker leaves out the rest
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NOT_TO_BE_HAD:
            raise
