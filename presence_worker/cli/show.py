"""A summary as people read it: in a terminal of 80 columns, or in a mail from cron."""

import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from ..model import Result, State
from ..report.words import NOTHING_SENT, RESULTS, reason_words
from .options import Options
from .output import is_terminal, print_json, print_lines, remark

WIDTH = 80  # columns; a path or a command is never broken, so that it can be copied
WORST = 8  # reasons shown; the report has all
FAULTS = 50  # rows named; `--json` names more
CHANGES = 500  # people named; `--json` names more
UNREAD = (State.CHECKED, State.REFUSED)  # then the file itself is what is to be mended
MEND = "mend the file"


def show(summary: dict[str, Any], options: Options) -> int:
    """Print a summary as the options ask for; give its exit code."""
    in_words = not (options.as_json or options.quiet)
    if options.as_json:
        print_json(summary)
    elif in_words:
        print_lines(summary_lines(summary))
    both_on_screen = in_words and is_terminal(sys.stdout) and is_terminal(sys.stderr)
    if options.quiet and summary["exit_code"]:
        remark(f"presence-worker: {summary['message']}")
    if summary["next"] and not both_on_screen:
        remark(f"Next: {summary['next']}")
    return int(summary["exit_code"])


def summary_lines(summary: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a run's summary: how it went, why not, where to read more, what to do next."""
    if summary["run_id"]:
        yield f"Run {summary['run_id']}: {summary['state']}, exit code {summary['exit_code']}"
    yield from wrapped(str(summary["message"]))
    yield from _input(summary["input"])
    counts = {result: number for result, number in summary["counts"].items() if number}
    if counts:
        yield ""
    waits = summary["state"] in (State.CHECKED, State.PLANNED, State.HELD)
    for result, number in counts.items():
        words = "to be sent" if waits and result == Result.NOT_SENT else RESULTS[Result(result)]
        yield f"  {number:>7}  {result:<10} {words}"
    yield from _changes(summary)
    yield from _reasons(summary)
    yield from _faults(summary.get("faults", []))
    for note in summary.get("notes", []):
        yield from wrapped(f"Note: {note}", indent=6)
    yield from _ways_on(summary)


def _input(job: dict[str, Any]) -> Iterator[str]:
    """Say how the job was read: a guess that is wrong shall be seen."""
    if job["format"]:
        delimiter = "tab" if job["delimiter"] == "\t" else job["delimiter"]
        cut = f", delimiter {delimiter}" if delimiter else ""
        rows = "1 row" if job["rows"] == 1 else f"{job['rows']} rows"
        yield f"Input: {job['name']}: {rows}, {job['format']}, {job['encoding']}{cut}"


def wrapped(text: str, *, indent: int = 0) -> list[str]:
    """Break a text into lines of a terminal; those after the first are indented."""
    return textwrap.wrap(
        text,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _changes(summary: dict[str, Any]) -> Iterator[str]:
    """Show who would be changed, for somebody who has to sign it off."""
    changes = summary.get("changes", [])
    if changes:
        yield ""
        yield f"{'  To be changed':<26} {'now':<18} {'wanted':<18} comment"
    for change in changes[:CHANGES]:
        now = change["before_status"] or "(not read)"
        yield f"  {_who(change):<24} {now:<18} {change['status']:<18} {change['comment'] or ''}".rstrip()
    left_out = len(changes[CHANGES:]) + summary.get("changes_left_out", 0)
    if left_out:
        yield f"  and {left_out} more, which report.csv names"


def _who(change: dict[str, Any]) -> str:
    number = str(change["associate_id"])
    return f"{number} {change['identity']}" if change["identity"] else number


def _reasons(summary: dict[str, Any]) -> Iterator[str]:
    waits = summary["state"] in NOTHING_SENT  # then `not_sent` is nobody's fault
    reasons = [
        entry for entry in summary.get("reasons", []) if not (waits and entry["result"] == Result.NOT_SENT)
    ]
    if reasons:
        yield ""
        yield "Not done, and why"
    for entry in reasons[:WORST]:
        words = reason_words(entry["reason"], entry["result"])
        remedy = MEND if entry["result"] == Result.INVALID and summary["state"] in UNREAD else words.remedy
        yield from wrapped(f"  {entry['rows']:>7}  {words.what}: {remedy}", indent=11)
    if len(reasons) > WORST:
        yield f"           and {len(reasons) - WORST} more kinds, in the report"


def _faults(faults: list[dict[str, Any]]) -> Iterator[str]:
    if faults:
        yield ""
        yield "Rows that are wrong"
    for fault in faults[:FAULTS]:
        place = f"line {fault['line']}" if fault["line"] is not None else f"row {fault['row']}"
        yield from wrapped(f"  {place}: {fault['detail']}", indent=4)
    if len(faults) > FAULTS:
        yield f"  and {len(faults) - FAULTS} more, which --json names"


def _ways_on(summary: dict[str, Any]) -> Iterator[str]:
    yield ""
    if page := summary["files"].get("report.html"):
        yield f"Report: {page}"
    if summary["next"]:
        yield f"Next:   {summary['next']}"
