"""A service as a process: signals stop it, a supervisor watches it, and the configuration is read again."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path
from types import FrameType

import anyio
import structlog
from anyio import to_thread

from ..errors import DatabaseAway, StateFault
from ..journal import service_lock
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..serve.served_targets import ServedTargets
from ..serve.service import STARTING, Service
from ..serve.turns import AllTurns, Turns
from .lazy import load_lazily
from .signals import ENDINGS, noted
from .supervisor import READY, STOPPING, Supervisor, find_supervisor

TURN = 0.001  # seconds for a thread until another one gets its turn
LONGEST_END = (
    4.8  # seconds after the signal; what is not given back until then is free when its lease is over
)
THREADS = 64  # at most: runs, bodies and pages share them
RELOAD = "SIGHUP"  # Windows has none
TIMETABLE = ".serve.timetable:keep_timetable"  # it needs the extra, and help does not
Source = Callable[[Service], Awaitable[None]]  # of jobs, until cancelled
log = structlog.get_logger()


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what broke first; tasks beside each other end together."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


def share_the_process(more: int = 0) -> None:
    """Let long work in threads neither hold up the answers of HTTP nor take all threads.

    *more* threads are for runs, each of which may wait for a database.
    """
    sys.setswitchinterval(TURN)
    threads = THREADS + more
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="work"))


def turns_for(targets: ServedTargets, kind: str) -> Turns:
    """Return what says which targets may have a job at work here; *kind* is the command's name."""
    fleet = targets.loaded.common.fleet
    if fleet is None:
        return AllTurns()
    turns: Turns = load_lazily(".fleet.engine:FleetTurns")(fleet, kind, lambda: targets.loaded.addresses)
    return turns


@contextmanager
def only_one(state_dir: Path, command: str) -> Iterator[None]:
    """Hold the state directory; raise StateFault where another service works on it."""
    with ExitStack() as held:
        try:
            held.enter_context(service_lock(state_dir))
        except StateFault as fault:
            words = f"{fault}. Or start this one with another --state-dir"
            raise StateFault(words, next=NextStep((command, "--help")), page=ManualPage.SERVICE) from None
        yield


class ProcessSignals:
    """What signals ask of the service."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()
        self._has_limit = False

    def limit_end(self) -> None:
        """End the process some seconds after the signal, whatever holds it up, such as a database."""
        self._has_limit = True
        if self.stop.is_set():
            _cut_off_later()

    def hear(self, number: int) -> None:
        """Take a signal; the second one that ends us does so at once."""
        if signal.Signals(number).name == RELOAD:
            self.reload.set()
        elif self.stop.is_set():
            os._exit(ENDINGS[number])  # the journals and the queue are safe: they are never left half written
        else:
            self.stop.set()
            if self._has_limit:
                _cut_off_later()


def _cut_off_later() -> None:
    """Do it from a thread: the loop may be what is held up."""
    timer = threading.Timer(LONGEST_END, _cut_off)
    timer.daemon = True
    timer.start()


def _cut_off() -> None:
    log.warning("service.cut_off")
    os._exit(0)  # as after a second signal, nothing is left half written


async def prepare_process(targets: ServedTargets, process: ProcessSignals) -> None:
    """Share the process; where machines share a database, raise UsageFault if that cannot be used."""
    is_shared = targets.loaded.common.fleet is not None
    share_the_process(targets.loaded.places if is_shared else 0)
    if is_shared:
        process.limit_end()
        await to_thread.run_sync(_read_jobs_once, targets)


def _read_jobs_once(targets: ServedTargets) -> None:
    """Raise UsageFault where the database cannot be used; one that is away may come back. It blocks."""
    try:
        targets.loaded.common.queue.recall("")
    except DatabaseAway as fault:
        log.warning("queue.failed", detail=str(fault))


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


async def host(
    service: Service,
    process: ProcessSignals,
    *,
    sources: Sequence[Source],
    announce: Callable[[], None],
    reload: Callable[[], Awaitable[None]],
) -> None:
    """Let the service work until a signal stops it; return when its runs have ended."""
    supervisor, working = find_supervisor(), anyio.CancelScope()
    async with anyio.create_task_group() as beside:
        beside.start_soon(supervisor.keep_alive)
        beside.start_soon(_stop_when_asked, working, supervisor, process)
        beside.start_soon(_reload_when_asked, reload, supervisor, process)
        beside.start_soon(_announce_when_ready, service, supervisor, announce)
        with working:
            async with anyio.create_task_group() as tasks:
                for source in (*sources, load_lazily(TIMETABLE)):
                    tasks.start_soon(source, service)
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
        log_broken(service)
        supervisor.notify(READY)


async def _stop_when_asked(
    working: anyio.CancelScope, supervisor: Supervisor, process: ProcessSignals
) -> None:
    await process.stop.wait()
    supervisor.notify(STOPPING)
    log.info("service.stopping")
    working.cancel()


async def _reload_when_asked(
    reload: Callable[[], Awaitable[None]], supervisor: Supervisor, process: ProcessSignals
) -> None:
    while True:
        await process.reload.wait()
        process.reload.clear()
        supervisor.notify_reload()
        await reload()
        supervisor.notify(READY)


def log_broken(service: Service) -> None:
    """Log which targets cannot be used."""
    for name, why in service.targets.loaded.broken.items():
        log.error("target.broken", target=name, detail=why)


def log_reload(service: Service, problem: str | None) -> None:
    """Log how reading the configuration again went."""
    if problem:
        log.error("service.reload_failed", detail=problem)
    else:
        log.info("service.reloaded")
    log_broken(service)
