"""The life of a run."""

from .checking import check_job
from .invocation import Invocation, Progress, Silence, quoted
from .life import apply_run, list_runs, report_run, resume_run, run_job
from .pruning import Pruning, prune_runs
from .signals import raise_on_signal

__all__ = [
    "Invocation",
    "Progress",
    "Pruning",
    "Silence",
    "apply_run",
    "check_job",
    "list_runs",
    "prune_runs",
    "quoted",
    "raise_on_signal",
    "report_run",
    "resume_run",
    "run_job",
]
