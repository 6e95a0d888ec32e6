"""`presence-worker apply`."""

from functools import partial

import click

from ..run.commands import apply_run
from .invoke import context_of, work
from .options import Options, common_options
from .show import show


@click.command("apply")
@click.argument("run")
@click.option("--any-age", is_flag=True, help="Also when the run is older than safety.max_resume_age.")
@common_options
def command(options: Options, run: str, *, any_age: bool) -> int:
    """Deliver a planned or held run exactly as it was stored.

    RUN is a run's id, a unique beginning of it, or `last`.

    \b
    Example:
      presence-worker apply 20261123T020000Z-7f3a
    """
    return show(work(partial(apply_run, run, any_age=any_age), context_of(options)), options)
