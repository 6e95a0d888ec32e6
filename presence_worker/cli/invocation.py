"""From options to the context of a run: settings are loaded, the log is set up, the target is known."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar

import anyio

from ..clock import today
from ..errors import Interrupted, OptionFault, PresenceWorkerError, Terminated, UsageFault
from ..events import DeliveryEnded, DeliveryStarted, Emit, Event, Stopping, emit_to, unheard
from ..journal import Archive, check_owner
from ..next_step import command_line
from ..operator_files import CONFIG_VARIABLE, find_config
from ..run_context import SANDBOX, RunContext
from ..settings import NOWHERE, Settings
from ..settings.configuration import OPTION, PREFIX, load_settings, origin_of
from ..shutdown import Shutdown
from ..superoffice import check_addresses, check_settings, open_client, target_name
from . import log
from .lazy import load_lazily
from .log import log_event
from .options import BASE_URL, Options, printable
from .output import is_terminal
from .remarks import print_remark, print_warning
from .signals import BEFORE, ENDINGS, noted, signals_that_end_us

CONFIG_VARIABLES = (CONFIG_VARIABLE, "XDG_CONFIG_HOME")  # they decide where a file is looked for
STATE_VARIABLES = (f"{PREFIX}STORAGE__STATE_DIR", "XDG_STATE_HOME")
BASE_URL_VARIABLE = f"{PREFIX}TARGET__BASE_URL"
T = TypeVar("T")
Work = Callable[[RunContext], Awaitable[T]]
MEANINGS = {int(kind.exit_code): kind for kind in (Interrupted, Terminated)}
REASONS: dict[int, type[PresenceWorkerError]] = {number: MEANINGS[code] for number, code in ENDINGS.items()}
WHO = "a signal"
HINT = "a second signal ends the program at once"
LEAVING = "ended at once; requests in progress may have been carried out. Next"


def settings_of(options: Options) -> Settings:
    """Load the settings, and set up the log by the options."""
    log.set_up(verbosity=-1 if options.quiet else options.verbose, terminal=is_terminal(sys.stderr))
    raise_on_signal()
    settings = load_settings(find_config(options.config), options.flags)
    check_addresses(settings)
    return settings


def context_of(options: Options, *, offline: bool = False) -> RunContext:
    """Return the surroundings of a command; *offline* ones need no target."""
    settings = settings_of(options)
    if options.sandbox:
        target, open_service = SANDBOX, partial(load_lazily(".cli.sandbox:open_sandbox"), settings)
    elif offline:
        target, open_service = find_target_name(settings), partial(open_client, settings)
    else:
        _check(settings, options)
        target = target_name(settings.target, settings.auth.login_url)
        open_service = partial(open_client, settings)
    archive = archive_of(settings)
    for directory in (archive.state_dir, archive.runs):
        check_owner(directory)
    return RunContext(
        settings=settings,
        day=today(settings.input.timezone),
        archive=archive,
        target=target,
        options=options_to_repeat(options, settings),
        input_options=options.of_the_input,
        withheld=options.withheld,
        open_service=open_service,
        subscriber=_subscribers(options),
        origin=partial(origin_of, file=find_config(options.config), flags=options.flags),
    )


def _subscribers(options: Options) -> Emit:
    """Return who hears of the run: the log, and a person at a terminal who wants more or less of it."""
    if options.quiet or not is_terminal(sys.stderr):
        return emit_to(log_event, print_warning)
    if options.no_progress:
        return emit_to(log_event, print_remark)
    show: Emit = load_lazily(".cli.progress:ProgressLine")().show
    return emit_to(log_event, print_remark, show)


def _check(settings: Settings, options: Options) -> None:
    try:
        check_settings(settings)
    except UsageFault as fault:
        if blames_an_option(str(fault).splitlines(), options):
            raise OptionFault(str(fault)) from None
        raise


def blames_an_option(problems: Iterable[str], options: Options) -> bool:
    """Return whether one of the problems is the value of an option: the same command again cannot work."""
    has_address = "base_url" in options.flags.get("target", {})
    return any(
        problem.startswith(OPTION) or (has_address and problem.startswith("target.base_url: must be"))
        for problem in problems
    )


def archive_of(settings: Settings) -> Archive:
    """Return the place of the runs; raise UsageFault where none is named, and the user has no home."""
    if settings.storage.state_dir == NOWHERE:
        home = os.environ.get("HOME")
        raise UsageFault(
            "storage.state_dir: not set, and this user has no home directory of their own "
            f"(HOME is {home or 'not set'}); name a directory with --state-dir"
        )
    return Archive(settings.storage.state_dir)


def find_target_name(settings: Settings) -> str:
    """Return the target's name; an empty one where the settings name none, or lead nowhere."""
    if not (settings.target.base_url or settings.target.tenant):
        return ""
    try:
        return target_name(settings.target, settings.auth.login_url)
    except UsageFault:
        return ""


def options_to_repeat(options: Options, settings: Settings) -> tuple[str, ...]:
    """Return the options the next command needs; it may be called from elsewhere, or from another shell."""
    words, config = options.repeated, find_config(options.config)
    if config and "--config" not in words and needs_naming(config):
        words = ("--config", str(config.absolute()), *words)
    state = settings.storage.state_dir
    if "--state-dir" not in words and (_is_set(*STATE_VARIABLES) or not state.is_absolute()):
        words = (*words, "--state-dir", str(state.absolute()))
    address = settings.target.base_url
    if address and _is_set(BASE_URL_VARIABLE) and not (options.sandbox or BASE_URL in words):
        words = (*words, *printable([BASE_URL, address]))
    return words


def needs_naming(config: Path) -> bool:
    """Return whether a configuration file that no option names is found only here, or only in this shell."""
    return _is_set(*CONFIG_VARIABLES) or not config.is_absolute()


def _is_set(*variables: str) -> bool:
    return any(name.upper() in variables for name in os.environ)


def work(function: Work[T], context: RunContext) -> T:
    """Run the asynchronous part of a command, on the fastest loop the platform has."""
    return run_async(partial(_listen, function, context))


def run_async(function: Callable[[], Awaitable[T]]) -> T:
    """Run an asynchronous function, on the fastest loop the platform has."""
    return anyio.run(function, backend_options={"use_uvloop": sys.platform != "win32"})


async def _listen(function: Work[T], context: RunContext) -> T:
    listener = Listener(context.shutdown, context.emit)
    with listener.listening():
        return await function(replace(context, subscriber=emit_to(context.subscriber, listener.hear)))


def raise_on_signal() -> None:
    """Let a signal end the program where it stands, while no loop is at work; one that has come, at once."""
    for number in signals_that_end_us():
        signal.signal(number, _raise)
    if noted:
        raise REASONS[noted[0]](BEFORE)


def _raise(number: int, _: FrameType | None) -> None:
    noted.append(number)  # what is raised here may be lost, such as in a module that is being loaded
    raise REASONS[number](BEFORE)


class Listener:
    """Owns what signals mean while an event loop is at work; events say how far that is."""

    def __init__(self, shutdown: Shutdown, emit: Emit = unheard) -> None:
        self._shutdown = shutdown
        self._emit = emit
        self._received = 0
        self._delivery: DeliveryStarted | None = None  # while requests are in flight

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen until the work is over; signals wait then, for what is left does not take long."""
        loop = asyncio.get_running_loop()

        def on_signal(number: int, _: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._hear_signal, number)

        for number in signals_that_end_us():
            signal.signal(number, on_signal)
        if noted:
            self._hear_signal(noted[0])
        try:
            yield
        finally:
            _let_pass()

    def hear(self, event: Event) -> None:
        """Learn from an event what is at stake."""
        if isinstance(event, DeliveryStarted):
            self._delivery = event
        elif isinstance(event, DeliveryEnded):
            _let_pass()  # a run that is writing its report is about to end anyway

    def _hear_signal(self, number: int) -> None:
        self._received += 1
        if self._received > 1:
            if run := self._delivery:
                words = f"{LEAVING}: {command_line(run.way_on)}"
                self._emit(Stopping(run_id=run.run_id, target=run.target, words=words))
            os._exit(REASONS[number].exit_code)  # the journal is safe: it is never left half written
        self._shutdown.request(REASONS[number], WHO, hint=HINT)


def _let_pass() -> None:
    for number in signals_that_end_us():
        signal.signal(number, _pass_once)


def _pass_once(number: int, _: FrameType | None) -> None:
    """Let the first late signal pass, and leave on the next one."""
    signal.signal(number, lambda n, _: os._exit(REASONS[n].exit_code))
