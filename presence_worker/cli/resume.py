"""`presence-worker resume`."""

from functools import partial

import click

from ..run.commands import resume_run
from .invoke import context_of, work
from .options import Options, common_options
from .show import show


@click.command("resume")
@click.argument("run", required=False)
@click.option("--any-age", is_flag=True, help="Also when the run is older than safety.max_resume_age.")
@click.option(
    "--if-corrected", is_flag=True, help="Send nothing while the refused credentials are unchanged."
)
@common_options
def command(options: Options, run: str | None, *, any_age: bool, if_corrected: bool) -> int:
    """Continue a stopped run: send what is not sent, failed or unknown.

    RUN is a run's id, a unique beginning of it, or `last`; without it, the newest run that can be
    continued. The job's file is not needed any more.

    \b
    Examples:
      presence-worker resume
      presence-worker resume 20261123T020000Z-7f3a --rate 5
    """
    resume = partial(resume_run, run, any_age=any_age, if_corrected=if_corrected)
    return show(work(resume, context_of(options)), options)
