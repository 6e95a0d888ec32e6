"""What would keep a run from working, found before the night and told with its remedy."""

from .case import Case
from .examination import examine
from .findings import Finding, Verdict
from .report import diagnosis

__all__ = ["Case", "Finding", "Verdict", "diagnosis", "examine"]
