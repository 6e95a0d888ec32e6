"""Where settings come from: options, then variables, then the configuration file, then defaults.

Each source is a table of tables; they are laid over each other, and `Settings` checks what comes out.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from pydantic import ValidationError

from ..command_options import SETTINGS, spell
from ..errors import OptionFault, UsageFault
from ..manual_pages import common_page, page_of_section
from ..operator_files import CONFIG_VARIABLE, read_text
from .problem_words import explain_problem
from .section import Section
from .sections import SECTIONS, Settings
from .value_types import Raw

PREFIX = "PRESENCE_WORKER_"
OPTION = "option --"
STATUSES = ["input", "statuses"]  # their names can be reasons of absence: the line alone says which
CHANNELS = "notify"  # the section that has lists of tables
NOTHING = re.compile("(?!)")  # no line looks like it
Nested = Mapping[str, Mapping[str, Raw]]  # section: {key: value}


class Sources(NamedTuple):
    """What settings were read from, besides the variables of the process."""

    file: Path | None
    text: str  # of the file
    flags: Nested


def list_problems(error: ValidationError, sources: Sources) -> list[str]:
    """Return a line for each wrong setting: where it is, its name, and what it must be."""
    found = []
    for problem in error.errors(include_url=False):
        path = _names_in(problem["loc"])
        place = _find(path, sources)
        if problem["type"] == "extra_forbidden":
            words = f"no such setting{_nearest(path)}"
        else:  # the value of a variable may be a secret in the wrong place
            words = explain_problem(problem, may_quote=PREFIX not in place)
        found.append(f"{place}: {'.'.join(path[:2] if path[:2] == STATUSES else path)}: {words}")
    return found


def _names_in(place: Sequence[str | int]) -> list[str]:
    """Return the path to a setting as people write it: channels are counted from 1."""
    first = 1 if place[0] == CHANNELS else 0
    return [str(part + first if isinstance(part, int) else part) for part in place if part != "[key]"]


def origin_of(name: str, file: Path | None, flags: Nested) -> str:
    """Return where the value of a setting, such as "target.base_url", stands."""
    return _find(name.split("."), Sources(file, read_text(file) if file else "", flags))


def _nearest(path: list[str]) -> str:
    known: Iterable[str] = SECTIONS
    if len(path) > 1 and path[0] in SECTIONS:
        known = SECTIONS[path[0]].names_at(path[1:-1])
    close = difflib.get_close_matches(path[-1], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _find(path: list[str], sources: Sources) -> str:
    """Return the option, the variable, or the file and line that holds a value."""
    section, key = path[0], path[1] if len(path) > 1 else ""
    if key in sources.flags.get(section, {}):
        return f"option {spell(key)}" if (section, key) in SETTINGS.values() else f"{OPTION}set"
    prefix = f"{PREFIX}{section}__".upper()
    variables = sorted(name for name in map(str.upper, os.environ) if name.startswith(prefix))
    if prefix + key.upper() in variables:
        return prefix + key.upper()
    line = _find_line(section, key, sources.text)
    if line and path[:2] == STATUSES and path[2:]:
        line = _find_below(line, path[2], sources.text)
    if section == CHANNELS and path[2:]:
        line = _find_in_channel(path[1:], sources.text) or line
    if key or not variables:
        return f"{sources.file}, line {line}" if line else str(sources.file or "settings")
    places = [f"{sources.file}, line {line}"] if line else []
    return " and ".join(places + variables)  # a whole section is at fault


def _find_line(section: str, key: str, text: str) -> int | None:
    """Return the 1-based line of a key, or of its section, in a TOML text."""
    top_line = re.compile(rf"\s*[\"']?{re.escape(section)}[\"']?\s*(=|\.\s*[\"']?{re.escape(key)})")
    key_line = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
    header_line = re.compile(rf"\s*\[+\s*{re.escape(section)}\s*(\.\s*{re.escape(key)}\s*)?\]")
    any_header = re.compile(r"\s*\[")
    wanted, header = top_line, None  # how the line has to look where we are
    for number, line in enumerate(text.splitlines(), 1):
        if any_header.match(line):
            match = header_line.match(line)
            wanted, is_found = (key_line if match else NOTHING), bool(match and match[1])
            header = header or (number if match else None)
        else:
            is_found = bool(wanted.match(line))
        if is_found:
            return number
    return header


def _find_below(line: int, name: str, text: str) -> int:
    """Return the line of a name in the table that begins on a *line*; without one, that line."""
    wanted = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
    found = (at for at, each in enumerate(text.splitlines(), 1) if at > line and wanted.match(each))
    return next(found, line)


def _find_in_channel(path: list[str], text: str) -> int | None:
    """Return the line of `[[notify.mail]]`, or of a name in it, for such a path as mail, 2, host."""
    kind, number, *names = path
    wanted = re.compile(rf"\s*\[\[\s*{CHANNELS}\s*\.\s*{re.escape(kind)}\s*\]\]")
    name = re.compile(rf"\s*[\"']?{re.escape(names[0])}[\"']?\s*=") if names else NOTHING
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if not line.lstrip().startswith("#")]
    headers = [at for at, line in lines if wanted.match(line)]
    if len(headers) < int(number):
        return None  # the channels stand in a list
    begin = headers[int(number) - 1]
    end = next((at for at, line in lines if at > begin and line.lstrip().startswith("[")), len(text))
    return next((at for at, line in lines if begin < at < end and name.match(line)), begin)


def load_settings(file: Path | None, flags: Nested) -> Settings:
    """Return the settings of all sources; every problem of all of them is in the one UsageFault."""
    text = read_text(file) if file else ""
    strays = [f"{name}: no such setting" for name in os.environ if _is_stray(name)]
    page = None
    try:
        table = _with_known_names(tomllib.loads(text))
        settings = Settings.model_validate(_lay_over(_lay_over(table, read_variables()), flags))
    except tomllib.TOMLDecodeError as error:
        is_twice = "twice" in str(error) or "overwrite" in str(error)
        remedy = "Write each section and setting only once" if is_twice else "Put text values in quotes"
        problems = [f"{file}: not valid TOML: {error}. {remedy}", *strays]
    except ValidationError as error:
        problems = [*list_problems(error, Sources(file, text, flags)), *strays]
        page = common_page(page_of_section(str(each["loc"][0])) for each in error.errors())
    else:
        if not strays:
            return settings
        problems = strays
    if any(words.startswith(OPTION) for words in problems):
        raise OptionFault("\n".join(problems))
    raise UsageFault("\n".join(problems), page=None if strays else page)


def load_usable_settings(file: Path | None, flags: Nested) -> Settings:
    """Return settings as far as they can be used: what is wrong with one is as if it had not been set.

    No run may start with them; they serve to find what else is wrong.
    """
    try:
        table = tomllib.loads(read_text(file)) if file else {}
    except (UsageFault, tomllib.TOMLDecodeError):
        table = {}
    sections = {}
    for name, section in SECTIONS.items():
        tables = [source.get(name) for source in (table, read_variables(), flags)]
        known = {key: value for each in tables if isinstance(each, dict) for key, value in each.items()}
        sections[name] = _usable_section(section, known)
    return Settings.model_validate(sections)


def read_variables() -> Nested:
    """Return what variables PRESENCE_WORKER_<SECTION>__<KEY> say; lists and tables in them are JSON."""
    values: dict[str, dict[str, Raw]] = {}
    for name, text in os.environ.items():
        if name.upper().startswith(PREFIX) and "__" in name and not _is_stray(name):
            section, key = name[len(PREFIX) :].lower().split("__", 1)
            is_secret = section == "auth"  # and may well look like a list or a table
            values.setdefault(section, {})[key] = text if is_secret else _decode(text)
    return values


def _decode(text: str) -> Raw:
    if text[:1] in ("[", "{"):
        try:
            value: Raw = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text  # the setting's own check says what it expected
        return value
    return text


def _is_stray(name: str) -> bool:
    """Return whether a variable looks like ours and is none; keys are checked with all others."""
    if not name.upper().startswith(PREFIX) or name.upper() == CONFIG_VARIABLE:
        return False
    section, separator, _ = name[len(PREFIX) :].lower().partition("__")
    return not separator or section not in SECTIONS


def _with_known_names(table: dict[str, Raw]) -> dict[str, Raw]:
    """Return the tables of a file by the names of sections; one alone may be named in capitals as well."""
    named: dict[str, Raw] = {}
    for name, value in table.items():
        usual = name.lower()
        is_other = usual not in SECTIONS or usual in named or (usual in table and usual != name)
        named[name if is_other else usual] = value
    return named


def _lay_over(below: Mapping[str, Raw], above: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return the values of both tables; where both have one, that of *above*, and tables are joined."""
    joined = dict(below)
    for key, value in above.items():
        under = joined.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            joined[key] = _lay_over(under, value)
        else:
            joined[key] = value
    return joined


def _usable_section(section: type[Section], values: dict[str, Raw]) -> Section:
    try:
        return section.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    faulty = {str(problem["loc"][0]) for problem in found if problem["loc"]}
    left = {key: value for key, value in values.items() if key not in faulty}
    return _usable_section(section, left) if len(left) < len(values) else section()
