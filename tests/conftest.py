"""What all tests share: the event loop's kind, and a clock that jumps."""

import asyncio
import gc
import os
import selectors
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, TypeVarTuple

import aiohttp
import pytest
from aioresponses import aioresponses
from hypothesis import settings

from tests.campaigns.size import LONG
from tests.examples import examples

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
SHORT = 0.001  # seconds of real time
LONGEST_CAMPAIGN = 24 * 3600 if LONG else 3600  # seconds until one is taken for a hang

MEMORY = Path("/dev/shm")
ROOM = 1 << 30  # bytes; a session needs a fifth of that


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One worker more than there are cores: many tests wait, for other processes or for time."""
    return (yield) + 1


def pytest_configure() -> None:
    """Keep temporary files in memory, unless told where: a disk would be waited for at each sync."""
    if "TMPDIR" not in os.environ and _can_hold_all(MEMORY):
        tempfile.tempdir = str(MEMORY)


def _can_hold_all(folder: Path) -> bool:
    """Whether a folder has room, and programs in it may be run."""
    if not os.access(folder, os.W_OK):
        return False
    system = os.statvfs(folder)
    return system.f_bavail * system.f_frsize >= ROOM and not system.f_flag & os.ST_NOEXEC


SELDOM = 20_000  # objects; a test makes few that are left in circles


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave garbage alone while tests are collected: all of it stays, and going through it takes its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(SELDOM)
        gc.enable()


settings.register_profile(
    "the same every time",
    max_examples=examples(100),
    derandomize=True,
    database=None,
    deadline=None,  # other tests keep the cores busy
)
settings.load_profile("the same every time")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give campaigns more time than other tests."""
    for item in items:
        if item.get_closest_marker("campaign"):
            item.add_marker(pytest.mark.timeout(LONGEST_CAMPAIGN))


class JumpingSelector(selectors.DefaultSelector):
    """A selector that never waits for time: it jumps to the moment of the next timer."""

    now = 0.0  # seconds
    working = 0  # threads: while they are at work, nobody sleeps

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give what is ready; with nothing ready, let the time pass at once."""
        ready = super().select(None if timeout is None else SHORT if self.working and timeout else 0)
        if not (ready or self.working) and timeout:
            self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock only moves when everybody sleeps, also in threads."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        """Give the virtual time in seconds since the loop was made."""
        return self.jumping.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Let work be done in a thread; no time passes meanwhile."""
        self.jumping.working += 1
        working = super().run_in_executor(executor, func, *args)
        working.add_done_callback(self._end_work)
        return working

    def _end_work(self, _: object) -> None:
        self.jumping.working -= 1


VIRTUAL_TIME = ("asyncio", {"loop_factory": VirtualTimeLoop})


@pytest.fixture
def anyio_backend() -> str | tuple[str, Mapping[str, Any]]:
    """The loop of async tests; a folder whose tests are about time returns VIRTUAL_TIME instead."""
    return "asyncio"


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the homes of tests are: pytest's own folder is searched for each name that it gives."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def own_home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a test does touches the developer's own state, settings or locks."""
    monkeypatch.setenv("HOME", tempfile.mkdtemp(dir=homes))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_DIRS"):
        monkeypatch.delenv(name, raising=False)


class MockedResponse(aiohttp.ClientResponse):
    """An answer with the argument that aiohttp 3.14 insists on and aioresponses 0.7.9 does not know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": SimpleNamespace(output_size=0), **kwargs})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """A service without sockets; it knows nothing of time-outs, pooling or broken connections."""
    monkeypatch.setattr("aioresponses.core.ClientResponse", MockedResponse)
    with aioresponses() as mocked:
        yield mocked
