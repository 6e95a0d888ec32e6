"""The JSON Schema of a summary: types from the code, words from the manual's page."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from presence_worker.json_form import KEYS
from presence_worker.report.summary import FaultyNamedRow, FaultyRow, Summary
from tests.manual.documents import TEXTS
from tests.manual.json_parts import bare, is_ours, name_of, widest, words_of

PLACE = Path(__file__).parents[2] / "presence_worker" / "report" / "summary.schema.json"
Schema = dict[str, Any]
NAMES = {
    "text": "string",
    "whole number": "integer",
    "number": "number",
    "true or false": "boolean",
    "date": "string",
}


def summary_schema() -> str:
    """Give the schema as its file has it."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Summary of a run",
        "description": "What run, plan, apply, resume, undo, report and check print with --json. "
        "An error of any command has the same fields. New fields can appear.",
    }
    page = TEXTS["json"]
    words = words_of(page[page.index("\n## Summary\n") : page.index("\n## Rows\n")])
    whole = {**head, **object_schema(Summary, "", words)}
    whole["properties"]["faults"] = member_schema(Sequence[FaultyRow | FaultyNamedRow], "faults", words)
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def object_schema(kind: Any, path: str, words: Mapping[str, str]) -> Schema:
    """Give the schema of a type of ours; members that are flat are among its own."""
    found = {each.name: each for each in fields(kind)} if is_dataclass(kind) else {}
    properties: Schema = {}
    required: list[str] = []
    for name, hint in get_type_hints(kind).items():
        key, field = KEYS.get(name, name), found.get(name)
        is_sure = not (field and field.metadata and NoneType in get_args(hint))
        if field and "is_flat" in field.metadata:
            inner = object_schema(bare(hint), path, words)
            properties |= inner["properties"]
            required += inner["required"] if is_sure else []
        else:
            properties[key] = member_schema(hint, f"{path}{key}", words)
            required += [key] if is_sure else []
    return {"type": "object", "properties": properties, "required": required}


def member_schema(hint: Any, path: str, words: Mapping[str, str]) -> Schema:
    inner, kinds = bare(hint), [each for each in get_args(hint) if each is not NoneType]
    origin = get_origin(inner)
    if origin and issubclass(origin, Mapping):
        schema: Schema = {
            "type": "object",
            "additionalProperties": {"type": NAMES[name_of(get_args(inner)[1])]},
        }
    elif origin and issubclass(origin, Sequence):
        schema = {"type": "array", "items": items_schema(get_args(inner)[0], f"{path}[].", words)}
    elif is_ours(inner):
        schema = object_schema(inner, f"{path}.", words)
    else:
        names = list(dict.fromkeys(NAMES[name_of(each)] for each in (kinds or [inner])))
        schema = {"type": names if len(names) > 1 else names[0]}
    if NoneType in get_args(hint):
        known = schema["type"]
        schema["type"] = [*(known if isinstance(known, list) else [known]), "null"]
    return {**schema, **({"description": words[path]} if words.get(path) else {})}


def items_schema(kind: Any, path: str, words: Mapping[str, str]) -> Schema:
    """Give the schema of what is in a list; of several types, it requires what all of them have."""
    item = widest(kind)
    if not is_ours(item):
        return member_schema(item, "", words)
    known = [object_schema(each, path, words)["required"] for each in (get_args(kind) or (kind,))]
    schema = object_schema(item, path, words)
    return {
        **schema,
        "required": [name for name in schema["required"] if all(name in each for each in known)],
    }
