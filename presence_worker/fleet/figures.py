"""Figures of all machines together, for a monitoring system."""

from collections.abc import Iterator

from ..report.metrics_text import plain_lines
from .status import FleetStatus


def fleet_figures(status: FleetStatus) -> str:
    """Return the figures in the text format of Prometheus; no name is in them."""
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: FleetStatus) -> Iterator[str]:
    there = [each for each in status.workers if each.is_there]
    states = [each.state for each in status.leases]
    waits = [each.oldest_seconds or 0.0 for each in status.jobs]
    figures: dict[str, tuple[str, float]] = {
        "workers": ("Processes that the database has heard of within their lease.", len(there)),
        "workers_gone": ("Processes that died or are cut off.", len(status.workers) - len(there)),
        "places": ("Runs that the processes can have side by side.", sum(each.places for each in there)),
        "targets_at_work": ("Targets that a process works on.", states.count("at work")),
        "targets_abandoned": ("Targets of a dead process, not taken over.", states.count("expired")),
        "jobs_waiting": ("Jobs that wait, of all targets.", sum(each.waiting for each in status.jobs)),
        "oldest_job_waiting_seconds": ("How long the oldest job waits; 0: none waits.", max([0.0, *waits])),
    }
    for name, (words, value) in figures.items():
        yield from plain_lines(f"presence_worker_fleet_{name}", words, value)
