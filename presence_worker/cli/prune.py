"""`presence-worker prune`."""

from collections.abc import Iterator
from functools import partial

import click

from ..runs.pruning import Pruning, prune_runs
from .options import Options, options_of
from .output import print_json, print_lines, wrap
from .targets import contexts_of, end_with, owner_of


@click.command("prune")
@options_of("prune")
def command(options: Options) -> int:
    """Delete runs older than storage.keep.

    Some old runs are kept: a run at work, one that `resume` or `apply` would still take, and all later runs
    of the same target. A run whose journal cannot be read is kept, too. The reports and failed.csv of a
    deleted run are deleted with it. Where the configuration has several targets, each run is judged by the
    settings of its own target. The runs of a target whose file is broken are left alone.

    \b
    Examples:
      presence-worker prune
      presence-worker prune --json
    """
    contexts = contexts_of(options)
    pruning = prune_runs(contexts.common, partial(owner_of, contexts) if contexts.is_several else None)
    if options.as_json:
        kept = [{"run_id": run_id, "why": why} for run_id, why in pruning.kept_though_old.items()]
        print_json({"pruned": pruning.deleted, "kept": pruning.kept, "kept_though_old": kept})
    elif not options.quiet:
        print_lines(_lines(pruning))
    return end_with(0, contexts)


def _lines(pruning: Pruning) -> Iterator[str]:
    number = len(pruning.deleted)
    yield f"{number} {'run' if number == 1 else 'runs'} deleted, {pruning.kept} kept."
    for run_id, why in pruning.kept_though_old.items():
        yield from wrap(f"Kept though old: {run_id}: {why}", indent=2)
