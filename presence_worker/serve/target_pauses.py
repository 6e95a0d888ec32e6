"""Targets whose jobs wait: until when, what lifts that, and who hears of it."""

from collections.abc import Mapping
from dataclasses import replace

import anyio
import structlog

from ..clock import HOUR, now
from ..errors import ExitCode, PresenceWorkerError
from ..run.correcting import are_corrected
from ..runs.lookup import earlier_run
from ..threads import work_in_thread
from .live_runs import LiveRuns
from .messenger import Messenger
from .served_targets import ServedTargets
from .service_notes import ServiceNotes
from .turns import TargetPause
from .what_follows import JobTrouble

AGAIN = 30.0  # seconds until a target is tried again
SOON = 5.0  # the same, where machines share a database: another one has died, or ends
OF_THE_FLEET = (JobTrouble.BUSY, JobTrouble.DATABASE)
LONGEST = 600.0  # seconds, where each try makes another ending of the same run
REFUSED = "SuperOffice refused the credentials. Correct them, or resume the run."
SIGNED_IN = (ExitCode.DONE, ExitCode.INCOMPLETE)
CODES = {JobTrouble.CONFIGURATION: ExitCode.USAGE, JobTrouble.DISK: ExitCode.USAGE}
log = structlog.get_logger()


class TargetPauses:
    """Owns why the jobs of targets wait."""

    def __init__(
        self, targets: ServedTargets, notes: ServiceNotes, messenger: Messenger, live: LiveRuns
    ) -> None:
        self._targets = targets
        self._notes = notes
        self._messenger = messenger
        self._live = live
        self._each: dict[str, TargetPause] = {}
        self._ours: set[str] = set()  # targets whose refused credentials are this machine's, too
        self._others: dict[
            str, str
        ] = {}  # run with refused credentials that are not this machine's, by target

    @property
    def each(self) -> Mapping[str, TargetPause]:
        """Return the targets that wait now, by name."""
        return self._each

    async def read(self) -> None:
        """Let those wait whose credentials were refused before the service began, or on another machine.

        Where another machine has ended that wait, it ends here, too.
        """
        await work_in_thread(self._notes.read)
        refused = self._notes.refused
        for target in [name for name in self._each if self._waits_for_credentials(name)]:
            if target not in refused:
                await self.end(target)
        for target, run_id in refused.items():
            if not self._waits_for_credentials(target) and self._others.get(target) != run_id:
                self.begin(target, JobTrouble.CREDENTIALS, REFUSED, run_id)
                self._each[target] = replace(self._each[target], until=anyio.current_time())

    def _waits_for_credentials(self, target: str) -> bool:
        return target in self._each and self._each[target].trouble is JobTrouble.CREDENTIALS

    def begin(self, target: str, trouble: JobTrouble, words: str, run_id: str | None = None) -> None:
        """Let the jobs of a target wait; other trouble does not end a wait for credentials."""
        clock, pause = anyio.current_time(), self._each.get(target)
        if pause and pause.trouble is JobTrouble.CREDENTIALS is not trouble:
            log.warning("target.waits", target=target, why=trouble, run_id=run_id)
            self._each[target] = replace(pause, resume_at=clock + AGAIN)
            return
        if pause is None or pause.trouble is not trouble:
            log.warning("target.waits", target=target, why=trouble, run_id=run_id)
            since = now().isoformat(timespec="seconds")
            pause = TargetPause(trouble=trouble, words=words, since=since, began=clock, until=clock)
        pause = replace(
            pause, words=words, until=clock + self._wait(pause, run_id), tries=pause.tries + 1, run_id=run_id
        )
        self._each[target] = self._report(target, pause, clock)
        self._live.notify(target)

    def _wait(self, pause: TargetPause, run_id: str | None) -> float:
        """Return the seconds until a target is tried again."""
        if self._targets.loaded.common.fleet and pause.trouble in OF_THE_FLEET:
            return SOON
        return min(AGAIN * 2**pause.tries, LONGEST) if run_id else AGAIN

    def _report(self, target: str, pause: TargetPause, clock: float) -> TargetPause:
        """Send a message where no run has sent one; for another program that is at work, after an hour."""
        code = CODES.get(pause.trouble)
        if pause.trouble is JobTrouble.BUSY and clock - pause.began >= HOUR:
            code = ExitCode.LOCKED
        if code is None or pause.is_reported or pause.run_id:
            return pause
        self._messenger.report(self._targets.loaded.context_of_messages(target), code, "refused")
        return replace(pause, is_reported=True)

    async def note_refused(self, target: str, run_id: str, words: str) -> None:
        """Let the jobs of a target wait for other credentials, also after a restart."""
        await work_in_thread(self._notes.note_refused, target, run_id)
        self._ours.add(target)
        self.begin(target, JobTrouble.CREDENTIALS, words, run_id)

    async def end_after(self, target: str, exit_code: int) -> None:
        """Let the jobs of a target go on after a job without trouble, which must have signed in."""
        pause = self._each.get(target)
        if pause and pause.trouble is JobTrouble.CREDENTIALS and exit_code not in SIGNED_IN:
            return
        await self.end(target)

    async def end(self, target: str) -> None:
        """Let the jobs of a target go on."""
        if self._each.pop(target, None):
            log.info("target.goes_on", target=target)
            self._live.notify(target)
            self._ours.discard(target)
            await work_in_thread(self._notes.forget_refused, target)

    async def end_all(self) -> None:
        """Try all targets again."""
        for target in [*self._each]:
            await self.end(target)

    def is_busy(self, target: str) -> bool:
        """Return whether another program works on a target."""
        return target in self._each and self._each[target].trouble is JobTrouble.BUSY

    def try_busy_ones(self) -> None:
        """Try those again at once that wait for another program, which may have been a run of ours."""
        for target, pause in self._each.items():
            if pause.trouble is JobTrouble.BUSY:
                self._each[target] = replace(pause, until=anyio.current_time())

    async def find_corrected(self) -> None:
        """Let those go on whose credentials are others now.

        Where this machine's were never those that another one's run was refused with, they go on here alone.
        """
        clock = anyio.current_time()
        for target, pause in [*self._each.items()]:
            if pause.trouble is not JobTrouble.CREDENTIALS or pause.until > clock:
                continue
            if not await work_in_thread(self._are_corrected, target, pause.run_id):
                self._ours.add(target)
                self._each[target] = replace(pause, until=clock + AGAIN)
            elif target in self._ours or not self._targets.loaded.common.fleet:
                await self.end(target)
            else:
                self._others[target] = pause.run_id or ""
                del self._each[target]
                self._live.notify(target)

    def _are_corrected(self, target: str, run_id: str | None) -> bool:
        """Return whether credentials are not those that were refused in a run, or the run went on since."""
        try:
            context = self._targets.context(target)
            folder = next((run.folder for run in context.archive.index.runs() if run.name == run_id), None)
            if folder:  # else it was deleted
                with earlier_run(folder, context) as journal:
                    return are_corrected(journal.run(), context)
        except PresenceWorkerError:  # the configuration is broken, or the run is at work
            return False
        return True
