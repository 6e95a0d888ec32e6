"""How changes reach the service: at what pace, with what patience, and until when."""

from .deliver import deliver
from .halt import Halt
from .policy import Policy, policy
from .watch import Watch

__all__ = ["Halt", "Policy", "Watch", "deliver", "policy"]
