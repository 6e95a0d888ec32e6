"""`presence-worker check`."""

import click

from ..check.check_job import check_job
from .invocation import load
from .options import Options, job_argument, options_of
from .repeated_options import options_to_repeat
from .show import show


@click.command("check")
@job_argument
@click.option("--explain", is_flag=True, help="Show how the job is understood, and the settings for that.")
@options_of("check")
def command(options: Options, job: str, *, explain: bool) -> int:
    """Check a file; nothing is stored or sent.

    JOB is a file, or - for standard input. The answer names each kind of wrong row, and what to do. With
    --explain it shows how each column is read, and prints the [input] section that the file needs.

    \b
    Examples:
      presence-worker check changes.csv
      presence-worker check changes.csv --explain
    """
    loaded = load(options)
    again = (*options_to_repeat(loaded.options, loaded.settings), *options.of_the_input)
    with check_job(job, loaded.settings, again, explained=explain, withheld=options.withheld) as checked:
        return show(checked.summary, options, faults=checked.faults)
