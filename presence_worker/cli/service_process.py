"""`presence-worker serve`: the service as a process that signals stop, and a supervisor watches."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import anyio
import click
import structlog
from anyio import to_thread

from ..errors import PresenceWorkerError, StateFault
from ..journal import service_lock
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..serve.http.runner import build_runner
from ..serve.inboxes import watch_inboxes
from ..serve.served_targets import ServedTargets
from ..serve.service import STARTING, Service
from . import log as log_setup
from .async_work import run_async
from .lazy import load_lazily
from .metrics_textfile import write_textfile_of_service
from .options import Options, options_of
from .output import is_terminal, remark_at_length, say
from .served_configuration import Rehearsal, ServedConfiguration, check_installed, load_chosen
from .server_socket import ServerCertificate, listen
from .signals import ENDINGS, noted
from .supervisor import READY, STOPPING, Supervisor, find_supervisor
from .token import make_token

TURN = 0.001  # seconds for a thread until another one gets its turn
THREADS = 64  # at most: runs, bodies and pages share them
HELP = NextStep(("serve", "--help"))  # the same command again cannot work
RELOAD = "SIGHUP"  # Windows has none
TIMETABLE = ".serve.timetable:keep_timetable"  # it needs the extra, and help does not
REHEARSAL = "The token has all roles, for this start only. Nothing reaches your SuperOffice. Ctrl-C ends it."
log = structlog.get_logger()


@click.command("serve")
@options_of("serve")
def command(options: Options) -> int:
    """Take jobs by HTTP, from folders and by schedule, and carry them out.

    The first line on standard output is the root URL. Open it in a browser to see what runs and what waits
    for you. SIGTERM or Ctrl-C stops the service and its runs. They continue after the next start. A second
    signal ends it at once. SIGHUP reads the configuration and the certificate again.

    With --sandbox, it needs no configuration. The second line has a token to try it with.

    Exit code 0: it was stopped. 2: the configuration or the port cannot be used, or another service works on
    the same state directory.

    \b
    Examples:
      presence-worker serve
      presence-worker serve --sandbox
    """
    check_installed()
    verbosity = -1 if options.quiet else options.verbose
    log_setup.set_up(verbosity, terminal=is_terminal(sys.stderr), has_summary=False)
    try:
        run_async(partial(_serve, options))
    except BaseExceptionGroup as group:
        raise _first_of(group) from None
    return 0


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what broke first; tasks beside each other end together."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def _serve(options: Options) -> None:
    share_the_process()
    async with AsyncExitStack() as opened:
        process = opened.enter_context(listen_to_signals())
        rehearsal = await opened.enter_async_context(_rehearsal(options)) if options.sandbox else None
        configuration = ServedConfiguration(options, rehearsal)
        targets = await to_thread.run_sync(ServedTargets, configuration.load)
        state_dir = targets.loaded.common.archive.state_dir
        opened.enter_context(_only_one(state_dir))
        service = Service(
            targets,
            targets.loaded.common.queue,
            after_run=lambda: write_textfile_of_service(targets.loaded),
        )
        certificate = ServerCertificate(targets.loaded.serve)
        runner = build_runner(service)
        url = await opened.enter_async_context(listen(runner, targets.loaded.serve, certificate.tls))
        await _host(service, certificate, process, partial(_announce, url, rehearsal))
        log.info("service.stopped")


def share_the_process() -> None:
    """Let long work in threads neither hold up the answers of HTTP nor take all threads."""
    sys.setswitchinterval(TURN)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="work"))


@contextmanager
def _only_one(state_dir: Path) -> Iterator[None]:
    """Hold the state directory; raise StateFault where another service works on it."""
    with ExitStack() as held:
        try:
            held.enter_context(service_lock(state_dir))
        except StateFault as fault:
            words = f"{fault}. Or start this one with another --state-dir"
            raise StateFault(words, next=HELP, page=ManualPage.SERVICE) from None
        yield


def _announce(url: str, rehearsal: Rehearsal | None) -> None:
    say(url)
    if rehearsal:
        say(f"Token: {rehearsal.token}")
        remark_at_length(REHEARSAL)
    log.info("service.started", url=url)


@asynccontextmanager
async def _rehearsal(options: Options) -> AsyncIterator[Rehearsal]:
    """Start the simulated SuperOffice of `--sandbox`: one for all runs of this start."""
    settings = (await to_thread.run_sync(load_chosen, options)).settings
    async with load_lazily(".cli.sandbox:settings_of_sandbox")(settings) as inside:
        yield Rehearsal(inside, make_token())


class ProcessSignals:
    """What signals ask of the service."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()

    def hear(self, number: int) -> None:
        """Take a signal; the second one that ends us does so at once."""
        if signal.Signals(number).name == RELOAD:
            self.reload.set()
        elif self.stop.is_set():
            os._exit(ENDINGS[number])  # the journals and the queue are safe: they are never left half written
        else:
            self.stop.set()


@contextmanager
def listen_to_signals() -> Iterator[ProcessSignals]:
    """Yield what signals ask for; this way of listening works on every platform."""
    heard, loop = ProcessSignals(), asyncio.get_running_loop()

    def on_signal(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(heard.hear, number)

    before = {number: signal.signal(number, on_signal) for number in ENDINGS}
    if noted:
        heard.stop.set()
    try:
        yield heard
    finally:
        for number, listener in before.items():
            signal.signal(number, listener)


async def _host(
    service: Service, certificate: ServerCertificate, process: ProcessSignals, announce: Callable[[], None]
) -> None:
    """Let the service work until a signal stops it; return when its runs have ended."""
    supervisor, working = find_supervisor(), anyio.CancelScope()
    async with anyio.create_task_group() as beside:
        beside.start_soon(supervisor.keep_alive)
        beside.start_soon(_stop_when_asked, working, supervisor, process)
        beside.start_soon(_reload_when_asked, service, certificate, supervisor, process)
        beside.start_soon(_announce_when_ready, service, supervisor, announce)
        with working:
            async with anyio.create_task_group() as sources:
                sources.start_soon(watch_inboxes, service)
                sources.start_soon(load_lazily(TIMETABLE), service)
                await service.run()
        beside.cancel_scope.cancel()


async def _announce_when_ready(
    service: Service, supervisor: Supervisor, announce: Callable[[], None]
) -> None:
    """Announce the service as soon as it takes jobs."""
    async with aclosing(service.live.watch()) as events:
        async for _ in events:
            if service.trouble != STARTING:
                break
    if not service.is_stopping:
        announce()
        _log_broken(service)
        supervisor.notify(READY)


async def _stop_when_asked(
    working: anyio.CancelScope, supervisor: Supervisor, process: ProcessSignals
) -> None:
    await process.stop.wait()
    supervisor.notify(STOPPING)
    log.info("service.stopping")
    working.cancel()


async def _reload_when_asked(
    service: Service, certificate: ServerCertificate, supervisor: Supervisor, process: ProcessSignals
) -> None:
    while True:
        await process.reload.wait()
        process.reload.clear()
        supervisor.notify_reload()
        await _reload(service, certificate)
        supervisor.notify(READY)


async def _reload(service: Service, certificate: ServerCertificate) -> None:
    """Read the configuration and the certificate again; what is broken leaves the old one as it is."""
    before = service.targets.loaded.serve
    await service.reload()
    now, problem = service.targets.loaded.serve, service.targets.problem
    try:
        await to_thread.run_sync(certificate.renew, now)
    except PresenceWorkerError as fault:
        problem = problem or str(fault)
    if before.listen != now.listen:
        log.warning("service.restart_needed", setting="serve.listen")
    if bool(before.tls_cert_file) != bool(now.tls_cert_file):
        log.warning("service.restart_needed", setting="serve.tls_cert_file")
    if problem:
        log.error("service.reload_failed", detail=problem)
    else:
        log.info("service.reloaded")
    _log_broken(service)


def _log_broken(service: Service) -> None:
    for name, why in service.targets.loaded.broken.items():
        log.error("target.broken", target=name, detail=why)
