"""Runs as callers and pages see them: what of a run they may see, and what they may do with it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from ..errors import PresenceWorkerError
from ..journal import KnownRun
from ..json_form import Json, json_object
from ..model import Result
from ..queue.job_queue import OPEN, QueuedJob
from ..report.files import SUMMARY, WRITERS, files_of
from ..report.run_list import UNREADABLE, Listed
from ..run.commands import have_reports
from ..run_states import JobCommand, JobOfRun, JobWay, State
from ..runs.fingerprint import fingerprint
from ..runs.listing import list_known_runs, list_one_run
from ..runs.lookup import can_be_continued, is_of_target
from .caller import Caller
from .served_targets import LoadedTargets
from .service import Service

MAKES_A_RUN = (JobCommand.RUN, JobCommand.PLAN, JobCommand.UNDO)
WAIT_FOR_APPLY = (State.PLANNED, State.HELD)
ENDED = (State.STOPPED, State.FINISHED)
WRITTEN = (Result.UPDATED, Result.UNKNOWN)
CHANGES = ("changes", "changes_left_out")  # of summary.json, with the role approve or rows
OF_ROWS = (  # of summary.json, with the role rows alone: values of cells, and people
    "unmapped",
    "filtered",
    "mapped",
    "explained",
    "sentences",
    "upcoming",
    "upcoming_left_out",
    "dropped",
    "dropped_left_out",
)
ROW_FILES = ("failed.csv", "unprocessed.csv")  # which have cells: with the role rows
FOUR_EYES = "Another person must approve this run: this token handed its job in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """A run, with what decides who may do what with it."""

    target: str  # by the name that jobs and tokens use
    listed: Listed
    etag: str  # changes when the run has moved, with quotes as HTTP has it
    jobs: Sequence[JobOfRun] = ()  # which made it, or went on with it
    can_resume: bool = False
    is_live: bool = False  # the service works on it now

    @property
    def id(self) -> str:
        """Its id."""
        return self.listed.id

    @property
    def can_undo(self) -> bool:
        """Return whether it may have changed something."""
        counts = self.listed.summary.counts if self.listed.summary else {}
        is_over = self.listed.state in ENDED and not self.listed.undone_by
        return is_over and any(counts.get(result) for result in WRITTEN)

    def has_job(self, job: QueuedJob) -> bool:
        """Return whether a job made this run, or went on with it; what came to nothing did neither."""
        return any(each.id == job.id for each in self.jobs)

    def was_handed_in_by(self, caller: Caller) -> bool:
        """Return whether the job that made this run came in with the caller's token."""
        made = [job for job in self.jobs if job.command in MAKES_A_RUN]
        return any((job.way, job.by) == (JobWay.HTTP, caller.name) for job in made)


def find_seen_runs(service: Service) -> list[SeenRun]:
    """Return all runs, newest first. It blocks."""
    loaded = service.targets.loaded
    live = _find_live(service)
    found = list_known_runs(loaded.common)
    return [_see(run, known, loaded, is_live=run.id in live) for run, known in found]


def find_seen_run(service: Service, run_id: str) -> SeenRun | None:
    """Return a run by its whole id; None: there is none. It blocks."""
    loaded = service.targets.loaded
    found = list_one_run(run_id, loaded.common)
    if found is None:
        return None
    return _see(*found, loaded, is_live=run_id in _find_live(service))


def _find_live(service: Service) -> set[str]:
    """Return the runs at work; one whose job is over only sends its messages."""
    current = service.live.current()
    opened = {job.id for job in service.queue.jobs() if job.state in OPEN} if current else set()
    return {run.run_id for run in current if run.job_id in opened}


def _see(listed: Listed, known: KnownRun, loaded: LoadedTargets, *, is_live: bool) -> SeenRun:
    is_handed_on = bool(listed.summary and listed.corrected and not listed.open_here)
    is_readable = known.fault is None
    return SeenRun(
        target=_name_target_of(listed, loaded),
        listed=listed,
        etag=f'"{fingerprint(known) if is_readable else UNREADABLE}"',
        jobs=known.record.input.jobs if is_readable else (),
        can_resume=is_readable and can_be_continued(known) and not (is_handed_on or listed.undone_by),
        is_live=is_live,
    )


def _name_target_of(listed: Listed, loaded: LoadedTargets) -> str:
    """Return the name of a run's target; one that is gone from the configuration keeps its own."""
    summary = listed.summary
    if summary is None:
        return ""
    names = (name for name, context in loaded.each.items() if is_of_target(summary, context))
    return next(names, summary.target_name or summary.target or "")


def actions_of_run(run: SeenRun, caller: Caller, *, four_eyes: bool) -> tuple[str, ...]:
    """Return what the caller may do with a run as it is now: stop, apply, resume, undo."""
    if not caller.may("approve"):
        return ()
    if run.is_live:
        return ("stop",)
    may_apply = run.listed.state in WAIT_FOR_APPLY and not (four_eyes and run.was_handed_in_by(caller))
    offered = {
        JobCommand.APPLY: may_apply,
        JobCommand.RESUME: run.can_resume and run.listed.state in ENDED,
        JobCommand.UNDO: run.can_undo,
    }
    return tuple(str(action) for action, is_offered in offered.items() if is_offered)


def view_run(run: SeenRun, caller: Caller, service: Service, *, is_whole: bool = False) -> dict[str, Json]:
    """Return the summary of a run without what the caller may not see; a *whole* one has its details."""
    form = json_object(run.listed.known)
    folder = service.targets.loaded.common.archive.runs / run.id
    if is_whole:
        fetch_reports(run, service)
        form |= _read_details(folder, form)
    form = _leave_out_what_is_private(form, caller)
    four_eyes = service.targets.loaded.serve.four_eyes
    form |= {
        "target_name": run.target,
        "files": link_files(run.id, _files_of(run, service), caller),
        "jobs": [json_object(job) for job in run.jobs],
        "headline": run.listed.message,
        "etag": run.etag,
        "actions": actions_of_run(run, caller, four_eyes=four_eyes),
    }
    return form


def fetch_reports(run: SeenRun, service: Service) -> None:
    """Have the reports of a run here that another machine has carried out, as far as that is possible now."""
    if not run.is_live:
        with suppress(PresenceWorkerError):
            have_reports(run.id, service.targets.loaded.common)


def _files_of(run: SeenRun, service: Service) -> set[str]:
    """Return the names of a run's files; where they are on another machine, of those that are certain."""
    common = service.targets.loaded.common
    there = {*files_of(common.archive.runs / run.id)}
    is_elsewhere = common.fleet is not None and not there and not run.is_live and run.listed.summary
    return {*WRITERS} - {*ROW_FILES} if is_elsewhere else there


def link_files(run_id: str, there: Collection[str], caller: Caller) -> dict[str, str]:
    """Return the addresses of the files of a run that are *there*, and that the caller may read."""
    names = (name for name in WRITERS if name not in ROW_FILES or caller.may("rows"))
    return {name: f"/api/v1/runs/{run_id}/{name}" for name in names if name in there}


def _read_details(folder: Path, form: Mapping[str, Json]) -> dict[str, Json]:
    """Return what only summary.json has of a run: its changes, and what was found in its file."""
    try:
        kept: dict[str, Json] = orjson.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError):  # not written yet
        return {}
    if kept.get("state") != form.get("state"):  # of an earlier ending
        return {}
    return {name: kept[name] for name in (*CHANGES, *OF_ROWS) if name in kept}


def _leave_out_what_is_private(form: Mapping[str, Json], caller: Caller) -> dict[str, Json]:
    if caller.may("rows"):
        return {**form}
    hidden = OF_ROWS if caller.may("approve") else (*CHANGES, *OF_ROWS)
    return {name: value for name, value in form.items() if name not in hidden}
