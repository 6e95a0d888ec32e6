"""The life of a run."""

from .checking import check_job
from .expected import what_is_missing
from .invocation import SANDBOX, Invocation, Progress, Silence, quoted
from .life import apply_run, report_run, resume_run, run_job, undo_run
from .listing import list_runs
from .pruning import Pruning, prune_runs
from .scheduling import cancel_schedule, list_schedule
from .signals import raise_on_signal

__all__ = [
    "SANDBOX",
    "Invocation",
    "Progress",
    "Pruning",
    "Silence",
    "apply_run",
    "cancel_schedule",
    "check_job",
    "list_runs",
    "list_schedule",
    "prune_runs",
    "quoted",
    "raise_on_signal",
    "report_run",
    "resume_run",
    "run_job",
    "undo_run",
    "what_is_missing",
]
