"""What a run works in: the settings in force, who watches it, and how to call the next command."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date

from .events import Emit, unheard
from .journal import Archive
from .next_step import NextStep
from .settings import Settings
from .shutdown import Shutdown
from .superoffice import Client

SANDBOX = "sandbox"  # the target of runs against the service inside this program


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
    emit: Emit = unheard  # to whoever watches the run
    shutdown: Shutdown = field(default_factory=Shutdown)
    origin: Callable[[str], str] = str  # where the value of a setting stands, for people

    def command(self, *words: str) -> NextStep:
        """Return a command to run next, with the options of this one."""
        return NextStep((*words, *self.options))
