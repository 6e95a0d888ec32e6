"""The runs of a state directory, newest first."""

from contextlib import closing
from pathlib import Path

from ..errors import Locked, PresenceWorkerError, Stopped
from ..journal import JOURNAL, Journal, Reader, run_lock, untouched
from ..model import Intent, Reason, Result, State
from ..report import Summary, summarise
from ..report.listed import UNREADABLE, Listed
from ..text import share
from .earlier import earlier_run
from .invocation import Invocation


def list_runs(invocation: Invocation, *, since: str = "") -> list[Listed]:
    """Give the runs, newest first, or only those whose id does not come before *since*.

    One that cannot be read is listed as such, one at work with what is known of it.
    """
    folders = invocation.archive.folders()
    return [_listed(folder, invocation) for folder in folders if folder.name >= since]


def _listed(folder: Path, invocation: Invocation) -> Listed:
    try:
        return _looked_at(folder, invocation)
    except PresenceWorkerError as error:
        return Listed({"run_id": folder.name, "state": UNREADABLE, "message": str(error)})


def _looked_at(folder: Path, invocation: Invocation) -> Listed:
    try:
        with run_lock(folder):
            glanced = _glanced(folder)
        if glanced is not None:
            return glanced
        with earlier_run(folder, invocation) as journal:
            return _told(journal)
    except Locked:
        with closing(Journal.open(folder / JOURNAL)) as journal:
            return _told(journal, held=True)


def _glanced(folder: Path) -> Listed | None:
    """Tell of a run that was closed in order, which is quick; None for one that must be opened to be told."""
    reader = untouched(folder / JOURNAL)
    if reader is None:
        return None
    with closing(reader):
        try:
            if reader.is_current() and reader.run().state != State.RUNNING:
                return _told(reader)
        except Stopped:  # whoever opens it can say what is wrong with it
            pass
    return None


def _told(journal: Reader, *, held: bool = False) -> Listed:
    """Tell of a run; *held* by somebody it may be at work."""
    run, summary = journal.run(), summarise(journal, {})
    if held and run.state == State.RUNNING:
        summary |= _so_far(summary, journal.on_their_way())
    return Listed(summary, is_job=run.intent != Intent.UNDO and not run.input.get("came_back"))


def _so_far(summary: Summary, on_their_way: int) -> Summary:
    """Tell how far a run at work is: what is not settled yet is neither in doubt nor anybody's fault."""
    counts = dict(summary["counts"])
    counts[Result.UNKNOWN] -= on_their_way
    counts[Result.NOT_SENT] += on_their_way
    reasons = summary["reasons"]
    return {
        "counts": counts,
        "reasons": [
            each for each in reasons if each["result"] != Result.NOT_SENT and each["reason"] != Reason.STOPPED
        ],
        "next": None,
        "message": f"at work: {share(summary['done'], sum(counts.values()), 'row')} done",
    }
