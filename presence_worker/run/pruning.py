"""Old runs: deleted, but for those that somebody may still need."""

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from ..errors import Locked, PresenceWorkerError
from ..journal import JOURNAL, RunRecord, id_made_ago, is_readable, is_run_folder
from ..model import State
from .earlier import earlier_run
from .history import forget, has_touched, history_of
from .invocation import Invocation

CAN_GO_ON = (State.STOPPED, State.FINISHED, State.HELD, State.PLANNED)  # with rows left to send
AT_WORK = "a process works on it"
CONTINUABLE = "resume or apply may still continue it"
LATER_ONE = "an earlier run that may still be continued must not overwrite what this one wrote"
STILL_TO_COME = "something is still to come of it, which `schedule` lists"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What became of the runs: all of them are either deleted or kept."""

    deleted: list[str]  # run ids, oldest first
    kept: int
    kept_though_old: dict[str, str]  # run id: why


def prune_runs(invocation: Invocation) -> Pruning:
    """Delete the runs that are older than storage.keep, oldest first; give what was deleted and kept."""
    archive, oldest = invocation.archive, id_made_ago(invocation.settings.storage.keep)
    archive.prepare()
    archive.sweep(before=oldest)
    folders = archive.folders()
    old = sorted(folder for folder in folders if is_run_folder(folder) and folder.name < oldest)
    awaited: set[str] = set()  # targets of which an earlier run may still be continued
    future = Future(invocation)
    verdicts = {folder.name: _prune(folder, awaited, future) for folder in old}
    deleted = [name for name, why in verdicts.items() if why is None]
    return Pruning(
        deleted=deleted,
        kept=len(folders) - len(deleted),
        kept_though_old={name: why for name, why in verdicts.items() if why is not None},
    )


class Future:
    """Owns what is still to come of each target's runs, found out when it is first asked for."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self._needed: dict[str, frozenset[str]] = {}

    def needs(self, run: RunRecord) -> bool:
        """Whether something is still to come of a run, or of one that it has changed."""
        if run.target not in self._needed:
            self._needed[run.target] = self._found_out(replace(self.invocation, target=run.target))
        return run.run_id in self._needed[run.target]

    def _found_out(self, invocation: Invocation) -> frozenset[str]:
        """Give the runs that are needed; the others are told what a later one has replaced."""
        history = history_of(invocation)
        forget(history, invocation)
        entries = {entry.run_id for entries in history.to_come.values() for entry in entries}
        touched = {past.run_id for past in history.pasts if has_touched(past, history.to_come)}
        return frozenset(entries | touched)


def _prune(folder: Path, awaited: set[str], future: Future) -> str | None:
    """Delete one old run, or give why it was kept."""
    try:
        why = _why_kept(folder, awaited, future)
        if why is None:
            future.invocation.archive.delete(folder)
    except Locked:
        return AT_WORK
    except (PresenceWorkerError, OSError, sqlite3.Error, ValueError) as error:  # of a damaged file
        why = f"it cannot be read or deleted: {error}"
        log.error("run.not_deleted", run_id=folder.name, detail=why)  # noqa: TRY400 - the reason says all
    return why


def _why_kept(folder: Path, awaited: set[str], future: Future) -> str | None:
    """Give why an old run must stay, or None; what its target awaits is noted for the runs after it."""
    invocation = future.invocation
    may_go_on = folder.name >= id_made_ago(invocation.settings.safety.max_resume_age)
    if not may_go_on and is_readable(folder / JOURNAL, without_days=True):
        return None  # and nothing was written to find that out: a full disk can be cleared
    with earlier_run(folder, invocation) as journal:
        run = journal.run()
        if may_go_on and run.state in CAN_GO_ON and journal.to_send():
            awaited.add(run.target)
            return CONTINUABLE
        if future.needs(run):
            return STILL_TO_COME
        return LATER_ONE if run.target in awaited and any(journal.written()) else None
