"""How far a run is, in words, on the page and for whoever listens to events."""

import pytest

from presence_worker.model import Result
from presence_worker.serve.live_run import LiveRun
from presence_worker.serve.live_words import progress_words


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "Prepares the next step."),
        (
            {"activity": "reading", "done": 3, "total": 1200},
            "Reads the current statuses: 3 of 1 200 rows.",
        ),
        (
            {"activity": "sending", "done": 120, "total": 415, "requests_per_second": 9.8},
            "Sends the changes: 120 of 415 rows. 9.8 requests/s, about 30 s left.",
        ),
        (
            {"activity": "sending", "done": 415, "total": 415, "requests_per_second": 9.8},
            "Sends the changes: 415 of 415 rows. 9.8 requests/s.",
        ),
        (
            {
                "activity": "sending",
                "done": 2,
                "total": 9,
                "waiting_until": "2026-11-23T02:00:00+00:00",
                "waiting_for": "SuperOffice asked to slow down",
            },
            "Sends the changes: 2 of 9 rows. Nothing is sent until 03:00:00: SuperOffice asked to slow down.",
        ),
        (
            {"activity": "sending", "done": 2, "total": 9, "results": {Result.UPDATED: 1, Result.FAILED: 1}},
            "Sends the changes: 2 of 9 rows. 1 updated, 1 failed.",
        ),
        ({"results": {Result.UPDATED: 9}}, "Writes the report. 9 updated."),
        ({"is_stopping": True}, "It stops: requests in progress are finished. Prepares the next step."),
    ],
)
def test_says_what_a_run_does(known: dict[str, object], words: str) -> None:
    """The step, how far it is, how fast, how long it takes, and what it waits for."""
    run = LiveRun(**{"run_id": "r", "job_id": "j", "target": "oslo", "command": "run", **known})  # type: ignore[arg-type]

    assert progress_words(run, "Europe/Oslo") == words
