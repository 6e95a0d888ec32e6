"""Modules of this package that need cryptography: loaded when they are first used, for that takes time."""

from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """Give the module *name* of this package."""
    return import_module(f"{__package__}.{name}")
