"""A run as people and programs see it: every file is a pure function of the journal."""

from .files import SUMMARY, write_reports
from .headline import Advice, advice_words, advise, headline_of, may_begin_again
from .summarise import summarise
from .summary import Summary

__all__ = [
    "SUMMARY",
    "Advice",
    "Summary",
    "advice_words",
    "advise",
    "headline_of",
    "may_begin_again",
    "summarise",
    "write_reports",
]
