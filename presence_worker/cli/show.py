"""A summary as people read it: in a terminal of 80 columns, or in a mail from cron."""

import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from ..model import Result
from ..report.words import RESULTS, reason_words
from .options import Options
from .output import print_json, print_lines, say

WIDTH = 80
WORST = 8  # reasons shown; the report has all


def show(summary: dict[str, Any], options: Options) -> int:
    """Print a summary as the options ask for; give its exit code."""
    if options.as_json:
        print_json(summary)
    elif not options.quiet:
        print_lines(summary_lines(summary))
    if summary["next"] and (options.as_json or options.quiet or not sys.stderr.isatty()):
        say(f"Next: {summary['next']}", sys.stderr)
    return int(summary["exit_code"])


def summary_lines(summary: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a run's summary: how it went, why not, where to read more, what to do next."""
    if summary["run_id"]:
        yield f"Run {summary['run_id']}: {summary['state']}, exit code {summary['exit_code']}"
    yield from textwrap.wrap(str(summary["message"]), WIDTH)
    counts = {result: number for result, number in summary["counts"].items() if number}
    if counts:
        yield ""
    for result, number in counts.items():
        yield f"  {number:>7}  {result:<10} {RESULTS[Result(result)]}"
    yield from _reasons(summary.get("reasons", []))
    for note in summary.get("notes", []):
        yield from textwrap.wrap(note, WIDTH, initial_indent="Note: ", subsequent_indent="      ")
    yield from _ways_on(summary)


def _reasons(reasons: list[dict[str, Any]]) -> Iterator[str]:
    if reasons:
        yield ""
        yield "Not done, and why"
    for entry in reasons[:WORST]:
        words = reason_words(entry["reason"], entry["result"])
        head = f"  {entry['rows']:>7}  {words.what}: "
        yield from textwrap.wrap(head + words.remedy, WIDTH, subsequent_indent=" " * 11)
    if len(reasons) > WORST:
        yield f"           and {len(reasons) - WORST} more kinds, in the report"


def _ways_on(summary: dict[str, Any]) -> Iterator[str]:
    yield ""
    if page := summary["files"].get("report.html"):
        yield f"Report: {page}"
    if summary["next"]:
        yield f"Next:   {summary['next']}"
