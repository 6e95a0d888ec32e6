"""The section [input] that says how a job was understood, to be pasted: nothing is left to guess."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..intake.columns import IDENTITIES
from ..report.mapping import mapping_lines
from ..settings import Input
from ..text import listed, toml_quoted

Places = Mapping[str, list[int]]  # setting: the columns that have, or may have, its meaning
PINNED = ("format", "sheet", "delimiter", "skip_lines")  # settings that keep a job read as it was
TAB = "tab"
LIKELY = "%d.%m.%Y"  # in most of SuperOffice's markets
UNSAID = {  # setting: what stands for it where the job does not tell
    "who": '# login = "..."  # or email, or associate_id: the column that names people',
    "status": '# status = "..."  # the column with the statuses',
    "encoding": "# encoding = {}  # recognised; say it only if all files to come are in it",
    "coverage": '# coverage = "changes"  # or "everyone"; what the file lists, if days of it are to come',
}


def missing(places: Places) -> list[str]:
    """Give what a job must have, and has not."""
    who = [] if any(way in places for way in IDENTITIES) else ["who"]
    return who if "status" in places else [*who, "status"]


def block_lines(
    config: Input, found: Mapping[str, Any], places: Places, forms: Sequence[str] | None
) -> Iterator[str]:
    """Yield the lines: what is configured, what was *found*, and as a comment what is still to be said.

    The *forms* are those that fit the days which were not understood; None: there are none of these.
    """
    said = config.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"statuses"})
    said |= {key: TAB if found[key] == "\t" else found[key] for key in PINNED if found.get(key)}
    named = {key: [found["columns"][place] for place in found_at] for key, found_at in places.items()}
    said |= {key: names[0] for key, names in named.items() if not is_unclear(key, places)}
    yield "[input]"
    for key in Input.names():
        if key in said:
            yield f"{key} = {_value(said[key])}"
        elif key in named:
            yield from (f"# {key} = {toml_quoted(name)}  # or another one" for name in named[key])
    if found.get("encoding") and not config.encoding:  # a later file, read so, might be mistaken in silence
        yield UNSAID["encoding"].format(toml_quoted(found["encoding"]))
    yield from (UNSAID[key] for key in missing(places))
    if forms is not None and not config.date_format:
        yield _date_format(forms)
    if "from" in places and not config.coverage:
        yield UNSAID["coverage"]
    yield from _statuses(config, found)


def is_unclear(key: str, places: Places) -> bool:
    """Whether several columns could be *key*, or people are named in several ways: then none is chosen."""
    rivals = [way for way in IDENTITIES if way in places] if key in IDENTITIES else [key]
    return len(places[key]) > 1 or len(rivals) > 1


def _date_format(forms: Sequence[str]) -> str:
    first, *others = map(toml_quoted, forms or [LIKELY])
    if not forms:
        words = "how the days are written that are not understood"
    elif others:
        words = f"or {listed(others, 'or')}; each fits the days that are not understood"
    else:
        words = "fits the days that are not understood"
    return f"# date_format = {first}  # {words}"


def _statuses(config: Input, found: Mapping[str, Any]) -> Iterator[str]:
    mapped, unmapped = config.statuses, found.get("unmapped", [])
    if mapped or unmapped:
        yield ""
        allowed = config.allowed_statuses
        yield from mapping_lines({"mapped": mapped, "unmapped": unmapped, "allowed": allowed})


def _value(value: Any) -> str:
    if isinstance(value, str):
        return toml_quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)
