"""Checks of how people notice what happens at night; they send nothing."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import anyio

from ..notify.channels import NotDelivered
from ..notify.channels.channel_secrets import secret_of
from ..notify.channels.daemon import work_in_daemon
from ..notify.channels.http_call import trust_of, url_of
from ..notify.channels.mail import PostOffice, at_post_office
from ..notify.channels.webhook import sign
from ..notify.notification_store import FOLDER
from ..sanitize import clean
from ..settings.notify import KINDS, CommandChannel, Mail, Notify, Ping, Webhook, name_channels
from ..wording import duration_of_setting
from .probe import CheckResult, Probe, ok, warning

Channel: TypeAlias = Mail | Webhook | Ping | CommandChannel
SECRETS = ("url", "password", "secret")  # of channels, each also as a file
TRY_IT = "correct it in [notify], then try it with `presence-worker notify --test`"


def is_concerned(probe: Probe) -> bool:
    """Return whether there is a channel that a run would use."""
    return not probe.is_sandbox and probe.settings.notify.is_used


def has_textfile(probe: Probe) -> bool:
    """Return whether figures are written."""
    return probe.settings.metrics.textfile is not None


def is_scheduled(probe: Probe) -> bool:
    """Return whether a missing night should be noticed."""
    settings = probe.settings
    return not probe.is_sandbox and bool(settings.job.at or settings.notify.is_used)


def secret_files_of(notify: Notify) -> list[Path]:
    """Return the files with secrets of channels."""
    files = (
        getattr(channel, f"{name}_file", None) for _, channel in _channels_of(notify) for name in SECRETS
    )
    return [file for file in files if file]


def has_secrets(notify: Notify) -> bool:
    """Return whether the settings themselves have secrets of channels."""
    names = (*SECRETS, "headers", "proxy")
    return any(getattr(channel, name, None) for _, channel in _channels_of(notify) for name in names)


def _channels_of(notify: Notify) -> Iterator[tuple[str, Channel]]:
    for kind in KINDS:
        sections = getattr(notify, kind)
        yield from zip(name_channels(kind, sections), sections, strict=True)


async def channels(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check the way to each receiver of notifications; nothing is sent."""
    notify = probe.settings.notify
    for name, channel in _channels_of(notify):
        yield await _judge(name, channel, notify)
    folder = probe.context.archive.state_dir / FOLDER
    if folder.exists() and not _is_writable(folder):
        yield warning(f"{folder}: cannot be written", "make presence-worker's account its owner")


async def textfile(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the file with figures can be written."""
    folder = (probe.settings.metrics.textfile or Path()).absolute().parent
    if _is_writable(folder):
        yield ok(f"{folder} can be written")
    else:
        words = "cannot be written" if folder.is_dir() else "no such directory"
        yield warning(f"{folder}: {words}", "let presence-worker's account write there")


async def heartbeat(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether a night without a run would be noticed."""
    seconds = probe.settings.report.expected_every
    if seconds is None and probe.settings.notify.ping:
        yield ok(
            "a dead man's switch notices a night without a run. `runs --monitor` and `notify --late` do not: "
            "report.expected_every is not set"
        )
    elif seconds is None:
        yield warning(
            "report.expected_every is not set. A night without a run is not noticed",
            'set it to the time between two jobs, such as "24h"',
        )
    else:
        yield ok(f"a job is expected every {duration_of_setting(seconds)}")


async def _judge(name: str, channel: Channel, notify: Notify) -> CheckResult:
    try:
        with anyio.fail_after(notify.timeout):
            return ok(f"{name}: {await _reach(channel)}")
    except NotDelivered as error:
        return warning(f"{name}: {error}", TRY_IT)
    except TimeoutError:
        return warning(f"{name}: no answer in time", "check the address, the firewall, and the server")


async def _reach(channel: Channel) -> str:
    """Return what was found of a receiver; raise NotDelivered for what would keep a message from it."""
    match channel:
        case Mail():
            secret_of(channel, "password")
            await at_post_office(channel, PostOffice.greet)
            return f"{channel.host}:{channel.port} answers" + ("" if channel.tls == "none" else ", with TLS")
        case CommandChannel():
            return _find_program(channel.argv[0])
        case _:
            return await _find_host(channel)


async def _find_host(channel: Webhook | Ping) -> str:
    parts = urlsplit(url_of(channel))
    if parts.scheme == "https":
        trust_of(channel.ca_file)
    if isinstance(channel, Webhook) and (secret := secret_of(channel, "secret")):
        sign("", 0, b"", secret)
    asked = urlsplit(channel.proxy.get_secret_value()) if channel.proxy else parts
    host = clean(str(asked.hostname), 100)
    try:
        await work_in_daemon(lambda: socket.getaddrinfo(asked.hostname, None))
    except (OSError, UnicodeError):
        raise NotDelivered(f"no address found for {host}") from None
    return f"{host} has an address"


def _find_program(program: str) -> str:
    found = shutil.which(program)
    name = clean(program, 100)
    if not found:
        raise NotDelivered(f"{name}: no such program, or it may not be started")
    return f"{name} can be started"


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
