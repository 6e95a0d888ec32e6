"""Where settings come from: flags, then environment, then the configuration file, then defaults."""

import difflib
import io
import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from .errors import OptionFault, UsageFault
from .home import config_homes
from .marks import WideError, without_mark
from .settings import Section, Settings

PREFIX = "PRESENCE_WORKER_"
OPTION = "option --"
CONFIG_VARIABLE = "PRESENCE_WORKER_CONFIG"
Nested = dict[str, dict[str, Any]]  # section: {key: value}


def find_config(named: Path | None) -> Path | None:
    """Give the configuration file in force, or None; one that was named must exist."""
    if named and not named.is_file():
        raise OptionFault(f"configuration file {named}: no such file")
    named = named or (Path(value) if (value := os.environ.get(CONFIG_VARIABLE)) else None)
    if named:
        if not named.is_file():
            raise UsageFault(f"configuration file {named}: no such file")
        return named
    usual = (Path("config", "presence-worker.toml"), *(home / "config.toml" for home in config_homes()))
    return next((path for path in usual if os.path.isfile(path)), None)  # noqa: PTH113 - also where we may not look


def load_settings(file: Path | None, flags: Nested) -> Settings:
    """Merge all sources into one Settings; every problem of all of them is in the one UsageFault."""

    class Sources(Settings):  # what the file says is known only now
        @classmethod
        def settings_customise_sources(  # type: ignore[override]  # called by keyword
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            **_: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, Environment(settings_cls), InitSettingsSource(settings_cls, table)

    strays = [f"{name}: no such setting" for name in os.environ if _is_stray(name)]
    text = _read(file) if file else ""
    try:
        table = tomllib.loads(text)
        settings = Sources(**flags)  # type: ignore[arg-type]  # pydantic checks what flags hold
    except tomllib.TOMLDecodeError as error:
        raise UsageFault(
            "\n".join([f"{file}: not valid TOML: {error}; is a text not in quotes?", *strays])
        ) from None
    except ValidationError as error:
        problems = [*_problems(error, file, text, flags), *strays]
        fault = OptionFault if any(words.startswith(OPTION) for words in problems) else UsageFault
        raise fault("\n".join(problems)) from None
    if strays:
        raise UsageFault("\n".join(strays))
    return Settings.model_construct(**dict(settings))


def usable_settings(file: Path | None, flags: Nested) -> Settings:
    """Give settings as far as they can be used: what is wrong with one is as if it had not been set.

    No run may begin with them; they are for somebody who looks what else is wrong.
    """
    try:
        table = tomllib.loads(_read(file)) if file else {}
    except (UsageFault, tomllib.TOMLDecodeError):
        table = {}
    sources = (table, Environment(Settings)(), flags)
    sections: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        tables = [source.get(name) for source in sources]
        known = {key: value for each in tables if isinstance(each, dict) for key, value in each.items()}
        sections[name] = _usable(field.annotation, known)
    return Settings.model_construct(**sections)


def _usable(section: Any, values: dict[str, Any]) -> Any:
    try:
        return section.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    faulty = {str(problem["loc"][0]) for problem in found if problem["loc"]}
    left = {key: value for key, value in values.items() if key not in faulty}
    return _usable(section, left) if len(left) < len(values) else section()


def _read(file: Path) -> str:
    try:
        return io.StringIO(without_mark(file.read_bytes()).decode(), newline=None).read()
    except WideError as error:
        raise UsageFault(f"{file}: {error}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageFault(f"{file}, line {line}: not valid UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise UsageFault(f"{file}: {error.strerror}") from None


class Environment(PydanticBaseSettingsSource):
    """Variables PRESENCE_WORKER_<SECTION>__<KEY>; lists and tables are written as JSON."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Not asked for: `__call__` gives all fields at once."""
        raise NotImplementedError(field, field_name)

    def __call__(self) -> Nested:
        """Give all variables of ours as nested values."""
        values: Nested = {}
        for name, text in os.environ.items():
            if name.upper().startswith(PREFIX) and "__" in name and not _is_stray(name):
                section, key = name[len(PREFIX) :].lower().split("__", 1)
                secret = section == "auth"  # and may well look like a list or a table
                values.setdefault(section, {})[key] = text if secret else _decoded(text)
        return values


def _decoded(text: str) -> Any:
    if text[:1] in ("[", "{"):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text  # the setting's own check says what it expected
    return text


def _is_stray(name: str) -> bool:
    """Whether a variable looks like ours and is none; keys are checked with all others."""
    if not name.upper().startswith(PREFIX) or name.upper() == CONFIG_VARIABLE:
        return False
    section, separator, _ = name[len(PREFIX) :].lower().partition("__")
    return not separator or section not in Settings.model_fields


def _problems(error: ValidationError, file: Path | None, text: str, flags: Nested) -> list[str]:
    found = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        path = [str(part) for part in problem["loc"]]
        words = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            words = f"no such setting{_nearest(path)}"
        found.append(f"{_origin(path, file, text, flags)}: {'.'.join(path)}: {words}")
    return found


def _nearest(path: list[str]) -> str:
    section = Settings.model_fields.get(path[0])
    known: Iterable[str] = Settings.model_fields
    if len(path) > 1 and section and isinstance(section.annotation, type):
        known = section.annotation.names() if issubclass(section.annotation, Section) else known
    close = difflib.get_close_matches(path[-1], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def origin_of(name: str, file: Path | None, flags: Nested) -> str:
    """Say where the value of a setting, such as "target.base_url", stands."""
    return _origin(name.split("."), file, _read(file) if file else "", flags)


def _origin(path: list[str], file: Path | None, text: str, flags: Nested) -> str:
    """Say where a value stands, so that the reader can go there: flag, variable, or file and line."""
    section, key = path[0], path[1] if len(path) > 1 else ""
    if key in flags.get(section, {}):
        return f"{OPTION}{key.replace('_', '-')}"
    prefix = f"{PREFIX}{section}__".upper()
    variables = sorted(name for name in map(str.upper, os.environ) if name.startswith(prefix))
    if prefix + key.upper() in variables:
        return prefix + key.upper()
    line = _line_of(section, key, text)
    if key or not variables:
        return f"{file}, line {line}" if line else str(file or "settings")
    return " and ".join([f"{file}, line {line}"] * bool(line) + variables)  # a whole section is at fault


def _line_of(section: str, key: str, text: str) -> int | None:
    """Find the 1-based line of a key, or of its section, in a TOML text."""
    top_line = re.compile(rf"\s*[\"']?{re.escape(section)}[\"']?\s*(=|\.\s*[\"']?{re.escape(key)})")
    key_line = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
    header_line = re.compile(rf"\s*\[+\s*{re.escape(section)}\s*(\.\s*{re.escape(key)}\s*)?\]")
    any_header = re.compile(r"\s*\[")
    top, inside, header = True, False, None
    for number, line in enumerate(text.splitlines(), 1):
        if any_header.match(line):
            match = header_line.match(line)
            top, inside = False, bool(match)
            if match and match[1]:
                return number
            header = header or (number if match else None)
        elif (inside and key_line.match(line)) or (top and top_line.match(line)):
            return number
    return header
