"""What programs read of our types, and summaries to begin with."""

import json
from contextlib import closing
from dataclasses import replace
from typing import Any

from presence_worker.json_form import to_json
from presence_worker.next_step import NextStep
from presence_worker.report import Summary, summarise
from tests.journal.given import row, staged


def as_told(value: object) -> dict[str, Any]:
    """Give what a program reads that is given *value* as JSON."""
    told: dict[str, Any] = json.loads(json.dumps(to_json(value)))
    return told


def summary_of(
    name: str = "/in/changes.csv", started_at: str = "2026-11-24T05:00:00.000Z", **fields: Any
) -> Summary:
    """Give the summary of a finished run with one row, or what *fields* make of it."""
    with closing(staged("", [row(1)])) as journal:
        plain = summarise(journal)
    given = replace(
        plain,
        state="finished",
        exit_code=0,
        input=plain.input._replace(name=name),
        effort=plain.effort._replace(started_at=started_at, duration_s=41.0),
    )
    return replace(given, **fields)


def step(line: str) -> NextStep:
    """Give the command that a line without quotes stands for."""
    return NextStep(tuple(line.split()[1:]))
