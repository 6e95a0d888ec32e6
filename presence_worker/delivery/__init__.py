"""How changes reach SuperOffice: at what pace, with what patience, and until when."""

from .policy import Pipeline, Policy, number_of_read_backs, read_back
from .systemic_failures import Halt, SystemicFailures
from .worker_pool import deliver, source_of

__all__ = [
    "Halt",
    "Pipeline",
    "Policy",
    "SystemicFailures",
    "deliver",
    "number_of_read_backs",
    "read_back",
    "source_of",
]
