"""What would keep a run from working, found before the night, with what to do."""

from .checks import Diagnosis, diagnose, run_checks
from .probe import Probe, Severity

__all__ = ["Diagnosis", "Probe", "Severity", "diagnose", "run_checks"]
