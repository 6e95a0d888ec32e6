"""What a setting may be: a type for each kind of value, with the check that makes it."""

import codecs
import json
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from ..loading import load
from ..message_template import parse_template
from ..message_text import find_misleading, normalize_message
from ..model import MAX_ASSOCIATE_ID, MAX_MESSAGE_LENGTH, STATUSES
from .quantities import Duration, Limit, Raw, parse_limit

LONGEST_TENANT = 64  # characters
IGNORE = "ignore"  # in input.statuses: rows with that value count as not in the file
WITHDRAWN = "withdrawn"  # likewise: rows with that value take back a leave of an earlier job


def _check_delimiter(value: Raw) -> Raw:
    value = {"tab": "\t", "\\t": "\t", "auto": None}.get(value, value) if isinstance(value, str) else value
    if isinstance(value, str) and (len(value) != 1 or value in '"\r\n\0'):
        raise ValueError('expected one character such as ";", or "tab", or "auto"')
    return value


def _check_status(value: Raw) -> str:
    if not isinstance(value, str) or value not in STATUSES:
        raise ValueError(f"no such status; the service knows {', '.join(STATUSES)}")
    return value


def _check_meaning(value: Raw) -> str:
    return value if isinstance(value, str) and value in (IGNORE, WITHDRAWN) else _check_status(value)


def _write_cell(value: Raw) -> Raw:
    """Return a value of input.only as a cell has it: TOML's numbers and booleans as JSON writes them."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _write_cells(value: Raw) -> list[Raw]:
    return [_write_cell(each) for each in (value if isinstance(value, list) else [value])]


def _read_never(value: Raw) -> Raw:
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


def _read_limits(value: "Raw | Limit") -> Limit | dict[str, Limit]:
    if not isinstance(value, dict):
        return parse_limit(value)
    return {_check_status(status): parse_limit(each) for status, each in value.items()}


LimitOrLimits = Annotated[Limit | dict[str, Limit], BeforeValidator(_read_limits)]


def _check_tenant(value: str) -> str:
    if not (value.isascii() and value.isalnum() and len(value) <= LONGEST_TENANT):
        raise ValueError("expected a customer number such as Cust12345")
    return value


def _check_encoding(value: Raw) -> Raw:
    try:
        if isinstance(value, str):
            "".encode(value)  # knows what is no encoding of text, such as base64
            codecs.getincrementaldecoder(value)().decode(b"", final=True)
    except (LookupError, ValueError):
        raise ValueError("no such encoding; expected one such as utf-8 or cp1252") from None
    return value


def _check_zone(value: Raw) -> Raw:
    try:
        if isinstance(value, str):
            ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone; expected one such as Europe/Oslo") from None
    return value


def _check_language(value: Raw) -> Raw:
    if isinstance(value, str):
        load(".languages:find_locale")(value)  # takes a while, and few say one
    return value


def _check_message(value: str) -> str:
    if fault := find_misleading(value):
        raise ValueError(fault)
    message = normalize_message(value)
    if len(message) > MAX_MESSAGE_LENGTH:
        raise ValueError(f"{len(message)} characters; the service keeps {MAX_MESSAGE_LENGTH}")
    return message


def _expand_home(value: Path) -> Path:
    """Return what a shell would make of "~/runs"."""
    try:
        return value.expanduser()
    except RuntimeError:
        raise ValueError(f"there is no home directory for {value.parts[0]}; write the whole path") from None


def _check_template(value: Raw) -> Raw:
    if isinstance(value, str):
        alone = sum(len(part) for part in parse_template(value) if isinstance(part, str))
        if alone > MAX_MESSAGE_LENGTH:
            raise ValueError(f"{alone} characters without any column; the service keeps {MAX_MESSAGE_LENGTH}")
    return value


Tenant = Annotated[str, AfterValidator(_check_tenant)]
HomePath = Annotated[Path, AfterValidator(_expand_home)]
Language = Annotated[str, BeforeValidator(_check_language)]
Message = Annotated[str, AfterValidator(_check_message)]
MessageTemplate = Annotated[str | None, BeforeValidator(_check_template)]
Zone = Annotated[str | None, BeforeValidator(_check_zone)]
Encoding = Annotated[str | None, BeforeValidator(_check_encoding)]
Status = Annotated[str, BeforeValidator(_check_status)]
Meaning = Annotated[str, BeforeValidator(_check_meaning)]
Values = Annotated[list[str], BeforeValidator(_write_cells), Field(min_length=1)]
Delimiter = Annotated[str | None, BeforeValidator(_check_delimiter)]
HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")]
Seconds = Annotated[Duration, Field(gt=0)]
SecondsOrNever = Annotated[Seconds | None, BeforeValidator(_read_never)]
SecondsOrNone = Annotated[Duration, Field(ge=0)]
AssociateId = Annotated[int, Field(ge=1, le=MAX_ASSOCIATE_ID)]

Accept = Literal[  # what the service's reference names for answers
    "application/json",
    "text/json",
    "application/xml",
    "text/xml",
    "application/json-patch+json",
    "application/merge-patch+json",
]
ContentType = Literal[Accept, "application/x-www-form-urlencoded"]
