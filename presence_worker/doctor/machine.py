"""Checks of the settings and of this machine, without any connection."""

import os
import shutil
import stat
import tempfile
import tomllib
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from ..errors import DatabaseAway, PresenceWorkerError, UsageFault
from ..journal import Journal, NoLocks, is_trusted
from ..loading import is_installed
from ..runs.lookup import last_finished
from ..settings import NOWHERE, SECRETS, Auth, Delivery
from ..settings.value_types import CRON, INSTALL_CRON, is_loopback
from ..wording import figure, series
from .hosted_service import secret_files_of as files_of_service
from .probe import CheckBlockedError, CheckResult, ExpectedJob, Probe, fault, ok, skipped, warning
from .receivers import has_secrets, secret_files_of
from .shared_database import has_password

MEGABYTE = 1_000_000
ROW_BYTES = 3 * 1024  # of journal and reports together, generously
LEAST_FREE = 10 * MEGABYTE
COMFORTABLE = 100 * MEGABYTE
OTHERS = stat.S_IROTH | stat.S_IWOTH
ANOTHER_PLACE = (
    "set another one with --state-dir (storage.state_dir), or make presence-worker's account its owner"
)


async def configuration(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check which configuration file is used, and what is wrong with the settings."""
    for problem in probe.problems:
        yield fault(problem, "correct it, then run doctor again")
    if not probe.problems:
        yield ok(
            series([str(file.absolute()) for file in probe.config], "and")
            if probe.config
            else "no configuration file; options, environment variables and defaults apply"
        )
    if probe.settings.job.at and not is_installed(CRON):
        yield warning("job.at is set, but `serve` needs one more package for it", INSTALL_CRON)
    plain = [place.url for place in probe.places() if place.url.scheme == "http" and not place.is_proxy]
    for host in [str(url.host) for url in plain if not is_loopback(str(url.host))]:
        yield warning(
            f"credentials go to {host} over http: others on the network can read them",
            "use an https address, and remove target.allow_http",
        )


async def secret_files(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check which files with secrets other users of this machine can read."""
    auth = probe.settings.auth
    files = [getattr(auth, f"{name}_file") for name in SECRETS]
    notify = probe.settings.notify
    fleet = probe.settings.fleet
    is_secret = has_secrets(notify) or has_password(fleet)
    files += [file for file in probe.config[:1] if is_secret or _has_secrets(file)]
    files += [auth.private_key_file, fleet.database_password_file, fleet.encryption_key_file]
    files = [*files, *secret_files_of(notify), *files_of_service(probe.settings.serve)]
    files = [file for file in files if file]
    exposed = [file for file in files if _is_exposed(file)]
    for file in exposed:
        yield warning(f"{file}: every user of this machine can read or write it", f"chmod o-rw {file}")
    if words := _why_not_kept(auth):
        yield warning(words, "let the account that runs presence-worker write in that folder")
    elif files and not exposed:
        yield ok("only their owner and group can read them")


def _has_secrets(config: Path) -> bool:
    try:
        auth = tomllib.loads(config.read_text("utf-8-sig")).get("auth")
    except (OSError, ValueError):
        return False
    return isinstance(auth, dict) and not auth.keys().isdisjoint(SECRETS)


def _is_exposed(file: Path) -> bool:
    try:
        return os.name == "posix" and bool(file.stat().st_mode & OTHERS)
    except OSError:  # the check of the configuration reports it
        return False


def _why_not_kept(auth: Auth) -> str | None:
    file = auth.refresh_token_file
    if auth.scheme != "oauth" or file is None or os.access(file.resolve().parent, os.W_OK | os.X_OK):
        return None
    words = "its folder is read-only. If SuperOffice replaces the refresh token, the new one is lost"
    return f"{file}: {words}"


async def state_directory(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether runs can be kept; create nothing."""
    if probe.settings.storage.state_dir == NOWHERE:
        raise CheckBlockedError("configuration")
    archive = probe.context.archive
    if words := _unusable(probe):
        yield fault(f"{archive.state_dir}: {words}", ANOTHER_PLACE)
    elif archive.state_dir.exists():
        yield ok(str(archive.state_dir))
    else:
        yield ok(f"{archive.state_dir}: does not exist yet, and can be created")


def _unusable(probe: Probe) -> str | None:
    """Return why nothing can be written where runs are kept, or None."""
    try:
        existing = _innermost_existing(probe)
        str(probe.context.archive.runs).encode()
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    except OSError as error:
        return error.strerror or type(error).__name__
    archive = probe.context.archive
    is_state = existing in (archive.state_dir, archive.runs)
    owners = {archive.state_dir.stat().st_uid, existing.stat().st_uid} if is_state else ()
    return None if all(map(is_trusted, owners)) else "it belongs to another user"


def _innermost_existing(probe: Probe) -> Path:
    """Return the innermost part of the state directory that exists."""
    runs = probe.context.archive.runs
    return next(path for path in (runs, *runs.parents) if path.exists())


async def disk_room(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the disk has room for a run as long as the last one."""
    probe.expected = _last_job(probe) if probe.has_tables() else None
    free = shutil.disk_usage(_innermost_existing(probe)).free
    yield judge_room(free, probe.expected.rows if probe.expected else 0)


def judge_room(free: int, rows: int) -> CheckResult:
    """Judge whether *free* bytes are enough for a run of so many rows."""
    need = max(LEAST_FREE, rows * ROW_BYTES)
    words = f"{figure(free // MEGABYTE)} MB are free"
    remedy = "free some disk space, or delete old runs with `presence-worker prune`"
    if free < need:
        return fault(f"{words}; the next run may need {figure(need // MEGABYTE)} MB", remedy)
    return warning(words, remedy) if free < max(COMFORTABLE, 2 * need) else ok(words)


def _last_job(probe: Probe) -> ExpectedJob | None:
    try:
        last = last_finished(probe.context.archive.index.runs(probe.context.target), probe.context)
        return last and _read_job(probe.context.archive.open_journal(last.run_id), probe.settings.delivery)
    except (PresenceWorkerError, OSError):
        return None


def _read_job(opened: Journal, delivery: Delivery) -> ExpectedJob:
    """Return what to expect of the next job, by the last one; its repeated tries do not count."""
    with closing(opened) as journal:
        run, sent = journal.run(), journal.sessions.figures_of_sending()
        puts, repeats = journal.results.puts()
        requests = puts - repeats + journal.sessions.work().gets
    rows, settings = run.input.rows, run.settings
    is_alike = (settings.read_before, settings.verify) == (delivery.read_before, delivery.verify)
    return ExpectedJob(
        rows,
        f"the {figure(rows)} rows of the last job",
        latency=(sent and sent.latency) or None,
        requests=requests if is_alike else None,
    )


async def lock(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether another run uses the same SuperOffice."""
    if not probe.context.target:
        raise CheckBlockedError("configuration")
    try:
        busy = probe.context.archive.is_at_work(probe.context.target)
    except NoLocks as error:
        yield fault(str(error), "set a directory on a local disk")
        return
    except UsageFault as error:
        yield fault(str(error), "make presence-worker's account the owner of that file, or delete it")
        return
    except DatabaseAway as error:
        yield skipped(str(error))
        return
    if busy:
        yield warning("another run uses this SuperOffice now", "wait until it ends")
    elif probe.is_sandbox:
        yield skipped("no other run can use this sandbox")
    else:
        yield ok("no other run uses this SuperOffice")
