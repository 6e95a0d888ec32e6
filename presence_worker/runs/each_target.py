"""How each target is: the runs of a state directory, judged by target."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import NamedTuple

from ..report.missing import Missing
from ..report.run_list import Listed
from ..report.target_state import ExpectedOfTarget, TargetState, judge_target, urgent_first
from ..run_context import RunContext
from ..settings import Settings
from .lookup import is_of_target

Judged = tuple[ExpectedOfTarget, Sequence[Listed]]


class BrokenTarget(NamedTuple):
    """A target whose file cannot be used."""

    name: str
    message: str  # all that is wrong with it, with file and line
    settings: Settings  # as far as they can be used: no run may start with them


def judge_targets(
    contexts: Sequence[RunContext],
    broken: Sequence[BrokenTarget],
    common: RunContext,
    runs: Sequence[Listed],
) -> list[TargetState]:
    """Return how each target is, those that need a person first; *runs* are all of them, newest first.

    Each of the *contexts* is a configured target, and so is each one that is *broken*.
    Where no target is configured, those that have runs are judged. What else has runs comes last.
    """
    now = datetime.now(UTC)
    groups: list[Judged] = [
        *((_expectation_of(each), _runs_of(each, runs)) for each in contexts if _name_of(each)),
        *((_expectation_of_broken(each, common), _runs_called(each.name, runs)) for each in broken),
    ]
    groups += _others(
        runs, {run.id for _, found in groups for run in found}, common, has_targets=bool(groups)
    )
    return urgent_first(judge_target(expected, found, now) for expected, found in groups)


def what_is_missing(runs: Sequence[Listed], context: RunContext) -> Missing | None:
    """Return which job of a target has not finished in time; *runs* are all of them, newest first."""
    states = judge_targets([context], [], context, runs)
    return next((state.missing for state in states if state.missing), None)


def _name_of(context: RunContext) -> str:
    return context.target_name or context.target


def _expectation_of(context: RunContext) -> ExpectedOfTarget:
    settings = context.settings
    return ExpectedOfTarget(
        _name_of(context),
        every=settings.report.expected_every,
        source=settings.job.source,
        check=context.command("doctor"),
    )


def _expectation_of_broken(target: BrokenTarget, common: RunContext) -> ExpectedOfTarget:
    """Return what is known of a broken target; where its file says nothing, the common one does."""
    settings = target.settings
    return ExpectedOfTarget(
        target.name,
        every=settings.report.expected_every or common.settings.report.expected_every,
        source=settings.job.source,
        broken=target.message,
        check=common.command("doctor"),  # its name may be wrong
    )


def _runs_of(context: RunContext, runs: Sequence[Listed]) -> list[Listed]:
    return [run for run in runs if run.summary and is_of_target(run.summary, context)]


def _runs_called(name: str, runs: Sequence[Listed]) -> list[Listed]:
    return [run for run in runs if run.summary and run.summary.target_name == name]


def _others(
    runs: Sequence[Listed], known: AbstractSet[str], common: RunContext, *, has_targets: bool
) -> Iterator[Judged]:
    """Yield the targets of the other runs; a job is expected of the newest one where none is configured."""
    groups: dict[str, list[Listed]] = {} if has_targets or runs else {"": []}
    for run in runs:
        if run.id not in known:
            name = run.summary and run.summary.target_name
            groups.setdefault(name or run.target, []).append(run)
    settings = common.settings
    every = None if has_targets else settings.report.expected_every
    for name, found in groups.items():
        is_expected = bool(name or not found)  # nothing is known of a run that cannot be read
        yield (
            ExpectedOfTarget(
                name,
                every=every if is_expected else None,
                source=settings.job.source,
                is_configured=not has_targets,
            ),
            found,
        )
        every = None if is_expected else every
