"""`presence-worker token`."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import get_args

import click
from pydantic import TypeAdapter, ValidationError

from ..errors import OptionFault
from ..settings.channel_values import ChannelName
from ..settings.serve import Role
from .output import remark, say

BYTES = 32  # of chance
MARK = "pw_"  # begins each token, so that programs that look for secrets find it
ONCE = "Here is the token. It is not stored and not shown again:"
PASTE = "Paste this line below [serve] in the configuration:"


def _check_name(_: click.Context, __: click.Parameter, name: str) -> str:
    try:
        TypeAdapter(ChannelName).validate_python(name)
    except ValidationError as error:
        raise OptionFault(f"NAME: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    return name


@click.command("token")
@click.argument("name", callback=_check_name)
@click.option(
    "--role",
    "roles",
    type=click.Choice(get_args(Role)),
    metavar="ROLE",
    multiple=True,
    required=True,
    help="What the token may do. Can be repeated.",
)
@click.option(
    "--target",
    "targets",
    metavar="NAME",
    multiple=True,
    help="The only target it may be used for. Can be repeated. Default: all targets.",
)
def command(name: str, roles: Sequence[str], targets: Sequence[str]) -> int:
    """Make a token for the service.

    NAME says who uses the token, such as onboarding. The first line on standard output is the token, the
    second one is a line for the configuration. That line has only a digest of the token.

    \b
    Roles:
      submit   hand in jobs, and see those
      read     see jobs, runs and reports
      rows     see absence reasons and failed.csv
      approve  apply, resume, undo and stop runs; cancel jobs

    \b
    Examples:
      presence-worker token onboarding --role submit
      presence-worker token crm-admin --role read --role approve --target emea
    """
    token = make_token()
    remark(ONCE)
    say(token)
    remark(PASTE)
    say(_line(name, digest_of(token), roles, targets))
    return 0


def _line(name: str, digest: str, roles: Sequence[str], targets: Sequence[str]) -> str:
    """Return the line of the configuration, in TOML."""
    values = {"sha256": _text(digest), "roles": _list(roles)}
    if targets:
        values["targets"] = _list(targets)
    return f"tokens.{name} = {{ {', '.join(f'{key} = {value}' for key, value in values.items())} }}"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, dict.fromkeys(words)))}]"


def _text(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)  # what JSON has in quotes, TOML reads alike


def make_token() -> str:
    """Make a token of chance."""
    return f"{MARK}{secrets.token_urlsafe(BYTES)}"


def digest_of(token: str) -> str:
    """Return what the configuration has of a token: its SHA-256 in hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()
