"""`presence-worker run`."""

from functools import partial

import click

from ..model import Intent
from ..run.commands import run_job
from .invoke import context_of, work
from .options import Options, common_options, job_argument
from .show import show


@click.command("run")
@job_argument
@click.option("--dry-run", is_flag=True, help="The same as `plan`: show what would change.")
@common_options
def command(options: Options, job: str, *, dry_run: bool) -> int:
    """Deliver a job: read, validate, guard, send, report.

    JOB is a file of rows that name people (by associateId, login or e-mail) and their status (CSV, Excel
    or JSON), or - for standard input. Everything is read and judged before anything is sent, and by
    delivery.read_before what SuperOffice holds as well.

    \b
    Examples:
      presence-worker run changes.csv
      presence-worker run changes.csv --sandbox
      presence-worker run - --format jsonl < changes.jsonl
    """
    intent = Intent.PLAN if dry_run else Intent.RUN
    return show(work(partial(run_job, job, intent=intent), context_of(options)), options)
