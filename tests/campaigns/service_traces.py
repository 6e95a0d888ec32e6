"""What is on the disk of a service when it is dead, read without a word of the program's own."""

import shutil
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from .evidence import JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A run, as somebody finds it."""

    order: int  # of whose file it is
    state: str
    updated: frozenset[str]  # the messages of rows that are `updated`


@dataclass(slots=True, kw_only=True)
class Traces:
    """Owns what was seen of all runs; those that are over are not read again."""

    state_dir: Path
    damage: list[str] = field(default_factory=list)
    _runs: dict[str, Trace] = field(default_factory=dict)

    def look(self) -> None:
        """Read the journals that may have changed."""
        folders = {folder.name: folder for folder in self.state_dir.glob("runs/*Z-*")}
        for gone in self._runs.keys() - folders.keys():
            del self._runs[gone]
        for name, folder in folders.items():
            known = self._runs.get(name)
            if known is None or known.state != "finished":
                self._read(name, folder)

    @property
    def updated(self) -> set[str]:
        """The messages of all rows that are `updated` on disk."""
        return {words for trace in self._runs.values() for words in trace.updated}

    @property
    def by_order(self) -> dict[int, list[str]]:
        """The runs of each order."""
        found = defaultdict[int, list[str]](list)
        for name, trace in self._runs.items():
            found[trace.order].append(name)
        return found

    def _read(self, name: str, folder: Path) -> None:
        self._runs.pop(name, None)
        if not (folder / JOURNAL).is_file():
            return
        with tempfile.TemporaryDirectory() as copies:
            for each in (JOURNAL, f"{JOURNAL}-wal", f"{JOURNAL}-journal"):
                if (folder / each).is_file():
                    shutil.copy(folder / each, copies)
            try:
                with closing(sqlite3.connect(Path(copies) / JOURNAL)) as database:
                    if trace := _trace(database):
                        self._runs[name] = trace
            except sqlite3.Error as error:
                self.damage.append(f"{name}: {error}")


def _trace(database: sqlite3.Connection) -> Trace | None:
    if not database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'run'").fetchone()[0]:
        return None
    found = database.execute("SELECT state FROM run").fetchone()
    rows = dict(database.execute("SELECT row, message FROM row"))
    if found is None or not rows:
        return None
    updated = [row for (row,) in database.execute("SELECT row FROM outcome WHERE result = 'updated'")]
    order = int(next(iter(rows.values())).partition(".")[0])
    return Trace(order=order, state=found[0], updated=frozenset(rows[row] for row in updated))
