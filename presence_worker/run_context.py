"""What a run works in: its settings, who watches it, and how to call the next command."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

import structlog

from .command_options import select_options
from .errors import PresenceWorkerError
from .events import Emit, Event, unheard
from .fleet.membership import Membership
from .journal import Archive, Lease
from .next_step import NextStep
from .queue.folder_queue import FolderQueue
from .queue.job_queue import JobQueue
from .run_states import JobOfRun
from .settings import Settings
from .shutdown import Shutdown
from .superoffice import Client

log = structlog.get_logger()
SANDBOX = "sandbox"  # the target of runs against the service inside this program


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """Everything a run needs to know of its surroundings."""

    settings: Settings
    day: date  # it is, for what is due
    archive: Archive
    fleet: Membership | None = None  # what this process shares with other machines; None: it is alone
    target: str  # the service's root, or "sandbox"
    target_name: str | None = None  # in the configuration; None: it has only one target
    options: tuple[str, ...]  # to repeat in the command to run next
    input_options: tuple[str, ...]  # the same, where the same job is read again
    withheld: tuple[str, ...] = ()  # settings of `--set` that no command repeats
    open_service: Callable[[], AbstractAsyncContextManager[Client]]
    subscriber: Emit = unheard  # to the events of the run
    shutdown: Shutdown = field(default_factory=Shutdown)  # of this run alone: it can be stopped once
    waited: float = 0.0  # seconds, before the run could begin; its deadline does not move
    job: JobOfRun | None = None  # of the queue; None: the run was started otherwise
    file_name: str | None = None  # of the job's file, as its sender called it; None: as its path says
    seen: str | None = None  # the fingerprint of the run, as the person saw it who decided; None: not known
    origin: Callable[[str], str] = str  # where the value of a setting stands, for people

    def emit(self, event: Event) -> None:
        """Pass an event on; the log names a subscriber that fails; it does the run no harm."""
        try:
            self.subscriber(event)
        except PresenceWorkerError:  # such as a signal that comes just now
            raise
        except Exception as error:  # noqa: BLE001 - what was sent must be written down in any case
            log.warning("subscriber.failed", about=type(event).__name__, error=type(error).__name__)

    @property
    def queue(self) -> JobQueue:
        """Return where the jobs of all targets wait."""
        state_dir = self.archive.state_dir
        return self.fleet.queue_in(state_dir) if self.fleet else FolderQueue(state_dir)

    def hold_target(self, run_id: str | None = None) -> AbstractContextManager[Lease]:
        """Hold the target, or raise Locked at once; any thread may let go of it.

        *run_id*: the run that goes on; None: another one.
        """
        return self.archive.hold_target(self.target, self.settings.delivery.total_timeout, run_id)

    def command(self, *words: str) -> NextStep:
        """Return a command to run next, with those options of this one that it takes."""
        return NextStep((*words, *select_options(words[0], self.options)))
