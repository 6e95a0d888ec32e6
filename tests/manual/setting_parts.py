"""The page of settings: names, kinds and defaults from the code, words from the shipped configuration."""

import json
import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import SecretStr

from presence_worker.date_formats import DateFormat
from presence_worker.settings import Section, fleet
from presence_worker.settings import serve as served
from presence_worker.settings import value_types as kinds
from presence_worker.settings.origin import PREFIX
from presence_worker.settings.sections import SECTIONS

SHIPPED = Path(__file__).parents[2] / "config" / "presence-worker.toml"
SETTING = re.compile(r"# ([a-z_]+) = (.+?)(  # example)?")
WORDS: list[tuple[Any, str]] = [  # of kinds of values; the first that fits counts
    (fleet.LeaseTime, "a duration of at least 10 s"),
    (kinds.Seconds, "a duration above 0"),
    (kinds.SecondsOrNone, "a duration, or 0"),
    (kinds.SecondsOrNever, 'a duration, or `"none"`'),
    (kinds.Deadline, 'a duration, a time of day such as `"06:30"`, or `"none"`'),
    (kinds.LimitOrLimits, "a limit, or a table with a limit for each status"),
    (kinds.AnyLimit, "a limit"),
    (kinds.Zone, "a time zone, such as `Europe/Oslo`"),
    (kinds.Language, "a language, such as `sv` or `nb`"),
    (kinds.Encoding, "an encoding, such as `utf-8` or `cp1252`"),
    (kinds.Delimiter, "one character, or `tab`"),
    (kinds.Tenant, "a customer number"),
    (kinds.Message, "text of at most 255 characters"),
    (kinds.MessageTemplate, "text with columns in braces"),
    (served.Listen, "a host and a port"),
    (served.Size, "a number of bytes, or a size such as `32 MiB`"),
    (DateFormat, "a date format, or a list of them"),
    (kinds.Status, "a status"),
    (kinds.HomePath, "a folder"),
    (Path, "a file"),
    (SecretStr, "a secret; keep it in a file instead"),
    (bool, "`true` or `false`"),
    (int, "a whole number"),
    (float, "a number"),
    (str, "text"),
]


class Setting(NamedTuple):
    """A setting as the shipped configuration shows it."""

    key: str
    words: str
    value: str  # in TOML
    is_example: bool


class Table(NamedTuple):
    """A section of the shipped configuration."""

    name: str
    words: list[str]  # paragraphs
    settings: list[Setting]


def shipped_tables() -> list[Table]:
    """Read the shipped configuration; what stands above its first section is for itself."""
    tables: list[Table] = []
    block: list[str] = []
    intro: list[str] = []
    for line in SHIPPED.read_text("utf-8").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            tables.append(Table(header[1], [joined(block)], []))
            block = []
        elif found := SETTING.fullmatch(line):
            tables[-1].settings.append(Setting(found[1], joined(block), found[2], bool(found[3])))
            block = []
        elif not line.startswith("#"):
            if block and tables and not tables[-1].settings:
                tables[-1].words.append(joined(block))
            intro, block = block, []
        else:
            block.append(line.lstrip("# "))
    assert intro == []
    return tables


def joined(lines: list[str]) -> str:
    return " ".join(lines)


def settings(_: str) -> str:
    """Give a section for each table, and in it a part for each setting."""
    return "\n\n".join(table_part(table) for table in shipped_tables())


def table_part(table: Table) -> str:
    hints = hints_of(SECTIONS[table.name])
    parts = [setting_part(table.name, setting, hints[setting.key]) for setting in table.settings]
    return "\n\n".join([f"## [{table.name}]", *filter(None, table.words), *parts])


def hints_of(section: type[Section]) -> dict[str, Any]:
    """Give the types of a section by the names of its settings."""
    hints = get_type_hints(section, include_extras=True)
    names = {name: field.alias or name for name, field in section.model_fields.items()}
    return {names[name]: hint for name, hint in hints.items() if name in names}


def setting_part(section: str, setting: Setting, hint: Any) -> str:
    shown = f"`{setting.value}`"
    lines = [
        f"- Value: {kind(hint)}.",
        f"- Default: none. Example: {shown}." if setting.is_example else f"- Default: {shown}.",
        f"- Variable: `{PREFIX}{section.upper()}__{setting.key.upper()}`",
    ]
    return f"### {section}.{setting.key}\n\n{setting.words}\n\n" + "\n".join(lines)


def kind(hint: Any) -> str:
    """Give a type in plain words."""
    for known, words in WORDS:
        if hint == known:
            return words
    arguments = [each for each in get_args(hint) if each is not NoneType]
    if get_origin(hint) in (Union, UnionType) and len(arguments) == 1:
        return kind(arguments[0])
    if get_origin(hint) is Literal:
        *others, last = (f"`{json.dumps(each)}`" for each in arguments)
        return f"{', '.join(others)} or {last}" if others else last
    if get_origin(hint) is list:
        return "a list"
    if get_origin(hint) is dict:
        return "a table"
    if hasattr(hint, "__metadata__"):
        return kind(hint.__origin__)
    raise TypeError(hint)
