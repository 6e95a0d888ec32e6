"""The copy of a run in this machine's state directory, and how old it is."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson

from ..report.files import SUMMARY, WRITERS

MARK = "copy.json"  # beside a journal that the database has, too; its run is not this machine's alone


class Version(NamedTuple):
    """A state of a run in the database: it grows with all that is written of the run."""

    saved: int = 0  # how often its journal was saved
    token: int = 0  # of the newest row in its log; 0: there is none since it was saved
    seq: int = 0


def is_copy(folder: Path) -> bool:
    """Return whether what is in *folder* belongs to a run of the database."""
    return (folder / MARK).exists()


def read_version(folder: Path) -> Version | None:
    """Return the version that the journal in *folder* has; None where that is not known."""
    try:
        found = orjson.loads((folder / MARK).read_bytes())
        return Version(*found) if found else None
    except (OSError, ValueError, TypeError):
        return None


def write_version(folder: Path, version: Version | None) -> None:
    """Note which version the journal in *folder* has; None: it goes its own way from now on.

    Where it cannot be noted, the journal is fetched again.
    """
    new = folder / f"{MARK}.new"
    try:
        new.write_bytes(orjson.dumps(version and [*version]))
        new.replace(folder / MARK)
    except OSError:
        (folder / MARK).unlink(missing_ok=True)


def remove_reports(folder: Path) -> None:
    """Remove the reports in *folder*: they are older than the journal that was fetched."""
    for name in (*WRITERS, SUMMARY):
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
