"""What is on the disk of a run when its process is dead, read without a word of the program's own."""

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JOURNAL = "journal.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A run as somebody finds it."""

    state: str | None = None  # None: no run was staged
    sessions: int = 0
    results: dict[int, str] = field(default_factory=dict)  # by row, as they are on disk
    damage: str | None = None  # why it cannot be read

    @property
    def updated(self) -> set[int]:
        """Rows that are `updated` on disk."""
        return {row for row, result in self.results.items() if result == "updated"}


def find_evidence(folder: Path | None) -> Evidence:
    """Read a copy of a run's journal, so that the next process finds what the last one left."""
    if folder is None or not (folder / JOURNAL).is_file():
        return Evidence()
    with tempfile.TemporaryDirectory() as copies:
        for name in (JOURNAL, f"{JOURNAL}-wal", f"{JOURNAL}-journal"):
            if (folder / name).is_file():
                shutil.copy(folder / name, copies)
        try:
            with closing(sqlite3.connect(Path(copies) / JOURNAL)) as database:
                return _read(database)
        except sqlite3.Error as error:
            return Evidence(damage=str(error))


def _read(database: sqlite3.Connection) -> Evidence:
    verdict = database.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        return Evidence(damage=verdict)
    if not database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'run'").fetchone()[0]:
        return Evidence()
    (state,) = database.execute("SELECT state FROM run").fetchone()
    (sessions,) = database.execute("SELECT count(*) FROM session").fetchone()
    results = dict(database.execute("SELECT row, result FROM outcome"))
    return Evidence(state=state, sessions=sessions, results=results)


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """Read report.jsonl; raise ValueError where it is not whole."""
    text = (folder / "report.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]] if text.endswith("\n") else json.loads("")
