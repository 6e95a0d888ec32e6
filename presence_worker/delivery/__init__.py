"""How changes reach the service: at what pace, with what patience, and until when."""

from .deliver import deliver
from .halt import Halt
from .policy import Policy, Tries
from .read_back import number_of_read_backs, read_back
from .watch import Watch

__all__ = ["Halt", "Policy", "Tries", "Watch", "deliver", "number_of_read_backs", "read_back"]
