"""What a table names, loaded when it is first used: no command waits for what it does not use."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

PACKAGE = __package__ or ""


def load(table_entry: str) -> Any:
    """Return a module by its entry in a table, or with `module:name` what the module has of that name.

    An entry that begins with a dot is below this package: `.languages:month_names`. What it gives is `Any`;
    the caller names its type at once. Raise ModuleNotFoundError where an extra is not installed.
    """
    module, _, name = table_entry.partition(":")
    loaded = import_module(module, PACKAGE)
    return getattr(loaded, name) if name else loaded


def is_installed(module: str) -> bool:
    """Return whether a module of others is there; an extra brings it."""
    return find_spec(module) is not None
