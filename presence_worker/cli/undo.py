"""`presence-worker undo`."""

from functools import partial

import click

from ..run.commands import undo_run
from .invoke import context_of, work
from .options import Options, common_options
from .show import show


@click.command("undo")
@click.argument("run")
@common_options
def command(options: Options, run: str) -> int:
    """Put back what a run has changed: status and comment.

    RUN is a run's id, a unique beginning of it, or `last`. Users who no longer have what the run had set
    are left alone. The undo is a run of its own, and can be undone as well.

    \b
    Examples:
      presence-worker undo last
      presence-worker undo 20261123T020000Z-7f3a
    """
    return show(work(partial(undo_run, run), context_of(options)), options)
