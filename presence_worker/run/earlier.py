"""Runs of earlier nights: finding the right one, and the reasons to leave it alone."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ..errors import ExitCode, Locked, PresenceWorkerError, UsageFault
from ..journal import JOURNAL, LAST, Journal, RunRecord, run_lock
from ..model import Intent, State
from ..values import plain_duration
from .ending import message_of
from .invocation import Invocation

DIED = "the program ended before the run did (killed, crashed, or the machine went down)"
GLANCE = 1.0  # seconds for somebody who lists or reports runs to let go of one
log = structlog.get_logger()


@contextmanager
def earlier_run(folder: Path, invocation: Invocation, *, patience: float = 0.0) -> Iterator[Journal]:
    """Hold and open a run; one whose program died is said to be stopped.

    Raise Locked where it is still at work after *patience* seconds.
    """
    with ExitStack() as held:
        _hold(folder, held, patience)
        journal = Journal.open(folder / JOURNAL)
        try:
            if journal.run().state == State.RUNNING:
                journal.check()
                _note_death(journal, folder, invocation)
            yield journal
        finally:
            journal.close()


def _hold(folder: Path, held: ExitStack, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            held.enter_context(run_lock(folder))
        except Locked:
            if time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


def _note_death(journal: Journal, folder: Path, invocation: Invocation) -> None:
    known = journal.run().next  # with the options of the command that died
    with journal.transaction():
        journal.describe(
            state=State.STOPPED,
            exit_code=ExitCode.CRASHED,
            message=message_of(journal, State.STOPPED, DIED),
            next=known or invocation.command("resume", folder.name),
        )


def choose(name: str | None, invocation: Invocation) -> Path:
    """Give the folder of the run called *name*, for a command that works on the target.

    `last` is the newest run of the target. Without a name it is the newest stopped one, else the newest one.
    Raise UsageFault for none.
    """
    if name:
        return _last(invocation) if name == LAST else called(name, invocation)
    newest = None
    for folder, run in runs_of_target(invocation):
        newest = newest or folder
        if run.state in (State.STOPPED, State.RUNNING):  # nobody works on it: we hold the target
            return folder
    if newest is None:
        raise _none(invocation)
    return newest


def called(name: str, invocation: Invocation) -> Path:
    """Give the folder of the run called *name*, whatever its target; raise UsageFault unless it is one."""
    try:
        return invocation.archive.find(name)
    except UsageFault as fault:
        raise UsageFault(str(fault), next=invocation.command("runs")) from None


def _last(invocation: Invocation) -> Path:
    """Give the target's newest run; one that cannot be read may be it, and raises UsageFault."""
    for folder in invocation.archive.folders():
        with closing(Journal.open(folder / JOURNAL)) as journal:
            if journal.run().target == invocation.target:
                return folder
    raise _none(invocation)


def _none(invocation: Invocation) -> UsageFault:
    words = f"there is no run of {invocation.target} in {invocation.archive.runs}"
    return UsageFault(words, next=invocation.command("runs"))


def last_finished(invocation: Invocation) -> RunRecord | None:
    """Give the target's newest finished run of a whole job; None where there is none."""
    whole = (
        run
        for _, run in runs_of_target(invocation)
        if run.state == State.FINISHED and run.intent != Intent.UNDO and not run.input.get("came_back")
    )
    return next(whole, None)


def runs_of_target(invocation: Invocation) -> Iterator[tuple[Path, RunRecord]]:
    """Yield the target's runs, newest first; one that cannot be read is said and passed over."""
    for folder in invocation.archive.folders():
        try:
            with closing(Journal.open(folder / JOURNAL)) as journal:
                run = journal.run()
        except PresenceWorkerError as error:
            log.warning("run.unreadable", run_id=folder.name, detail=str(error))
        else:
            if run.target == invocation.target:
                yield folder, run


def check_target(run: RunRecord, invocation: Invocation) -> None:
    """Raise UsageFault for a run of another target: what was meant for one must not reach the other."""
    if run.target != invocation.target:
        raise UsageFault(
            f"run {run.run_id} is for {run.target}, but the configured target is {invocation.target}",
            next=invocation.command("runs"),
        )


def check_age(run: RunRecord, command: str, invocation: Invocation) -> None:
    """Raise UsageFault for a run so old that people have come and gone since."""
    age = (datetime.now(UTC) - datetime.fromisoformat(run.created_at)).total_seconds()
    oldest = invocation.settings.safety.max_resume_age
    if age > oldest:
        raise UsageFault(
            f"run {run.run_id} is {plain_duration(age)} old, more than safety.max_resume_age "
            f"({plain_duration(oldest)}); what it asks for may no longer be right. "
            "If it is, --any-age does it all the same",
            next=invocation.command(command, run.run_id, "--any-age"),
        )


def written_since(run: RunRecord, invocation: Invocation) -> frozenset[int]:
    """Give the associates that later runs of the same target have written.

    Raise UsageFault where one of them cannot be read: what it has written is not known.
    """
    later = [folder for folder in invocation.archive.folders() if folder.name > run.run_id]
    return frozenset(written for folder in later for written in _written_in(folder, run, invocation))


def _written_in(later: Path, run: RunRecord, invocation: Invocation) -> list[int]:
    try:
        with closing(Journal.open(later / JOURNAL)) as journal:
            return list(journal.written()) if journal.run().target == run.target else []
    except UsageFault as fault:
        raise UsageFault(
            f"run {later.name}, which came later, may have written the same associates, but {fault}; "
            f"if you know that it did not, move {later} away and run this again",
            next=invocation.command("runs"),
        ) from None
