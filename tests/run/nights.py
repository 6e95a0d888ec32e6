"""Nights gone by: runs as their journals have them, without anybody having worked on them."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from presence_worker.journal import JOURNAL, run_id
from presence_worker.model import Outcome
from tests.journal.given import UPDATED, deliver, end_as, staged, tamper

CRM, OTHER = "https://crm.example.com", "https://other.example.com"
BEGAN = datetime(2025, 11, 25, 5, tzinfo=UTC)
FINISHED = {"state": "finished", "exit_code": 0, "message": "All rows done.", "next": None}


def iso(moment: datetime) -> str:
    """Give a moment as the journal writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(**time: float) -> datetime:
    """Give the moment that was so long ago."""
    return datetime.now(UTC) - timedelta(**time)


def kept(
    state_dir: Path,
    began: datetime = BEGAN,
    outcomes: Mapping[int, Outcome] | None = None,
    *,
    rows: int = 3,
    seconds: float = 41,
    **run: Any,
) -> Path:
    """Keep a run that has ended, and give its folder; unless told otherwise it finished with all done."""
    folder = state_dir / "runs" / run_id(began)
    folder.mkdir(parents=True)
    run = {"target": CRM, **FINISHED, **run}
    with closing(staged(folder / JOURNAL, rows, run_id=folder.name, created_at=iso(began), **run)) as journal:
        deliver(journal, dict.fromkeys(range(1, rows + 1), UPDATED) if outcomes is None else dict(outcomes))
        end_as(journal, **{name: run[name] for name in FINISHED})
    end = iso(began + timedelta(seconds=seconds))
    tamper(
        folder / JOURNAL,
        f"UPDATE session SET started_at = '{iso(began)}', ended_at = '{end}', seconds = {seconds}",
    )
    return folder
