"""Where settings come from: options, then variables, then the target's file, the common one, and defaults.

Each source is a table of tables; they are laid over each other, and `Settings` checks what comes out.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import orjson
from pydantic import ValidationError

from ..errors import OptionFault, UsageFault
from ..manual_pages import common_page, page_of_section
from ..operator_files import CONFIG_VARIABLE
from ..private_settings import SECRETS
from ..target_files import TARGETS
from .fleet import Fleet
from .origin import (
    OPTION,
    PREFIX,
    STATUSES,
    WITH_TABLES,
    Nested,
    SettingsFile,
    Sources,
    find_place,
    read_sources,
)
from .problem_words import explain_problem
from .section import Section
from .sections import SECTIONS, Settings
from .serve import Serve
from .value_types import Raw

FILE = "_file"  # ends the name of a setting that names a file
PATHS = ("job.source",)  # other settings that do
ADDRESSES = {"base_url", "tenant"}  # of [target]: each says which SuperOffice it is
IN_FILES = {"auth": SECRETS, "notify": ("password", "url", "secret")}  # what a target has in files alone
NO_TARGETS = "a target has no targets of its own. Remove it here"
FOR_ALL = {  # what targets share, with the reason
    ("storage", "state_dir"): "all targets share one state directory. Set it in the common file only",
    ("metrics", "textfile"): "one file has the metrics of all targets. Set it in the common file",
    **dict.fromkeys(
        (("serve", key) for key in Serve.names()), "one service serves all targets. Set it in the common file"
    ),
    **dict.fromkeys(
        (("fleet", key) for key in Fleet.names()), "all targets share one database. Set it in the common file"
    ),
}
NOT_HERE = "a target's file must not have a secret in it"
IN_FILE = "Put the secret into a file of its own, and name that file with {name}_file"
SIGNING_IN = ("authorization", "proxy-authorization", "cookie")  # headers that are secrets
AT_THE_TOP = "; write it at the top of the common file, above the first section"


def list_problems(error: ValidationError, sources: Sources) -> list[str]:
    """Return a line for each wrong setting: where it is, its name, and what it must be."""
    found = []
    for problem in error.errors(include_url=False):
        path = _names_in(problem["loc"])
        place = find_place(path, sources)
        if problem["type"] == "extra_forbidden":
            words = f"no such setting{_nearest(path)}"
        else:  # the value of a variable may be a secret in the wrong place
            words = explain_problem(problem, may_quote=PREFIX not in place)
        found.append(f"{place}: {'.'.join(path[:2] if path[:2] == STATUSES else path)}: {words}")
    return found


def _names_in(place: Sequence[str | int]) -> list[str]:
    """Return the path to a setting as people write it: tables are counted from 1."""
    first = 1 if place[0] in WITH_TABLES else 0
    return [str(part + first if isinstance(part, int) else part) for part in place if part != "[key]"]


def _nearest(path: list[str]) -> str:
    if path[-1] == TARGETS:
        return AT_THE_TOP
    known: Iterable[str] = SECTIONS
    if len(path) > 1 and path[0] in SECTIONS:
        known = SECTIONS[path[0]].names_at(path[1:-1])
    close = difflib.get_close_matches(path[-1], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def load_settings(file: Path | None, flags: Nested, target: Path | None = None) -> Settings:
    """Return the settings of all sources; every problem of all of them is in the one UsageFault.

    The file of a *target* is laid over the common one.
    """
    sources = read_sources(file, target, flags)
    problems = [f"{name}: no such setting" for name in os.environ if _is_stray(name)]
    page = None
    try:
        tables = [_read_table(each) for each in sources.files]
        problems = [*list_misplaced(tables, sources), *problems]
        settings = Settings.model_validate(_join([*_beside(tables)[::-1], read_variables(), flags]))
    except UsageFault as fault:
        problems = [str(fault), *problems]
    except ValidationError as error:
        pages = (page_of_section(str(each["loc"][0])) for each in error.errors())
        page = None if problems else common_page(pages)
        problems = [*list_problems(error, sources), *problems]
    else:
        if not problems:
            return settings
    if any(words.startswith(OPTION) for words in problems):
        raise OptionFault("\n".join(problems))
    raise UsageFault("\n".join(problems), page=page)


def load_usable_settings(file: Path | None, flags: Nested, target: Path | None = None) -> Settings:
    """Return settings as far as they can be used: what is wrong with one is as if it had not been set.

    No run may start with them; they serve to find what else is wrong.
    """
    tables: list[Mapping[str, Raw]] = [read_variables(), flags]
    for common, own in ((None, target), (file, None)):
        with suppress(UsageFault):
            tables = [*map(_read_table, read_sources(common, own, {}).files), *tables]
    sections = {}
    for name, section in SECTIONS.items():
        found = [each.get(name) for each in tables]
        sections[name] = _usable_section(section, _join([each for each in found if isinstance(each, dict)]))
    return Settings.model_validate(sections)


def are_valid_toml(*files: Path | None) -> bool:
    """Return whether each of these files can be read as TOML."""
    try:
        for file in filter(None, files):
            tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return False
    return True


def _read_table(file: SettingsFile) -> dict[str, Raw]:
    """Return the tables of a file; raise UsageFault where it has none."""
    try:
        table = _with_known_names(tomllib.loads(file.text))
    except tomllib.TOMLDecodeError as error:
        is_twice = "twice" in str(error) or "overwrite" in str(error)
        remedy = "Write each section and setting only once" if is_twice else "Put text values in quotes"
        raise UsageFault(f"{file.path}: not valid TOML: {error}. {remedy}") from None
    return place_files(table, file.path.absolute().parent) if file.is_target else table


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


def _beside(tables: Sequence[Mapping[str, Raw]]) -> list[Mapping[str, Raw]]:
    """Return a target's table and the common one, which has no address where the target has its own.

    With two of them, the job of one customer could reach another one's SuperOffice.
    """
    found = tables[0].get("target") if tables else None
    if not (isinstance(found, dict) and ADDRESSES & found.keys()):
        return [*tables]
    return [tables[0], *map(_without_address, tables[1:])]


def _without_address(table: Mapping[str, Raw]) -> Mapping[str, Raw]:
    found = table.get("target")
    if not isinstance(found, dict):
        return table
    return {**table, "target": {key: value for key, value in found.items() if key not in ADDRESSES}}


def _join(tables: Iterable[Mapping[str, Raw]]) -> dict[str, Raw]:
    """Return the values of all tables, later ones over earlier ones, without the folder of targets."""
    joined: dict[str, Raw] = {}
    for table in tables:
        joined = _lay_over(joined, table)
    return {name: value for name, value in joined.items() if name != TARGETS}


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


# -- what is particular about the file of a target ---------------------------------------------------------


def list_misplaced(tables: Sequence[Mapping[str, Raw]], sources: Sources) -> Iterator[str]:
    """Yield a line for each setting that must not be in a target's file."""
    for table, file in zip(tables, sources.files, strict=True):
        for path, words in _find_all_misplaced(table) if file.is_target else ():
            place = find_place(path, sources._replace(files=[file], flags={}))
            yield f"{place}: {'.'.join(path)}: {words}"


def _find_all_misplaced(table: Mapping[str, Raw]) -> Iterator[tuple[list[str], str]]:
    if TARGETS in table:
        yield [TARGETS], NO_TARGETS
    for section, values in table.items():
        if isinstance(values, dict):
            yield from _find_misplaced(section, values)


def _find_misplaced(section: str, values: Mapping[str, Raw]) -> Iterator[tuple[list[str], str]]:
    for key, value in values.items():
        if (section, key) in FOR_ALL:
            yield [section, key], FOR_ALL[section, key]
        if key in IN_FILES.get(section, ()):
            yield [section, key], f"{NOT_HERE}. {IN_FILE.format(name=key)}"
        if key == "headers" and isinstance(value, dict) and any(name.lower() in SIGNING_IN for name in value):
            yield [section, key], f"{NOT_HERE}. Write this webhook into the common file"
        if key == "proxy" and "@" in str(value):
            yield [section, key], f"{NOT_HERE}. Set a proxy with a password in the common file"
        for number, channel in enumerate(value if isinstance(value, list) else (), 1):
            found = _find_misplaced(section, channel) if isinstance(channel, dict) else ()
            yield from (([section, key, str(number), path[-1]], words) for path, words in found)


def place_files(table: Mapping[str, Raw], folder: Path) -> dict[str, Raw]:
    """Return a target's settings with each relative path in them below its *folder*."""
    return {section: _place(section, values, folder) for section, values in table.items()}


def _place(section: str, values: Raw, folder: Path) -> Raw:
    if not isinstance(values, dict):
        return values
    return {key: _place_one(section, key, value, folder) for key, value in values.items()}


def _place_one(section: str, key: str, value: Raw, folder: Path) -> Raw:
    if isinstance(value, list):  # of the channels of [notify]
        return [_place(section, each, folder) for each in value]
    if not isinstance(value, str) or not value or value.startswith("~"):
        return value
    is_path = key.endswith(FILE) or f"{section}.{key}" in PATHS
    return str(folder / value) if is_path else value
