"""`presence-worker plan`."""

from functools import partial

import click

from ..model import Intent
from ..run.commands import run_job
from .invoke import context_of, work
from .options import Options, common_options, job_argument
from .show import show


@click.command("plan")
@job_argument
@common_options
def command(options: Options, job: str) -> int:
    """Show what a job would change, person by person; nothing is sent.

    The present values are read, also where delivery.read_before is off. The plan is kept: `apply` sends
    exactly it, but to nobody whose value has changed meanwhile. The exit code is 0, however much there is
    to change, and 5 where a safety limit holds it.

    \b
    Examples:
      presence-worker plan changes.csv
      presence-worker plan changes.csv --sandbox --json
    """
    return show(work(partial(run_job, job, intent=Intent.PLAN), context_of(options)), options)
