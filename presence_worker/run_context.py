"""What a run works in: the settings in force, who watches it, and how to call the next command."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from .events import Emit, Event
from .journal import Archive
from .next_step import NextStep
from .settings import Settings
from .shutdown import Shutdown
from .superoffice import Client

SANDBOX = "sandbox"  # the target of runs against the service inside this program


class Progress(Protocol):
    """Somebody who watches a delivery."""

    def begin(self, total: int, doing: Callable[[], str]) -> None:
        """Hear that *total* rows are to be sent; *doing* tells what goes on at the moment."""

    def settled(self, *, done: bool) -> None:
        """Hear of one row that was settled."""

    def end(self) -> None:
        """Hear that the delivery is over."""

    def remark(self, words: str) -> None:
        """Hear what should be known before anything is sent."""

    def warn(self, words: str) -> None:
        """Hear what should be known even where only errors are printed."""


class Silence:
    """Nobody is watching."""

    def begin(self, total: int, doing: Callable[[], str]) -> None:
        """Say nothing."""

    def settled(self, *, done: bool) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""

    def remark(self, words: str) -> None:
        """Say nothing."""

    def warn(self, words: str) -> None:
        """Say nothing."""


def _no_subscriber(_: Event) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """Everything a run needs to know of its surroundings."""

    settings: Settings
    day: date  # it is, for what is due
    archive: Archive
    target: str  # the service's root, or "sandbox"
    options: tuple[str, ...]  # to repeat in the command to run next
    input_options: tuple[str, ...]  # likewise, where the same job is read again
    open_service: Callable[[], AbstractAsyncContextManager[Client]]
    progress: Progress
    emit: Emit = _no_subscriber
    shutdown: Shutdown = field(default_factory=Shutdown)
    origin: Callable[[str], str] = str  # where the value of a setting stands, for people

    def command(self, *words: str) -> NextStep:
        """Return a command to run next, with the options of this one."""
        return NextStep((*words, *self.options))
