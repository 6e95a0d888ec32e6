"""What follows a command that works on a run, when its output is printed: messages are sent."""

import asyncio
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar

import anyio
import click
import structlog

from ..clock import today
from ..errors import ExitCode, PresenceWorkerError, UsageFault
from ..events import Emit, emit_to
from ..operator_files import find_config
from ..run_context import SANDBOX, RunContext
from ..settings import Settings
from ..settings.configuration import load_settings, load_usable_settings
from ..settings.origin import Nested
from ..superoffice import open_client
from ..target_files import TargetFile, find_targets
from .async_work import run_async
from .invocation import archive_in, archive_of, find_target_name, fleet_of
from .lazy import load_lazily
from .log import set_up as set_up_log
from .options import BASE_URL, TARGET
from .output import CommandFailure, Finish, is_terminal
from .signals import signals_that_end_us

QUIET = ("-q", "--quiet")
PLAN, DRY_RUN, IN_SANDBOX = "plan", "--dry-run", "--sandbox"
ABOUT_NOTIFY = re.compile(r"(^|: )notify[.:]", re.MULTILINE)  # a line of the problems of a configuration
T = TypeVar("T")
log = structlog.get_logger()


def watch(context: RunContext) -> RunContext:
    """Return a context whose run is followed by messages, where there are channels for them."""
    watched: list[Finish] | None = click.get_current_context().find_object(list)
    if watched is None or context.target == SANDBOX or not context.settings.notify.is_used:
        return context
    hear, finish = _begin(context)
    watched.append(finish)
    return replace(context, subscriber=emit_to(context.subscriber, hear))


def _begin(context: RunContext) -> tuple[Emit, Finish]:
    begin: Callable[[RunContext], tuple[Emit, Finish]] = load_lazily(".notify.dispatch:begin")
    return begin(context)


def follow(
    arguments: Sequence[str], watched: Sequence[Finish], failure: CommandFailure | None, code: int
) -> None:
    """Send messages about how a command ended, within notify.timeout; a signal ends that at once.

    A usage error at a terminal is not sent: the person who typed the command sees it.
    """
    is_over = False
    with suppress(Exception):  # the command has ended, whatever comes now
        is_seen = code == ExitCode.USAGE and is_terminal(sys.stdin) and is_terminal(sys.stderr)
        begun = [] if watched or is_seen else [_finish_of_failure(arguments)]
        for finish in filter(None, [*watched, *begun]):
            is_plan = arguments[0] == PLAN or DRY_RUN in arguments
            reported = (failure.state, failure.next) if failure and not (is_plan or is_seen) else None
            work = partial(finish, code, reported)
            run_async(partial(_until_signal, work))
        is_over = True
    if not is_over:
        log.warning("notify.failed", about="all")


async def _until_signal(work: Callable[[], Awaitable[T]]) -> T | None:
    """Wait for *work*; a signal ends it. The command has ended, and keeps its exit code."""
    loop = asyncio.get_running_loop()
    with anyio.CancelScope() as scope:

        def stop(_: int, __: FrameType | None) -> None:
            loop.call_soon_threadsafe(scope.cancel)

        for number in signals_that_end_us():
            signal.signal(number, stop)
        return await work()
    return None


def _finish_of_failure(arguments: Sequence[str]) -> Finish | None:
    """Return what sends the message of a command that failed before it knew its settings, or None."""
    if IN_SANDBOX in arguments:
        return None
    is_quiet = any(word in arguments for word in QUIET)
    set_up_log(verbosity=-1 if is_quiet else 0, terminal=is_terminal(sys.stderr))
    try:
        context = _context_of_failure(arguments)
    except PresenceWorkerError:  # the configuration cannot be read
        return None
    return _begin(context)[1] if context.settings.notify.is_used else None


def _context_of_failure(arguments: Sequence[str]) -> RunContext:
    """Return the surroundings of a command as far as they are known; raise UsageFault where none are."""
    state, address = _find_value(arguments, "--state-dir"), _find_value(arguments, BASE_URL)
    flags = {
        **({"storage": {"state_dir": state}} if state else {}),
        **({"target": {"base_url": address}} if address else {}),
    }
    named = _find_value(arguments, "--config")
    config = find_config(Path(named) if named else None)
    target = _find_target(config, _find_value(arguments, TARGET))
    settings = _settings_of_failure(config, flags, target and target.path)
    fleet = fleet_of(settings)
    return RunContext(
        settings=settings,
        day=today(None),
        archive=archive_in(archive_of(settings).state_dir, fleet),
        fleet=fleet,
        target=find_target_name(settings),
        target_name=target and target.name,
        options=(),
        input_options=(),
        open_service=partial(open_client, settings),
    )


def _find_target(config: Path | None, name: str | None) -> TargetFile | None:
    """Return the target that a command line means; None: the configuration has one, or it is not certain."""
    targets = find_targets(config)
    if targets is None or (name is None and targets.is_several):
        return None
    return targets.by_name.get(name) if name else next(iter(targets.by_name.values()), None)


def _settings_of_failure(config: Path | None, flags: Nested, target: Path | None) -> Settings:
    """Return the settings that can be used; raise UsageFault where [notify] itself is wrong."""
    try:
        return load_settings(config, flags, target)
    except UsageFault as fault:
        if ABOUT_NOTIFY.search(str(fault)):
            raise
        return load_usable_settings(config, flags, target)


def _find_value(arguments: Sequence[str], option: str) -> str | None:
    """Return the value of an option in a command line that may be wrong elsewhere."""
    for place, word in enumerate(arguments):
        name, separator, value = word.partition("=")
        if name == option:
            return value if separator else next(iter(arguments[place + 1 :]), None)
    return None
