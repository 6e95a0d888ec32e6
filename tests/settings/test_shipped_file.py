"""config/presence-worker.toml: every setting, its default, and nothing that is in force as it is."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic.fields import FieldInfo

from presence_worker.operator_files import find_config
from presence_worker.settings import SECRETS, Section, Settings
from presence_worker.settings.configuration import load_settings

from .conftest import Load

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config" / "presence-worker.toml"
TEXT = SHIPPED.read_text("utf-8")
SETTING = re.compile(r"# (?P<setting>(?P<key>[a-z_]+) = .+?)(?P<example>  # example)?")
ALL_SECRETS = (*SECRETS, "webhook_secret")
UNSET: tuple[Any, ...] = (None, "", [], {})


class Line(NamedTuple):
    """A setting as it stands in the file."""

    section: str
    key: str
    setting: str  # without its "# "
    example: bool
    above: str  # the line before it


def shipped() -> list[Line]:
    found, section, above = [], "", ""
    for line in TEXT.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif match := SETTING.fullmatch(line):
            found.append(Line(section, match["key"], match["setting"], bool(match["example"]), above))
        above = line
    return found


def known() -> dict[str, type[Section]]:
    kinds = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {name: kind for name, kind in kinds.items() if isinstance(kind, type)}


LINES = shipped()
DEFAULTS = [line for line in LINES if not line.example]


def field_of(line: Line) -> tuple[str, FieldInfo]:
    kind = known()[line.section]
    fields = kind.model_fields.items()
    return next((name, field) for name, field in fields if line.key in (name, field.alias))


def value_in(settings: Settings, line: Line) -> Any:
    return getattr(getattr(settings, line.section), field_of(line)[0])


def named(line: Line) -> str:
    return f"{line.section}.{line.key}"


def test_has_every_setting_in_the_order_of_the_code() -> None:
    """Every section and key of the code is in the file, every one in the file is in the code."""
    sections = [line.strip("[]") for line in TEXT.splitlines() if line.startswith("[")]

    keys = {section: [line.key for line in LINES if line.section == section] for section in sections}

    assert sections == list(known())
    assert keys == {section: kind.names() for section, kind in known().items()}


@pytest.mark.parametrize("line", LINES, ids=named)
def test_explains_every_setting(line: Line) -> None:
    """Each setting has a comment of its own right above it."""
    above = line.above

    explained = above.startswith("# ") and not SETTING.fullmatch(above)

    assert explained


@pytest.mark.parametrize("line", DEFAULTS, ids=named)
def test_shows_the_default(line: Line, load: Load) -> None:
    """Where a setting has a default, the file shows that; times are shown with their unit."""
    default = value_in(Settings.model_construct(), line)

    value = value_in(load(f"[{line.section}]\n{line.setting}"), line)

    assert value == default
    assert line.key == "rate" or not isinstance(default, float) or re.search(r'"\d+[a-z]+"$', line.setting)


@pytest.mark.parametrize("line", LINES, ids=named)
def test_calls_an_example_what_is_one(line: Line) -> None:
    """Only where a setting is unset, or depends on the machine, the value is an example, and says so."""
    _, field = field_of(line)

    unset = field.default_factory is not None or field.default in UNSET

    assert line.example == unset


@pytest.mark.parametrize("left_out", [ALL_SECRETS, tuple(f"{name}_file" for name in ALL_SECRETS)])
def test_loads_with_every_setting_switched_on(left_out: tuple[str, ...], load: Load) -> None:
    """Every value in the file is a valid one; a secret stands in the file or in its own file."""
    text = "\n".join(
        f"[{section}]\n"
        + "\n".join(line.setting for line in LINES if line.section == section and line.key not in left_out)
        for section in known()
    )

    settings = load(text)

    assert settings.model_fields_set == set(known())


def test_changes_nothing_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is found in the project's root, and leaves every default alone."""
    monkeypatch.chdir(ROOT)

    found = find_config(None)

    assert found == Path("config", "presence-worker.toml")
    assert load_settings(found, {}) == load_settings(None, {})
    assert not any(tomllib.loads(TEXT).values())
