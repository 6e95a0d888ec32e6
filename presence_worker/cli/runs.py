"""`presence-worker runs`."""

from collections.abc import Iterator

import click

from ..report import Summary
from ..run import list_runs
from .invoke import invocation_of
from .options import Options, common_options
from .output import print_json, print_lines


@click.command("runs")
@common_options
def command(options: Options) -> int:
    """List runs, newest first.

    \b
    Examples:
      presence-worker runs
      presence-worker runs --json
    """
    found = list_runs(invocation_of(options, offline=True))
    if options.as_json:
        print_json({"runs": found})
    else:
        print_lines(_lines(found))
    return 0


def _lines(found: list[Summary]) -> Iterator[str]:
    if not found:
        yield "No runs yet."
        return
    yield f"{'RUN':<22} {'STATE':<10} {'EXIT':>4} {'ROWS':>7} {'NOT DONE':>8}  NEXT"
    for run in found:
        rows = sum(run.get("counts", {}).values())
        not_done = rows - run.get("done", 0)
        code = "" if run.get("exit_code") is None else run["exit_code"]
        todo = (run.get("next") or "").split(" ")[1:2]
        yield f"{run['run_id']:<22} {run['state']:<10} {code:>4} {rows:>7} {not_done:>8}  {' '.join(todo)}"
