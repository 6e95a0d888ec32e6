"""From arguments to exit code: the only place that prints, exits or starts a loop."""

from .main import main

__all__ = ["main"]
