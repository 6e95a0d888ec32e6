"""Modules loaded only when they are needed: nobody waits for what is not used."""

import gc
import importlib
from types import ModuleType


def load(name: str) -> ModuleType:
    """Give the module *name* of this package."""
    gc.disable()  # loading makes many objects that stay, and hardly any garbage: do not look for it, ever
    try:
        return importlib.import_module(f"{__package__}.{name}")
    finally:
        gc.freeze()
        gc.enable()
