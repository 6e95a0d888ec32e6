"""`presence-worker schedule`."""

from collections.abc import Iterator, Sequence

import click

from ..errors import UsageFault
from ..run_context import RunContext
from ..run_states import Kind
from ..schedule.list_and_cancel import ScheduledStep, cancel_schedule, list_schedule
from ..superoffice import target_name
from .invocation import context_of
from .options import Options, options_of
from .output import label_of, print_json, print_lines

WORDS = {Kind.START: "{status}", Kind.RETURN: "present again"}


@click.group("schedule", invoke_without_command=True)
@options_of("schedule")
def command(options: Options) -> int:
    """List planned absences of earlier jobs: first days, and returns.

    The next `run` for the same SuperOffice on that day, or after it, sends them. A newer row about a
    person replaces all planned absences of that person.

    \b
    Examples:
      presence-worker schedule
      presence-worker schedule cancel 20261201T060000Z-7f3a.17
    """
    if click.get_current_context().invoked_subcommand:
        return 0
    found = list_schedule(_context(options))
    if options.as_json:
        print_json({"schedule": found})
    elif not options.quiet:
        print_lines(_lines(found))
    return 0


@command.command("cancel")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@options_of("schedule")
def cancel(options: Options, ids: tuple[str, ...]) -> int:
    """Cancel planned absences; ID is what `schedule` calls them.

    What was sent already stays: a user who is not available then does not return automatically.

    \b
    Example:
      presence-worker schedule cancel 20261201T060000Z-7f3a.17
    """
    found = cancel_schedule(ids, _context(options))
    if options.as_json:
        print_json({"cancelled": found})
    elif not options.quiet:
        print_lines(f"Cancelled: {entry.id} (user {label_of(entry)})" for entry in found)
    return 0


def _context(options: Options) -> RunContext:
    """Return the surroundings: no request is sent, but each SuperOffice has its own schedule."""
    context = context_of(options, offline=True)
    target = context.settings.target
    if not (context.target or target.base_url or target.tenant):
        raise UsageFault("no SuperOffice is named: set target.base_url, or use --base-url")
    if not context.target:
        target_name(target, context.settings.auth.login_url)  # says what is wrong with it
    return context


def _lines(found: Sequence[ScheduledStep]) -> Iterator[str]:
    if not found:
        yield "No planned absences."
        return
    yield f"{'ON':<10}  {'WHO':<24} {'WHAT':<18} ID"
    for step in found:
        leave, what = step.leave, WORDS[step.next].format(status=step.leave.status)
        yield f"{step.on.isoformat():<10}  {label_of(leave):<24} {what:<18} {leave.id}"
