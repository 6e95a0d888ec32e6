"""What a wrong setting must be: our sentences in place of pydantic's."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from ..private_settings import CHANNELS, is_of_absence
from ..sanitize import clean
from ..wording import series
from .origin import WITH_TABLES
from .sections import SECTIONS

LONGEST = 40  # characters of a value that is quoted, before the mark of a cut
OURS = "must "  # a sentence of a check of ours that the value may follow
Write = Callable[
    [Mapping[str, str | float], Sequence[str | int]], str
]  # from an error's context and its place
KIND = 2  # parts of a place that names a kind of channel, such as notify.mail
UNSAFE = ("auth", "notify", "target")  # sections whose values may have credentials in them
_QUOTED = re.compile(r"'([^']*)'")


def explain_problem(problem: ErrorDetails, *, may_quote: bool) -> str:
    """Return what a setting must be, with the value that was found; a secret is never quoted."""
    path, kind = problem["loc"], problem["type"]
    if kind == "value_error":
        words = problem["msg"].removeprefix("Value error, ")
    else:
        write: Write = WORDS.get(kind, OTHER)
        words = write(problem.get("ctx") or {}, path)
    name = ".".join(map(str, path[:2]))
    is_private = name in CHANNELS or (is_of_absence(name) and isinstance(problem["input"], str))
    if not words.startswith(OURS) or path[0] in UNSAFE or is_private or not may_quote:
        return words
    return f"{words}; found {_quote(problem['input'])}"


def _quote(value: Any) -> str:
    """Return a value as the configuration file has it; a list or a table by its kind alone."""
    if isinstance(value, str | bool | int | float):
        return clean(json.dumps(value, ensure_ascii=False), LONGEST + 1)
    if value is None:
        return "nothing"
    kinds = {list: "a list", dict: "a table"}
    return next(
        (words for kind, words in kinds.items() if isinstance(value, kind)), clean(str(value), LONGEST)
    )


def _example(path: Sequence[str | int]) -> str:
    """Return the default of a setting where that is a number, else 1."""
    section = SECTIONS.get(str(path[0]))
    fields = section.model_fields.values() if section else ()
    default = (
        next((field.default for field in fields if field.alias == path[1:2][0]), None) if path[1:] else None
    )
    return f"{default:g}" if isinstance(default, int | float) and not isinstance(default, bool) else "1"


def _number(_: Mapping[str, str | float], path: Sequence[str | int]) -> str:
    return f"must be a number, such as {_example(path)}"


def _whole_number(_: Mapping[str, str | float], path: Sequence[str | int]) -> str:
    return f"must be a whole number, such as {_example(path)}"


def _choice(context: Mapping[str, str | float], _: Sequence[str | int]) -> str:
    known = [f'"{word}"' for word in _QUOTED.findall(str(context["expected"]))]
    return f"must be {series(known, 'or')}"


def _list(_: Mapping[str, str | float], path: Sequence[str | int]) -> str:
    return (
        _as_channel(path)
        if path[0] in WITH_TABLES and len(path) == KIND
        else "must be a list in square brackets"
    )


def _table(_: Mapping[str, str | float], path: Sequence[str | int]) -> str:
    is_channel = path[0] in WITH_TABLES and isinstance(path[-1], int)
    return _as_channel(path) if is_channel else f"must be a table, which begins with the line [{path[-1]}]"


def _as_channel(path: Sequence[str | int]) -> str:
    return f"must begin with the line [[{path[0]}.{path[1]}]], with two brackets on each side"


def _always(words: str) -> Write:
    return lambda context, path: words.format(**context, name=path[-1])


WORDS: dict[str, Write] = {  # by pydantic's name of the error
    "bool_parsing": _always("must be true or false"),
    "bool_type": _always("must be true or false"),
    "dict_type": _always("must be a table"),
    "finite_number": _number,
    "float_parsing": _number,
    "float_type": _number,
    "greater_than": _always("must be greater than {gt:g}"),
    "greater_than_equal": _always("must be {ge} or more"),
    "int_from_float": _whole_number,
    "int_parsing": _whole_number,
    "int_parsing_size": _whole_number,
    "int_type": _whole_number,
    "less_than_equal": _always("must be {le:g} or less"),
    "list_type": _list,
    "literal_error": _choice,
    "missing": _always("must be set"),
    "model_type": _table,
    "path_type": _always("must be a path in quotes"),
    "string_pattern_mismatch": _always("must have plain ASCII characters only, and no line break"),
    "string_too_short": _always("must not be empty"),
    "string_type": _always("must be text in quotes"),
    "string_unicode": _always("must be text in quotes"),
    "too_short": _always("must have at least one value"),
}
OTHER = _always("must have another kind of value")
