"""`presence-worker metrics`."""

from typing import NamedTuple

import click

from ..fleet.figures import fleet_figures
from .metrics_textfile import figures_of
from .options import Options, options_of
from .output import print_json, print_lines
from .targets import contexts_of, end_with


class MetricsData(NamedTuple):
    """What `metrics --json` prints."""

    metrics: str


@click.command("metrics")
@options_of("metrics")
def command(options: Options) -> int:
    """Print figures for a monitoring system, in the text format of Prometheus.

    They are about the last run of each target, and the runs that wait for a person. metrics.textfile writes
    the same text to a file at the end of each run. With fleet.database, the command also prints figures of
    all machines together.

    \b
    Examples:
      presence-worker metrics
      presence-worker metrics --json
    """
    contexts = contexts_of(options)
    fleet = contexts.common.fleet
    figures = figures_of(contexts) + (fleet_figures(fleet.status()) if fleet else "")
    if options.as_json:
        print_json(MetricsData(figures))
    else:
        print_lines(figures.splitlines())
    return end_with(0, contexts)
