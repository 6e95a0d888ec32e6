"""The commands that send: `presence-worker run`, and those that go on with what it has stored."""

from functools import partial

import click

from ..errors import OptionFault
from ..operator_files import newest_match
from ..report import Summary
from ..run.commands import apply_run, resume_run, run_job, undo_run
from ..run_context import RunContext
from ..run_states import Intent
from ..settings.value_types import parse_duration
from .async_work import Work, work
from .follow import watch
from .invocation import build_context, context_of, load
from .lazy import load_lazily
from .options import Options, job_argument, job_or_source, label_option, options_of
from .show import show
from .targets import context_of_run


def _seconds(_: click.Context, __: click.Parameter, text: str) -> float:
    try:
        return float(parse_duration(text))
    except ValueError as error:
        raise OptionFault(f"option --wait: {error}") from None


wait_option = click.option(
    "--wait",
    metavar="DURATION",
    default="0",
    callback=_seconds,
    help="Wait this long, such as 10m, while another run is at work on the same SuperOffice. Default: 0.",
)


def _carry_out(function: Work[Summary], context: RunContext, options: Options) -> int:
    try:
        return show(work(function, watch(context)), options)
    finally:
        if context.settings.metrics.textfile:
            load_lazily(".cli.metrics_textfile:write_textfile")(context, options)


@click.command("run")
@job_or_source
@click.option("--dry-run", is_flag=True, help="The same as `plan`: show what would change.")
@label_option
@wait_option
@options_of("run")
def run_command(options: Options, job: str | None, *, dry_run: bool, label: str | None, wait: float) -> int:
    """Send a job to SuperOffice: read, check, send, report.

    JOB is a CSV, Excel or JSON file, or - for standard input. Without JOB, it is the file of job.source.
    Each row names a user (by associate ID, login or e-mail address) and a status. The whole file is checked
    before anything is sent. Then the current statuses are read, and only changes are sent (see
    delivery.read_before).

    \b
    Examples:
      presence-worker run changes.csv
      presence-worker run changes.csv --sandbox
      presence-worker run - --format jsonl < changes.jsonl
    """
    intent = Intent.PLAN if dry_run else Intent.RUN
    loaded = load(options)
    job = job or find_job(loaded.settings.job.source)
    run = partial(run_job, job, intent=intent, label=label, wait=wait)
    return _carry_out(run, build_context(loaded), options)


def find_job(source: str | None) -> str:
    """Return the file that job.source means; one that is missing is refused like any other."""
    if not source:
        raise click.UsageError("Missing argument 'JOB'.", click.get_current_context())
    return newest_match(source) or source


@click.command("plan")
@job_argument
@label_option
@wait_option
@options_of("plan")
def plan_command(options: Options, job: str, *, label: str | None, wait: float) -> int:
    """Show what a file would change, user by user; nothing is sent.

    The current statuses are always read. The plan is stored, and `apply` sends exactly that plan. It does not
    overwrite a user who was changed after the plan. Exit code 0: the plan is ready. 5: a safety limit holds
    it.

    \b
    Examples:
      presence-worker plan changes.csv
      presence-worker plan changes.csv --sandbox --json
    """
    plan = partial(run_job, job, intent=Intent.PLAN, label=label, wait=wait)
    return _carry_out(plan, context_of(options), options)


@click.command("apply")
@click.argument("run")
@click.option("--any-age", is_flag=True, help="Also when the run is older than safety.max_resume_age.")
@options_of("apply")
def apply_command(options: Options, run: str, *, any_age: bool) -> int:
    """Send a planned or held run exactly as it was stored.

    RUN is the ID of a run, its beginning or last four characters, or `last`.

    \b
    Example:
      presence-worker apply 20261123T020000Z-7f3a
    """
    return _carry_out(partial(apply_run, run, any_age=any_age), context_of_run(options, run), options)


@click.command("resume")
@click.argument("run", required=False)
@click.option("--any-age", is_flag=True, help="Also when the run is older than safety.max_resume_age.")
@click.option(
    "--if-corrected", is_flag=True, help="Send nothing while the rejected credentials are unchanged."
)
@options_of("resume")
def resume_command(options: Options, run: str | None, *, any_age: bool, if_corrected: bool) -> int:
    """Continue a stopped run: send what is not sent, failed or unknown.

    RUN is the ID of a run, its beginning or last four characters, or `last`. Without RUN, it is the newest
    run that can be continued. The file of the job is not needed any more.

    \b
    Examples:
      presence-worker resume
      presence-worker resume 20261123T020000Z-7f3a --rate 5
    """
    resume = partial(resume_run, run, any_age=any_age, if_corrected=if_corrected)
    return _carry_out(resume, context_of_run(options, run), options)


@click.command("undo")
@click.argument("run")
@options_of("undo")
def undo_command(options: Options, run: str) -> int:
    """Put back what a run has changed: status and comment.

    RUN is the ID of a run, its beginning or last four characters, or `last`. A user who was changed after the
    run stays as it is. An undo is a run of its own. You can undo it too.

    \b
    Examples:
      presence-worker undo last
      presence-worker undo 20261123T020000Z-7f3a
    """
    return _carry_out(partial(undo_run, run), context_of_run(options, run), options)
