"""A command that came to nothing, as one JSON object: a summary in which nothing more is known."""

from dataclasses import replace

from ..report.summary import Summary
from .output import CommandFailure, print_json, print_long_json

LISTS = {"check": "faults", "doctor": "checks"}  # by command: its own list in the object


def print_failure_object(command: str, failure: CommandFailure) -> None:
    """Print the object with all keys that the command has when it succeeds."""
    summary = Summary(**failure._asdict())
    if command == "check":  # it plans nothing
        summary = replace(summary, planned=None, coming=None)
    if name := LISTS.get(command):
        print_long_json(summary, name, ())
    else:
        print_json(summary)
