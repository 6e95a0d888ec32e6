"""What a table names is loaded when it is first used."""

import sys

import pytest

from presence_worker import languages
from presence_worker.loading import load


def test_loads_a_module_below_the_package() -> None:
    """An entry that begins with a dot is one of our modules."""
    assert load(".languages") is languages


def test_loads_what_a_module_has() -> None:
    """Behind a colon stands what is wanted of the module."""
    assert load(".languages:month_names") is languages.month_names


def test_loads_modules_of_others() -> None:
    """An entry without a dot before it is anybody's module."""
    assert load("defusedxml.ElementTree") is sys.modules["defusedxml.ElementTree"]


def test_what_is_not_installed_is_missed_by_name() -> None:
    """Whoever needs an extra hears which module is missing."""
    with pytest.raises(ModuleNotFoundError, match="no_such_extra"):
        load(".no_such_extra")
