"""Single settings of the command line, as `--set SECTION.KEY=VALUE` gives them."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from ..errors import OptionFault
from ..private_settings import ADDRESSES, CHANNELS, SECRETS, is_address_alone
from .problem_words import explain_problem
from .section import Section
from .sections import SECTIONS
from .value_types import Raw

FORM = "expected SECTION.KEY=VALUE, such as delivery.burst=5"
ELSEWHERE = (
    "is a secret; others can read a command line. Put it in the configuration file, or in a file of its own"
)
WITH_SECRETS = "can have secrets; others can read a command line. Put it in the configuration file"
ONLY_PLACE = (
    "the address has an @, a ? or a #, so it can have a secret in it. Give only host, port and path here; "
    "put the whole address in the configuration file"
)
WITH_PASSWORD = re.compile(r"://[^/?#\s]*@")


class Override(NamedTuple):
    """A setting that the command line gives."""

    section: str
    key: str
    value: Raw
    text: str  # as it may be given again, from another directory


def read_overrides(words: Sequence[str]) -> list[Override]:
    """Return what each of these *words* sets; raise OptionFault with all that is wrong with them."""
    found, problems = [], []
    for word in words:
        try:
            found.append(_read(word))
        except ValueError as error:
            problems.append(f"option --set: {error}")
    if problems:
        raise OptionFault("\n".join(problems))
    return found


def as_tables(
    overrides: Iterable[Override], options: Mapping[str, Mapping[str, Raw]]
) -> dict[str, dict[str, Raw]]:
    """Return overrides as tables of settings, below what other *options* say."""
    tables: dict[str, dict[str, Raw]] = {}
    for each in overrides:
        tables.setdefault(each.section, {})[each.key] = each.value
    for section, values in options.items():
        tables.setdefault(section, {}).update(values)
    return tables


def _read(word: str) -> Override:
    name, separator, text = word.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (separator and dot):
        raise ValueError(f"{name}: {FORM}" if separator else FORM)
    if section not in SECTIONS or key not in SECTIONS[section].names():
        raise ValueError(f"{section}.{key}: no such setting{_closest(section, key)}")
    if key in SECRETS:
        raise ValueError(f"{section}.{key} {ELSEWHERE} (auth.{key}_file)")
    if f"{section}.{key}" in CHANNELS:
        raise ValueError(f"{section}.{key} {WITH_SECRETS}")
    if WITH_PASSWORD.search(text):
        raise ValueError(f"{section}.{key}: the address has a user name or password, which {ELSEWHERE}")
    if f"{section}.{key}" in ADDRESSES and not is_address_alone(text):
        raise ValueError(f"{section}.{key}: {ONLY_PLACE}")
    return _fit(section, key, text)


def _closest(section: str, key: str) -> str:
    names = [f"{each}.{known}" for each, table in SECTIONS.items() for known in table.names()]
    close = difflib.get_close_matches(f"{section}.{key}", names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _fit(section: str, key: str, text: str) -> Override:
    """Return the setting as TOML has it where that is a value of its kind, else as plain text."""
    problem = ""
    for value in (*_as_toml(text), text):
        try:
            read = SECTIONS[section].model_validate({key: value})
        except ValidationError as error:
            problem = problem or _words_of(error, section)
            continue
        again = _whole_path(read, key) or text
        return Override(section, key, value if again == text else again, f"{section}.{key}={again}")
    raise ValueError(f"{section}.{key}: {problem}")


def _as_toml(text: str) -> Iterator[Raw]:
    try:
        yield tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return


def _words_of(error: ValidationError, section: str) -> str:
    (first, *_) = error.errors(include_url=False)
    first["loc"] = (section, *first["loc"])
    return explain_problem(first, may_quote=True)


def _whole_path(section: Section, key: str) -> str | None:
    """Return a path in full; None where the setting is not a path."""
    value = section.model_dump(by_alias=True)[key]
    return str(value.absolute()) if isinstance(value, Path) else None
