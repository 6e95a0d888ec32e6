"""How changes reach the service: at what pace, with what patience, and until when."""

from .deliver import deliver
from .gate import Gate
from .halt import Halt
from .policy import Policy, Tries
from .watch import Watch

__all__ = ["Gate", "Halt", "Policy", "Tries", "Watch", "deliver"]
