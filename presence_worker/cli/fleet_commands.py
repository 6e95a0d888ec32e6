"""`presence-worker fleet`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from ..errors import UsageFault
from ..fleet.status import FleetStatus, WorkerLine
from ..loading import is_installed
from ..report.run_list import short_duration
from ..settings.fleet import Fleet
from ..wording import amount, figure
from .invocation import load_common, set_up
from .lazy import load_lazily
from .options import Options, options_of
from .output import print_json, print_lines, wrap

ENGINE = "procrastinate"  # comes with the extra
INSTALL = "pip install 'presence-worker[fleet]'"
NOT_SET = "fleet.database: not set. This machine works alone"
NO_KEY = "fleet.encryption_key_file: not set. It names the file with the key that encrypts"
WORKERS = ("WORKER", "KIND", "RUNS", "SEEN", "VERSION")
LEASES = ("TARGET", "STATE", "LEFT", "RUN")
LONGEST = 40  # characters of a name
JOBS = ("TARGET", "WAITING", "WORKING", "OLDEST")
LATER = (
    "{steps} of the tables wait until workers of the former version have ended. Then run "
    "`presence-worker fleet init` again."
)


class Initialised(NamedTuple):
    """What `fleet init --json` prints."""

    before: int  # version of the tables; 0: there were none
    version: int
    waiting: Sequence[str]  # steps that workers of the former version would not bear


class Encrypted(NamedTuple):
    """What `fleet encrypt --json` prints."""

    encrypted: int  # payloads that had another key, or none


@click.group("fleet")
@options_of("fleet")
def command(options: Options) -> int:
    """Several machines that share the work through one database.

    fleet.database names it. `fleet init` makes its tables, `fleet status` shows who works on what.

    \b
    Examples:
      presence-worker fleet init
      presence-worker fleet status
    """
    del options  # they are for the commands below
    return 0


@command.command("init")
@options_of("fleet")
def init(options: Options) -> int:
    """Make the tables of the database, or bring them up to date.

    It can be run at any time, on any machine, and more than once. Workers of the former version finish
    what they hold. It needs a role that may make tables.

    \b
    Examples:
      presence-worker fleet init
      presence-worker fleet init --config /etc/presence-worker/owner.toml
    """
    made = load_lazily(".fleet.upkeep:bring_up_to_date")(_fleet(options))
    if options.as_json:
        print_json(Initialised(made.before, made.now, made.waiting))
    elif not options.quiet:
        print_lines(_words(made.before, made.now, made.waiting))
    return 0


@command.command("status")
@options_of("fleet")
def status(options: Options) -> int:
    """List the workers, the targets at work, and the jobs that wait.

    SEEN: how long ago the database heard of a worker. LEFT: until another worker may take the target.
    OLDEST: for how long the oldest job waits.

    \b
    Examples:
      presence-worker fleet status
      presence-worker fleet status --json
    """
    found: FleetStatus = load_lazily(".fleet.upkeep:status_of")(_fleet(options))
    if options.as_json:
        print_json(found)
    elif not options.quiet:
        print_lines(_tables(found))
    return 0


@command.command("encrypt")
@options_of("fleet")
def encrypt(options: Options) -> int:
    """Encrypt what the database has with the first key of fleet.encryption_key_file.

    It is for a first key, and for a new one. Workers can go on during it. To change a key:

    \b
    1. On all machines, add the new key as the last line of the file.
    2. On all machines, make it the first line. Restart the workers, or send them SIGHUP.
    3. Run this command on one machine.
    4. On all machines, remove the old key.

    \b
    Example:
      presence-worker fleet encrypt
    """
    fleet = _fleet(options)
    if not fleet.encryption_key_file:
        raise UsageFault(NO_KEY)
    changed: int = load_lazily(".fleet.upkeep:encrypt_all")(fleet)
    if options.as_json:
        print_json(Encrypted(changed))
    elif not options.quiet:
        print_lines([f"Encrypted with the first key: {figure(changed)}"])
    return 0


def _fleet(options: Options) -> Fleet:
    """Return how the database is reached; raise UsageFault where it cannot be."""
    set_up(options)
    fleet = load_common(options).settings.fleet
    if not fleet.is_used:
        raise UsageFault(NOT_SET)
    if not is_installed(ENGINE):
        raise UsageFault(f"fleet.database: it needs more packages. Install them: {INSTALL}")
    return fleet


def _words(before: int, now: int, waiting: Sequence[str]) -> Iterator[str]:
    if before == now:
        yield f"The tables are up to date (version {now})."
    else:
        yield f"The tables are made (version {now})." if not before else f"The tables have version {now} now."
    if waiting:
        yield from wrap(LATER.format(steps=amount(len(waiting), "change")))


def _tables(found: FleetStatus) -> Iterator[str]:
    """Yield three tables: who is there, what is at work, and what waits."""
    workers = [
        (_short(each.worker), each.kind, f"{each.holds}/{each.places}", _last_sign(each), each.version)
        for each in found.workers
    ]
    yield from _table(WORKERS, workers, "No workers.")
    yield ""
    leases = [
        (_short(each.target), each.state, short_duration(max(0.0, each.seconds_left)), each.run_id or "")
        for each in found.leases
    ]
    yield from _table(LEASES, leases, "No target is at work.")
    yield ""
    jobs = [
        (_short(each.target), str(each.waiting), str(each.working), _age(each.oldest_seconds))
        for each in found.jobs
    ]
    yield from _table(JOBS, jobs, "No jobs wait or work.")


def _short(name: str) -> str:
    """Return a name without its middle where it is long: ends differ, beginnings may be the same."""
    half = LONGEST // 2 - 1
    return name if len(name) <= LONGEST else f"{name[:half]}..{name[-half:]}"


def _last_sign(worker: WorkerLine) -> str:
    seen = short_duration(worker.seen_seconds_ago)
    return seen if worker.is_there else f"{seen} (gone)"


def _age(seconds: float | None) -> str:
    return "" if seconds is None else short_duration(seconds)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], nothing: str) -> Iterator[str]:
    if not rows:
        yield nothing
        return
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        yield " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
