"""`presence-worker report`."""

import click

from ..run import report_run
from .invoke import invocation_of
from .options import Options, common_options
from .show import show


@click.command("report")
@click.argument("run")
@common_options
def command(options: Options, run: str) -> int:
    """Write a run's report files again, from its journal.

    RUN is a run's id, a unique beginning of it, or `last`. The exit code is 0 when they were written.

    \b
    Example:
      presence-worker report last
    """
    show(report_run(run, invocation_of(options, offline=True)), options)
    return 0
