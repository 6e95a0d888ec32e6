"""What an installation is made of: libraries known by their hashes, and the files that we ship."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from presence_worker.manual_pages import ManualPage

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OF_SERVICE = [Requirement(text) for text in PROJECT["optional-dependencies"]["serve"]]
OF_FLEET = [Requirement(text) for text in PROJECT["optional-dependencies"]["fleet"]]
OTHERS = [each for each in OF_FLEET if each.name != PROJECT["name"]]  # it has the service's in it
ASKED = [*map(Requirement, PROJECT["dependencies"]), *OF_SERVICE, *OTHERS]  # the lock is of a service, too
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
    """What pyproject.toml asks for is in the lock, in a version it accepts, wherever it is asked for."""
    pin = PINS[canonicalize_name(asked.name)]

    (specifier,) = pin.wanted.specifier

    assert asked.specifier.contains(specifier.version)
    assert clauses(pin.wanted) <= clauses(asked)


def test_the_service_needs_one_package_more() -> None:
    """The library for times of day comes with the extra alone: `run` needs none."""
    assert [asked.name for asked in OF_SERVICE] == ["cronsim"]
    assert "cronsim" not in [Requirement(text).name for text in PROJECT["dependencies"]]


def test_machines_that_share_a_database_need_its_driver() -> None:
    """It comes with an extra alone, which has that of the service in it: a machine alone needs none."""
    names = [each.name for each in OTHERS]

    assert names == ["procrastinate", "psycopg"]
    assert any(each.extras == {"serve"} for each in OF_FLEET)
    assert not {*names} & {Requirement(text).name for text in PROJECT["dependencies"]}


def test_nothing_is_needed_that_each_command_would_load() -> None:
    """structlog loads rich wherever it is installed: 40 ms of CPU of every command."""
    assert "structlog" in PINS
    assert "rich" not in PINS


def clauses(requirement: Requirement) -> set[str]:
    """Give the conditions under which a requirement counts, in whatever order they are written."""
    return set(str(requirement.marker).split(" and ")) if requirement.marker else set()


@pytest.mark.parametrize(
    "address", ["://", "@", "file:", " /", "--index-url", "--extra-index-url", "--find-links"]
)
def test_names_no_place_to_install_from(address: str) -> None:
    """Where packages come from is the installing machine's business; the hashes hold anywhere."""
    assert address not in LOCK


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Give the names of the files in our wheel and in our source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    program = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(program, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as packed, tarfile.open(source) as tar:
        return {"wheel": set(packed.namelist()), "source": set(tar.getnames())}


@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_ships_the_manual(built: dict[str, set[str]], kind: str) -> None:
    """An installation has each page of the manual, its style and the man page."""
    wanted = [
        *(f"presence_worker/manual/{page}.md" for page in ManualPage),
        "presence_worker/report/templates/manual.css",
        "presence_worker/report/templates/manual.html",
        "presence_worker/report/summary.schema.json",
        "presence_worker/fleet/schema.sql",
        "presence_worker/manual/presence-worker.1"
        if kind == "source"
        else "share/man/man1/presence-worker.1",
    ]

    assert [
        path for path in wanted if not any(name.endswith(f"/{path}") or name == path for name in built[kind])
    ] == []
