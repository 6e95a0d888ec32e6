"""requirements.lock: what an installation is made of, each file of it known by its hash."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
ASKED = [
    Requirement(text)
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Pin(NamedTuple):
    """One line of the lock, with those it continues on."""

    wanted: Requirement
    hashes: int


def pins() -> list[Pin]:
    lines = [line for line in LOCK.splitlines() if not line.lstrip().startswith("#")]
    found = []
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        wanted, *options = re.split(r"\s+(?=--)", entry.strip())
        assert all(HASH.fullmatch(option) for option in options), entry
        found.append(Pin(Requirement(wanted), len(options)))
    return found


PINS = {canonicalize_name(pin.wanted.name): pin for pin in pins()}


@pytest.mark.parametrize("name", PINS)
def test_every_pin_has_hashes(name: str) -> None:
    """One version each, and no file that nobody has vouched for."""
    pin = PINS[canonicalize_name(name)]

    (specifier,) = pin.wanted.specifier

    assert specifier.operator == "=="
    assert "*" not in specifier.version
    assert pin.hashes > 0


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_every_dependency_is_pinned_as_asked(asked: Requirement) -> None:
    """What pyproject.toml asks for is in the lock, in a version it accepts, on the same platforms."""
    pin = PINS[canonicalize_name(asked.name)]

    (specifier,) = pin.wanted.specifier

    assert asked.specifier.contains(specifier.version)
    assert clauses(pin.wanted) == clauses(asked)


def test_nothing_is_needed_that_each_command_would_load() -> None:
    """structlog loads rich wherever it is installed: 40 ms of CPU of every command."""
    assert "structlog" in PINS
    assert "rich" not in PINS


def clauses(requirement: Requirement) -> set[str]:
    """Give the conditions under which a requirement counts, in whatever order they are written."""
    return set(str(requirement.marker or "").split(" and "))


@pytest.mark.parametrize(
    "address", ["://", "@", "file:", " /", "--index-url", "--extra-index-url", "--find-links"]
)
def test_names_no_place_to_install_from(address: str) -> None:
    """Where packages come from is the installing machine's business; the hashes hold anywhere."""
    assert address not in LOCK
