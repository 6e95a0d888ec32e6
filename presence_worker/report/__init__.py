"""A run as people and programs see it: every file is a pure function of the journal."""

from .files import write_reports
from .summary import Summary, summarise

__all__ = ["Summary", "summarise", "write_reports"]
