"""`presence-worker run`."""

from functools import partial

import click

from ..run import run_job
from .invoke import invocation_of, work
from .options import Options, common_options
from .show import show


@click.command("run")
@click.argument("job")
@common_options
def command(options: Options, job: str) -> int:
    """Deliver a job: read, validate, guard, send, report.

    JOB is a file of associateId and status rows (CSV or JSON), or - for standard input. Everything is
    read and judged before anything is sent.

    \b
    Examples:
      presence-worker run changes.csv
      presence-worker run changes.csv --sandbox
      presence-worker run - --format jsonl < changes.jsonl
    """
    return show(work(partial(run_job, job), invocation_of(options)), options)
