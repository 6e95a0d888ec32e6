"""`presence-worker prune`."""

from collections.abc import Iterator, Sequence
from functools import partial

import click

from ..notify.notifier import name_target
from ..runs.pruning import Pruning, prune_jobs, prune_runs
from ..wording import amount
from .options import Options, options_of
from .output import print_json, print_lines, wrap
from .targets import Contexts, contexts_of, end_with, owner_of


@click.command("prune")
@options_of("prune")
def command(options: Options) -> int:
    """Delete runs older than storage.keep.

    Some old runs are kept: a run at work, one that `resume` or `apply` would still take, and all later runs
    of the same target. A run whose journal cannot be read is kept, too. The reports and failed.csv of a
    deleted run are deleted with it. Where the configuration has several targets, each run is judged by the
    settings of its own target. The runs of a target whose file is broken are left alone.

    Jobs of the service are deleted as well, if they are over, that old, and without a run.

    \b
    Examples:
      presence-worker prune
      presence-worker prune --json
    """
    contexts = contexts_of(options)
    pruning = prune_runs(contexts.common, partial(owner_of, contexts) if contexts.is_several else None)
    jobs = _prune_jobs(contexts)
    if options.as_json:
        kept = [{"run_id": run_id, "why": why} for run_id, why in pruning.kept_though_old.items()]
        print_json(
            {"pruned": pruning.deleted, "kept": pruning.kept, "kept_though_old": kept, "pruned_jobs": jobs}
        )
    elif not options.quiet:
        print_lines(_lines(pruning, jobs))
    return end_with(0, contexts)


def _prune_jobs(contexts: Contexts) -> list[str]:
    runs = {run.name for run in contexts.common.archive.index.runs()}
    return prune_jobs(contexts.common.queue, runs, partial(_keep_of, contexts))


def _keep_of(contexts: Contexts, target: str) -> float | None:
    """Return how long the jobs of a target are kept, by its own settings; None: they are left alone."""
    named = [each for each in contexts.each if name_target(each) == target]
    is_about_all = contexts.common.target_name is None and not contexts.broken
    owners = named or ([contexts.common] if is_about_all else [])
    return owners[0].settings.storage.keep if owners else None


def _lines(pruning: Pruning, jobs: Sequence[str]) -> Iterator[str]:
    number = len(pruning.deleted)
    yield f"{number} {'run' if number == 1 else 'runs'} deleted, {pruning.kept} kept."
    if jobs:
        yield f"{amount(len(jobs), 'job')} of the service deleted."
    for run_id, why in pruning.kept_though_old.items():
        yield from wrap(f"Kept though old: {run_id}: {why}", indent=2)
