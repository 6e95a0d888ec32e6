"""The summary of a run: what `--json` prints and summary.json holds."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..journal import Reader, RunRecord, Work
from ..next_step import command_line
from .reading import reading_notes, reading_of
from .throughput import throughput

SCHEMA_VERSION = 1
Summary = dict[str, Any]
INPUT_FIELDS = ("name", "sha256", "rows", "format", "encoding", "delimiter")


def summarise(journal: Reader, files: dict[str, Path]) -> Summary:
    """Give the summary of a run, in the order of the contract."""
    run, counts = journal.run(), journal.counts()
    work, (puts, repeats) = journal.work(), journal.puts()
    return {
        **heading(run),
        "done": journal.done(counts),
        "counts": {str(result): number for result, number in counts.items()},
        "reasons": [
            {"result": result, "reason": reason, "rows": rows}
            for result, reason, rows, _ in journal.reasons()
        ],
        "requests": {"put": puts, "get": work.gets, "retried": repeats},
        "rate": {"configured": work.rate, "achieved": _achieved(work, puts + work.gets)},
        "started_at": work.started_at or run.created_at,
        "finished_at": work.ended_at if work.started_at else run.created_at,
        "duration_s": round(work.seconds, 3),
        "throughput": throughput(journal),
        "files": {name: str(path) for name, path in files.items()},
        "next": run.next and command_line(run.next),
        "message": run.message,
        "notes": [*run.notes, *reading_notes(run.input)],
        "scheduled": run.input.scheduled or 0,  # of the rows: those that follow from earlier jobs
        **reading_of(run.input),
        **_statuses(run),
        "compared": asdict(run.compared) if run.compared else None,
    }


def _statuses(run: RunRecord) -> Summary:
    """Give the words nobody understood, and what words may mean."""
    return {
        "unmapped": [each._asdict() for each in run.input.unmapped],
        "unmapped_others": run.input.unmapped_others,
        "mapped": run.settings.statuses,
        "allowed": run.settings.allowed_statuses,
    }


def heading(run: RunRecord) -> Summary:
    """Give what identifies a run."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "order": run.order,  # of two runs, the one with the higher number began later
        "state": run.state,
        "exit_code": run.exit_code,
        "target": run.target,
        "input": {field: value for field, value in asdict(run.input).items() if field in INPUT_FIELDS},
    }


def _achieved(work: Work, requests: int) -> float | None:
    return round(requests / work.seconds, 2) if work.seconds else None
