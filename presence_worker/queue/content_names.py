"""The name under which the content of a job lies in the queue."""

import re
from pathlib import PurePosixPath, PureWindowsPath

LONGEST = 60  # characters; each may take four bytes, and file systems have 255
LONGEST_ENDING = 12
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that Windows keeps
NOT_SAFE = re.compile(r"[^\w.\- ()]")
NO_NAME = "job"


def content_name(file_name: str | None) -> str:
    """Return a name that is safe on every system, and as much like *file_name* as that allows.

    Its ending stays: it says what the file is.
    """
    name = PurePosixPath(PureWindowsPath(file_name or NO_NAME).name).name
    name = NOT_SAFE.sub("_", name.encode("utf-8", "replace").decode()).strip(" .") or NO_NAME
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    name = f"{stem[: LONGEST - LONGEST_ENDING].rstrip(' .')}{dot}{ending}"
    return f"_{name}" if DEVICES.fullmatch(name) else name
