"""The manual's page sign-in: each configuration loads, and has all that its scheme needs."""

import re
import tomllib
from pathlib import Path

import pytest

import presence_worker
from presence_worker.sandbox.keys import make_key
from presence_worker.settings import Settings
from presence_worker.superoffice import check_settings
from presence_worker.superoffice.sign_in import SCHEMES

PAGE = (Path(presence_worker.__file__).parent / "manual/sign-in.md").read_text("utf-8")
BLOCKS = [
    re.sub(r"^ {3}", "", block, flags=re.MULTILINE)
    for block in re.findall(r"^ *```toml\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
]
FOLDER = "/etc/presence-worker"


def scheme_of(block: str) -> str:
    """Return the scheme a block of configuration chooses."""
    return str(tomllib.loads(block)["auth"].get("scheme", "basic"))


@pytest.mark.parametrize("block", BLOCKS, ids=scheme_of)
def test_is_complete(block: str, tmp_path: Path) -> None:
    """With the files it names in their place, nothing is missing."""
    for name in re.findall(rf'"{FOLDER}/(.+)"', block):
        (tmp_path / name).write_bytes(make_key() if name.endswith(".pem") else b"secret\n")

    check_settings(Settings.model_validate(tomllib.loads(block.replace(FOLDER, str(tmp_path)))))


def test_there_is_one_for_each_scheme() -> None:
    """Nobody has to put one together from the table of settings."""
    assert sorted(map(scheme_of, BLOCKS)) == sorted(SCHEMES)
