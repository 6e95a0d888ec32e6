"""`presence-worker queue`."""

import getpass
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, NamedTuple

import click

from ..errors import ExitCode, OptionFault, RunFault, UsageFault
from ..intake.source import STDIN, open_bytes
from ..journal import is_held
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..notify.notifier import name_target
from ..queue.job_queue import OPEN, NewJob, NotWaiting, QueuedJob, places_of
from ..run_context import RunContext
from ..run_states import JobCommand, JobWay
from ..runs.listing import keep_ended
from ..superoffice import target_name
from ..wording import amount
from .invocation import context_of
from .lazy import load_lazily
from .options import Options, job_or_source, label_option, options_of
from .output import print_json, print_lines, remark, wrap
from .targets import contexts_of

AT_ONCE = 1 << 20  # bytes
HEADER = ("JOB", "STATE", "PLACE", "COMMAND", "TARGET")
NOT_READ = "Job {job} cannot be read. It is damaged, or a newer version has written it. It is in {place}."
IN_DATABASE = "the database of fleet.database"
IMPORT_HELP = "Copy the runs of this state directory into fleet.database; the directory stays as it is."
NO_SERVICE = (
    "No service works on {place} now. Jobs wait until `presence-worker serve` runs. "
    "Those that were at work go on then."
)
NO_WORKER = (
    f"No service and no worker uses {IN_DATABASE} now. Jobs wait until `presence-worker serve` or "
    "`presence-worker worker` runs. Those that were at work go on then."
)


class JobLine(NamedTuple):
    """A job as the list has it."""

    job: str
    target: str
    command: str
    state: str
    position: int | None  # among the jobs of its target that wait; 1 is next
    by: str | None
    way: str
    label: str | None
    file_name: str | None
    submitted_at: str
    run_id: str | None


@click.group("queue", invoke_without_command=True)
@options_of("queue")
def command(options: Options) -> int:
    """List the jobs of the service that wait or work, the next one first.

    PLACE: place in the queue of its target. What is over is listed by `runs`. It also works while no service
    runs.

    \b
    Examples:
      presence-worker queue
      presence-worker queue add changes.csv
      presence-worker queue cancel 000042-9f3c2a1b
    """
    if click.get_current_context().invoked_subcommand:
        return 0
    context = contexts_of(options).common
    queue = context.queue
    jobs = queue.jobs()
    place = IN_DATABASE if context.fleet else context.archive.state_dir / "queue" / "jobs"
    for unreadable in queue.unreadable():
        for line in wrap(NOT_READ.format(job=unreadable, place=place)):
            remark(line)
    _show([job for job in jobs if job.state in OPEN], jobs, context, options)
    return 0


@command.command("add")
@job_or_source
@label_option
@click.option("--import", "state", metavar="STATE", type=click.Path(path_type=Path), help=IMPORT_HELP)
@options_of("queue")
def add(options: Options, *, job: str | None, label: str | None, state: Path | None) -> int:
    """Hand a file to the service.

    JOB is a file, or - for standard input. It waits until the jobs before it are done. The service reads a
    copy of it. --import takes no JOB.

    \b
    Examples:
      presence-worker queue add changes.csv
      presence-worker queue add changes.csv --label "By hand" --target emea
      presence-worker queue add --import /var/lib/presence-worker
    """
    if (job is None) == (state is None):
        raise OptionFault("name either JOB, or the directory of --import")
    return _import(state, options) if state else _add(str(job), label, options)


def _add(job: str, label: str | None, options: Options) -> int:
    context = _context_of_target(options)
    queue = context.queue
    with queue.receive() as folder, open_bytes(job, context.settings.auth) as source:
        content = folder / "content"
        new = replace(_new_job(job, context), label=label, sha256=_copy(source, content))
        queued, _ = queue.put(new, content)
    _show([queued], queue.jobs(), context, options)
    return 0


def _import(state: Path, options: Options) -> int:
    """Copy the runs of a state directory into the database."""
    context = contexts_of(options).common
    if context.fleet is None:
        raise OptionFault("option --import: fleet.database is not set")
    if not (state / "runs").is_dir():
        raise OptionFault(f"option --import: {state} is not a state directory: it has no folder `runs`")
    context.archive.prepare()
    member = load_lazily(".fleet.member:member_of")(context.fleet.settings)
    take_in = load_lazily(".fleet.taking_in:take_in")
    found = take_in(state.absolute(), context.archive.runs, member, keep_ended)
    if options.as_json:
        print_json({"imported": found.taken, "known": found.known, "left": found.left})
    elif not options.quiet:
        known = f" {amount(len(found.known), 'run')} were there already." if found.known else ""
        print_lines([f"{amount(len(found.taken), 'run')} imported.{known}"])
        for run_id, why in found.left.items():
            print_lines(wrap(f"Not imported: {run_id}: {why}", indent=2))
    return int(ExitCode.STOPPED) if found.left else 0


@command.command("cancel")
@click.argument("name", metavar="JOB")
@options_of("queue")
def cancel(options: Options, *, name: str) -> int:
    """Cancel a job that waits.

    JOB is its id, or the beginning or the end of it. A job at work is not cancelled: stop its run
    on the page of the service.

    \b
    Example:
      presence-worker queue cancel 000042-9f3c2a1b
    """
    context = contexts_of(options).common
    queue = context.queue
    try:
        cancelled = queue.cancel(_find(name, queue.jobs(), context).id)
    except NotWaiting as fault:
        words = f"{fault}: only a job that waits can be cancelled"
        raise UsageFault(words, next=context.command("queue"), page=ManualPage.SERVICE) from None
    if options.as_json:
        print_json({"jobs": [_line(cancelled, {})]})
    elif not options.quiet:
        print_lines([f"Cancelled: {cancelled.id}"])
    return 0


def _find(name: str, jobs: Sequence[QueuedJob], context: RunContext) -> QueuedJob:
    found = [job for job in jobs if job.id == name]
    found = found or [job for job in jobs if name and (job.id.startswith(name) or job.id.endswith(name))]
    if len(found) == 1:
        return found[0]
    words = f"{len(found)} jobs have such an id; write more of it" if found else "no job has this id"
    raise RunFault(f"{name}: {words}", next=context.command("queue"), page=ManualPage.SERVICE)


def _context_of_target(options: Options) -> RunContext:
    try:
        return context_of(options, offline=True)
    except UsageFault as fault:
        if fault.page is ManualPage.MANY_TENANTS:  # no target is named, or one that does not exist
            raise UsageFault(
                str(fault), next=NextStep(("queue", "add", "--help")), page=ManualPage.SERVICE
            ) from None
        raise


def _new_job(job: str, context: RunContext) -> NewJob:
    if not context.target:
        target_name(context.settings.target, context.settings.auth.login_url)  # says what is wrong
    return NewJob(
        target=name_target(context),
        command=JobCommand.RUN,
        way=JobWay.COMMAND,
        by=_user(),
        file_name=None if job == STDIN else Path(job).name,
    )


def _user() -> str | None:
    """Return who calls the command; None where the system does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def _copy(source: IO[bytes], content: Path) -> str:
    """Copy a file, with the time of its last change; return its digest."""
    digest = hashlib.sha256()
    with content.open("wb") as file:
        while piece := source.read(AT_ONCE):
            digest.update(piece)
            file.write(piece)
    changed = os.fstat(source.fileno()).st_mtime
    os.utime(content, (changed, changed))
    return digest.hexdigest()


def _show(
    shown: Sequence[QueuedJob], jobs: Sequence[QueuedJob], context: RunContext, options: Options
) -> None:
    places = places_of(jobs)
    lines = [_line(job, places) for job in shown]
    if options.as_json:
        print_json({"jobs": lines})
    elif not options.quiet:
        print_lines(_table(lines))
        if shown and (words := _miss_service(context)):
            for line in wrap(words):
                remark(line)


def _miss_service(context: RunContext) -> str | None:
    """Return what to say where no service or worker takes the jobs; else None."""
    if context.fleet:
        return None if context.fleet.has_workers() else NO_WORKER
    is_served = is_held(context.archive.state_dir / "serve.lock")
    return None if is_served else NO_SERVICE.format(place=context.archive.state_dir)


def _line(job: QueuedJob, places: dict[str, int]) -> JobLine:
    new = job.new
    return JobLine(
        job=job.id,
        target=new.target,
        command=new.command,
        state=job.state,
        position=places.get(job.id),
        by=new.by,
        way=new.way,
        label=new.label,
        file_name=new.file_name,
        submitted_at=job.submitted_at,
        run_id=job.run_id,
    )


def _table(lines: Sequence[JobLine]) -> Iterator[str]:
    """Yield the lines of a table, and below each job what its file, label and run are called."""
    if not lines:
        yield "No jobs wait or work."
        return
    rows = [
        HEADER,
        *((line.job, line.state, str(line.position or ""), line.command, line.target) for line in lines),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, line in zip(rows, [None, *lines], strict=True):
        yield " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for word, value in (
            (("file", line.file_name), ("label", line.label), ("run", line.run_id)) if line else ()
        ):
            yield from wrap(f"  {word}: {value}", indent=4) if value else ()
