"""What the first page is about: how the targets are, what waits, what works, and the last nights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...json_form import Json, from_json
from ...report.summary import PlannedChanges
from ...report.target_state import TargetState
from ..caller import Caller
from ..job_views import JobView, may_see_job, view_jobs, view_one_job
from ..live_run import LiveRun
from ..run_views import SeenRun, actions_of_run, find_seen_runs, view_run
from ..service import Service
from ..turns import TargetPause
from ..what_follows import find_lost_jobs

MOST_NIGHTS = 14  # runs


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """A run as one reader may see it."""

    run: SeenRun
    form: Mapping[str, Json]  # what /api/v1/runs/{run} has
    actions: Sequence[str]  # stop, apply, resume, undo

    @property
    def planned(self) -> PlannedChanges:
        """What it asks for, where the reader may see that."""
        return from_json(PlannedChanges, self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """All that the first page shows one reader."""

    states: Sequence[TargetState]
    trouble: str | None  # of the service
    pauses: Mapping[str, TargetPause]  # why the jobs of targets wait
    problem: str | None  # why the common configuration file could not be read the last time
    waiting: Sequence[ShownRun]  # for a person, the newest first
    lost: Sequence[JobView]  # jobs that failed before their run began, the newest first
    unreadable: int  # jobs, of whichever target
    live: Sequence[LiveRun]
    queue: Sequence[JobView]  # jobs that wait, the next one first
    nights: Sequence[SeenRun]  # newest first
    zone: str | None  # of all times


def read_morning(service: Service, caller: Caller) -> Morning:
    """Return what a caller may know. It blocks."""
    runs = [run for run in find_seen_runs(service) if caller.may_use(run.target)]
    states = [state for state in _judge(service, runs) if caller.may_use(state.target) or not state.target]
    open_jobs = view_jobs(service, caller, only_open=True)
    return Morning(
        states=states,
        trouble=service.trouble,
        pauses={name: each for name, each in [*service.pauses.items()] if caller.may_use(name)},
        problem=service.targets.problem,
        lost=_find_lost(service, caller),
        unreadable=len(service.queue.unreadable()),
        waiting=[show_run(service, run, caller) for run in _find_waiting(states, runs)],
        live=find_live(service, caller),
        queue=[job for job in reversed(open_jobs) if job.position is not None],
        nights=runs[:MOST_NIGHTS],
        zone=zone_of(service),
    )


def zone_of(service: Service) -> str | None:
    """Return the time zone of all times; None: that of this machine."""
    return service.targets.loaded.common.settings.input.timezone


def find_live(service: Service, caller: Caller) -> list[LiveRun]:
    """Return the runs at work that a caller may know of."""
    return [run for run in service.live.current() if caller.may_use(run.target)]


def show_run(service: Service, run: SeenRun, caller: Caller) -> ShownRun:
    """Return a run as a caller may see it. It blocks."""
    four_eyes = service.targets.loaded.serve.four_eyes
    return ShownRun(
        run=run,
        form=view_run(run, caller, service, is_whole=True),
        actions=actions_of_run(run, caller, four_eyes=four_eyes),
    )


def _judge(service: Service, runs: Sequence[SeenRun]) -> list[TargetState]:
    return service.targets.loaded.judge([run.listed for run in runs])


def _find_lost(service: Service, caller: Caller) -> list[JobView]:
    lost = find_lost_jobs(service.queue.jobs())
    return [view_one_job(service, job, caller) for job in lost if may_see_job(job, caller)]


def _find_waiting(states: Iterable[TargetState], runs: Iterable[SeenRun]) -> list[SeenRun]:
    waiting = {run.id for state in states for run in state.waiting}
    return [run for run in runs if run.id in waiting and not run.is_live]
