"""The engine: Procrastinate brings the turns of targets, and is started again where it ends.

| event | when | what it has |
|---|---|---|
| `engine.ended` | it ended, such as when the database went away; it is started again | error |
| `engine.works` | it works again | |
| `engine.freed` | turns of a worker that died are free | turns |
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import anyio
import structlog
from procrastinate import App, JobContext

from ..threads import work_in_thread
from .engine_app import SILENT, be_quiet, fetch_turns, make_app
from .member import FleetMember
from .turn_rows import give_back, repair
from .workers import leave, register

ROUND = 2.0  # seconds between two looks for turns that are missing
AGAIN = 1.0  # seconds until the engine is started again
SHORTLY = 0.1  # seconds until a turn that ends here has ended in the database
CLOSE = 2.5  # seconds for giving turns back at the end
Served = Callable[[], Mapping[str, str]]  # the addresses of the targets that we work for, by name
log = structlog.get_logger()


class FleetTurns:
    """Owns a thread with a loop of its own, in which the engine works.

    Its loop is the plain one everywhere: the database's library does not work with the others.
    """

    def __init__(self, member: FleetMember, kind: str, served: Served) -> None:
        self._member = member
        self._kind = kind
        self._served = served
        self._here: dict[str, asyncio.Event] = {}  # targets whose turn is here; set: it is over
        self._known: set[str] = set()  # those of them that the engine knows of; it forgets all when it ends
        self._due: dict[str, float] = {}  # targets whose turn must come again, in so many seconds
        self._loop = asyncio.SelectorEventLoop()
        self._stopping, self._closing, self._has_due = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._has_failed = False
        self._wake: Callable[[], None]

    # -- for the loop of the service -------------------------------------------------------------------------

    @asynccontextmanager
    async def work(self, wake: Callable[[], None]) -> AsyncIterator[None]:
        """Let turns come inside; see `Turns`."""
        service = asyncio.get_running_loop()

        def wake_service() -> None:
            with suppress(RuntimeError):  # it has ended
                service.call_soon_threadsafe(wake)

        self._wake = wake_service
        thread = threading.Thread(target=self._run, name="engine", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._call(self._stopping.set)
            self._call(self._closing.set)
            with anyio.CancelScope(shield=True):
                await work_in_thread(thread.join, CLOSE)

    def here(self) -> frozenset[str]:
        """Return the targets whose turn is here now; see `Turns`."""
        return frozenset([*self._here])

    def give_back(self, target: str, again: float | None = None) -> None:
        """Note that no job of a target is at work here; see `Turns`."""
        turn = self._here.pop(target, None)
        if turn:
            self._call(lambda: self._end(target, turn, again))

    def stop(self) -> None:
        """Take no more turns; see `Turns`."""
        self._call(self._stopping.set)

    def _call(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # its loop is closed
            self._loop.call_soon_threadsafe(what)

    # -- in the thread of the engine -------------------------------------------------------------------------

    def _run(self) -> None:
        be_quiet()
        self._loop.set_exception_handler(lambda *_: None)  # of turns that were freed by others
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    def _end(self, target: str, turn: asyncio.Event, again: float | None) -> None:
        turn.set()
        if again is not None:
            self._due[target] = again
            self._has_due.set()

    async def _work(self) -> None:
        working = asyncio.ensure_future(self._work_on_and_on())
        await self._closing.wait()
        await asyncio.wait((working,), timeout=CLOSE)
        working.cancel()

    async def _work_on_and_on(self) -> None:
        while not self._closing.is_set():
            (error,) = await asyncio.gather(self._work_once(), return_exceptions=True)
            if error is not None:  # whatever it is, the next one may work
                if not self._has_failed:
                    log.warning("engine.ended", error=type(error).__name__)
                self._has_failed = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), AGAIN)

    async def _work_once(self) -> None:
        """Work until the service ends, the targets are others, or the engine ends."""
        app = make_app(self._member.database.conninfo, self._hold)
        try:
            await asyncio.to_thread(self._register)
            await app.open_async()
            beside = asyncio.ensure_future(self._give_back_due(app))
            try:
                await self._fetch(app)
                if self._stopping.is_set():
                    await self._closing.wait()
                    await self._give_back_rest(app)
                    await asyncio.to_thread(self._leave)
            finally:
                beside.cancel()
        finally:
            await app.close_async()

    def _register(self) -> None:
        with self._member.database.connection() as connection:
            register(self._member.id, self._kind, self._member.settings, connection)
        self._member.leases.start()  # from now on the others see that we are alive

    def _leave(self) -> None:
        with self._member.database.connection() as connection:
            leave(self._member.id, connection)

    async def _fetch(self, app: App) -> None:
        served, places = dict(self._served()), self._places()
        lease = self._member.settings.lease
        fetching = asyncio.ensure_future(fetch_turns(app, served, places=places, lease=lease))
        repairing = asyncio.ensure_future(self._repair(app, served, places))
        stopping = asyncio.ensure_future(self._stopping.wait())
        parts = (fetching, repairing, stopping)
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.wait(parts)
        self._wake()  # turns that were here may be over
        for part in (fetching, repairing):
            if not part.cancelled() and (error := part.exception()):
                raise error

    def _places(self) -> int:
        """Return how many turns the engine may bring: it does not know of all that are here."""
        return max(1, self._member.settings.runs - len(self._here.keys() - self._known))

    def _has_more(self, places: int) -> bool:
        """Return whether it is worth to start again with more places."""
        now = self._places()
        return now > places and (now >= 2 * places or now == self._member.settings.runs)

    async def _repair(self, app: App, served: Mapping[str, str], places: int) -> None:
        """Look for turns that are missing until the targets are others, or there are more places."""
        silent = self._member.settings.lease * SILENT
        while self._served() == served and not self._has_more(places):
            if freed := await repair(served, silent, app):
                log.info("engine.freed", turns=freed)
            if self._has_failed:
                self._has_failed = False
                log.info("engine.works")
            await asyncio.sleep(ROUND)

    async def _hold(self, context: JobContext) -> None:
        """Hold the turn of a target until it is given back."""
        target, over = context.job.lock or "", asyncio.Event()
        self._here[target] = over
        self._known.add(target)
        self._wake()
        try:
            await over.wait()
        finally:
            self._known.discard(target)

    async def _give_back_due(self, app: App) -> None:
        while True:
            await self._has_due.wait()
            await asyncio.sleep(SHORTLY)
            self._has_due.clear()
            await self._give_back(app)
            if self._due:
                self._has_due.set()
                await asyncio.sleep(AGAIN)

    async def _give_back_rest(self, app: App) -> None:
        while self._due:
            await self._give_back(app)
            await asyncio.sleep(SHORTLY)

    async def _give_back(self, app: App) -> None:
        due = dict(self._due)
        with suppress(Exception):  # it is tried again
            for target in await give_back(due, app) if due else ():
                self._due.pop(target, None)
