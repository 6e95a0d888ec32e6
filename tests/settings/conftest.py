"""A configuration file, options and variables of a test, and nobody else's."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from presence_worker.errors import UsageFault
from presence_worker.settings import Settings
from presence_worker.settings.configuration import load_settings
from presence_worker.settings.origin import PREFIX, Nested


class Load(Protocol):
    """Loads settings from the text of a file, from options, and from variables named without prefix."""

    def __call__(self, text: str = "", *, flags: Nested | None = None, **variables: str) -> Settings: ...


Complaints = Callable[..., list[str]]  # called like Load; gives the lines of the error, the file as FILE


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file under the working directory and no variable of the developer's has a say."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def load(file: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def load(text: str = "", *, flags: Nested | None = None, **variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(PREFIX + name, value)
        file.write_text(text, "utf-8")
        return load_settings(file, flags or {})

    return load


@pytest.fixture
def complaints(load: Load, file: Path) -> Complaints:
    def complaints(text: str = "", *, flags: Nested | None = None, **variables: str) -> list[str]:
        with pytest.raises(UsageFault) as fault:
            load(text, flags=flags, **variables)
        return str(fault.value).replace(str(file), "FILE").splitlines()

    return complaints
