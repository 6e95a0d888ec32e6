"""A secret's file gets new content: whole or not at all, for nobody else to read."""

import os
import tempfile
from pathlib import Path


def replace_secret(file: Path, secret: str) -> str | None:
    """Put *secret* into *file*, with the mode it has; give why that failed, or None.

    Whoever reads it meanwhile, or after a power loss, finds the old content or the new. A link stays one.
    """
    place = file.resolve()
    try:
        mode = place.stat().st_mode & 0o777
        descriptor, made = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    except OSError as error:
        return f"{file}: {error.strerror}"
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            Path(made).chmod(mode)
            new.write(f"{secret}\n")
            new.flush()
            os.fsync(new.fileno())
        Path(made).replace(place)
    except OSError as error:
        Path(made).unlink(missing_ok=True)
        return f"{file}: {error.strerror}"
    return None
