"""A run as people and programs see it: every file is a pure function of the journal."""

from .advice import NextStep, advice, may_begin_anew, next_steps
from .files import SUMMARY, write_reports
from .headline import headline_of
from .summary import Summary, summarise

__all__ = [
    "SUMMARY",
    "NextStep",
    "Summary",
    "advice",
    "headline_of",
    "may_begin_anew",
    "next_steps",
    "summarise",
    "write_reports",
]
