"""Checks of what `presence-worker serve` needs of this machine."""

import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from ..errors import PresenceWorkerError, StateFault
from ..journal import service_lock
from ..queue.job_queue import JobState
from ..settings.serve import Serve
from ..wording import amount
from .probe import CheckResult, Probe, fault, ok, warning

NO_PAIR = "cannot be used with its key"
LET_US = "let presence-worker's account read and write there"


def is_served(probe: Probe) -> bool:
    """Return whether the service has something to do with these settings."""
    serve = probe.settings.serve
    ways = (serve.tokens, serve.webhook_secret, serve.webhook_secret_file, serve.inbox, probe.settings.job.at)
    return not probe.is_sandbox and any(ways)


def has_inboxes(probe: Probe) -> bool:
    """Return whether jobs are taken from folders."""
    return not probe.is_sandbox and bool(probe.settings.serve.inbox)


def secret_files_of(serve: Serve) -> list[Path]:
    """Return the files with secrets of the service."""
    return [file for file in (serve.tls_key_file, serve.webhook_secret_file) if file]


async def port(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the service can listen, or does already."""
    serve = probe.settings.serve
    if words := _fault_of_certificate(serve):
        yield warning(words, "correct serve.tls_cert_file and serve.tls_key_file")
    place = f"{serve.listen.host}:{serve.listen.port}"
    if _is_at_work(probe.context.archive.state_dir):
        yield ok("the service is at work")
    elif words := _why_not_free(serve):
        yield fault(f"{place}: {words}", "end the other program, or change serve.listen")
    else:
        yield ok(f"{place} is free")


def _fault_of_certificate(serve: Serve) -> str | None:
    if not (serve.tls_cert_file and serve.tls_key_file):
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(serve.tls_cert_file, serve.tls_key_file, "")
    except OSError as error:  # also ssl.SSLError
        return f"{serve.tls_cert_file}: {error.strerror or NO_PAIR}"
    except ValueError:
        return f"{serve.tls_cert_file}: {NO_PAIR}"
    return None


def _is_at_work(state_dir: Path) -> bool:
    if not (state_dir / "serve.lock").exists():  # nothing is created to find out
        return False
    try:
        with service_lock(state_dir):
            return False
    except StateFault:
        return True


def _why_not_free(serve: Serve) -> str | None:
    host, number = serve.listen
    try:
        family, kind, *_, address = socket.getaddrinfo(host or None, number, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind)) as trial:
            if os.name == "posix":  # else the last connection's end would count; on Windows it means more
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return error.strerror or "cannot be used"
    return None


async def queue(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the queue can be read, and how many jobs wait in it; create nothing."""
    folder = probe.context.archive.state_dir / "queue"
    if not (probe.context.fleet or folder.exists()):
        yield ok(f"{folder}: does not exist yet")
        return
    try:
        jobs = probe.context.queue.jobs()
    except (OSError, PresenceWorkerError) as error:
        yield warning(str(error), LET_US)
        return
    waiting = sum(job.state == JobState.WAITING for job in jobs)
    yield ok(f"{amount(waiting, 'job')} {'waits' if waiting == 1 else 'wait'}")


async def inboxes(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether files can be taken from each folder, and moved in it."""
    for inbox in probe.settings.serve.inbox:
        folder = inbox.folder.absolute()
        if not folder.is_dir():
            yield warning(f"{folder}: no such folder", "create it, or correct serve.inbox")
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield warning(f"{folder}: cannot be read and written", LET_US)
        else:
            yield ok(f"{folder} can be read and written")
