"""What would keep a run from working, found before the night, each with its remedy."""

from .checks import Diagnosis, diagnose, run_checks
from .probe import Probe, Severity

__all__ = ["Diagnosis", "Probe", "Severity", "diagnose", "run_checks"]
