"""The files of the matrix, and what becomes of each: tests/files/index.toml as Python sees it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from presence_worker.settings import Settings
from tests.run.given import Wish

FILES = Path(__file__).parents[1] / "files"
INDEX = FILES / "index.toml"
DAY = date(2026, 11, 29)  # the files are read on
Fate = tuple[str, str | None]  # result, reason


def files() -> list[Path]:
    """Give where the files are."""
    return sorted(path for path in FILES.glob("*/**/*") if path.is_file())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file as HR has it, the configuration it needs, and what becomes of it."""

    file: str  # its path below tests/files
    about: str
    input: str = ""  # lines of the configuration's section of that name
    read_as: str = ""  # format, delimiter and encoding, where it is read
    sent: Sequence[Wish] = ()  # in order
    rows: Mapping[str, str] = field(default_factory=dict)  # ordinal: result and reason, of those not sent
    refused: str = ""  # a piece of the sentence, where it is not read
    notes: Sequence[str] = ()  # pieces of what is said beside

    @property
    def fates(self) -> dict[int, Fate]:
        """Result and reason by ordinal, of all rows that are not just updated."""
        return {int(row): _fate(*words.split()) for row, words in self.rows.items()}

    @property
    def wishes(self) -> list[Wish]:
        """What the service must be asked, PUT by PUT."""
        return [(associate_id, status, message) for associate_id, status, message in self.sent]

    @property
    def text(self) -> str:
        """The configuration file."""
        return f"[input]\n{self.input}\n"

    @property
    def settings(self) -> Settings:
        """The same as the program has it."""
        return Settings.model_validate(tomllib.loads(self.text))


def _fate(result: str, reason: str | None = None) -> Fate:
    return result, reason


def cases() -> list[Case]:
    """Read the index."""
    return [Case(**entry) for entry in tomllib.loads(INDEX.read_text("utf-8"))["files"]]
