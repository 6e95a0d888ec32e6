"""The settings of a first configuration: from options, variables, standard input and questions."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
from pydantic import SecretStr

from ..errors import OptionFault, UsageFault
from ..settings import Auth, Settings, Target
from ..settings.configuration import load_settings
from ..settings.origin import PREFIX, Nested
from ..settings.value_types import Raw
from ..superoffice.addresses import is_online, is_open, root_of
from ..superoffice.sign_in import load_scheme
from .first_files import Values, check_absent, is_secret, secret_file
from .output import remark

SCHEMES = get_args(Auth.model_fields["scheme"].annotation)
ADDRESS, TENANT, SCHEME, KEY_FILE = "target.base_url", "target.tenant", "auth.scheme", "auth.private_key_file"
TENANT_FORM = re.compile(r"Cust\w+", re.ASCII | re.IGNORECASE)
WHERE = "Address of SuperOffice, or your tenant in SuperOffice Online (such as Cust12345)"
LABELS = {
    TENANT: "Your tenant in SuperOffice Online (such as Cust12345)",
    "auth.username": "User name",
    "auth.client_id": "Client ID of your application",
    KEY_FILE: "File with the private key of your application (PEM)",
}
OPTIONS = {  # setting: the option that gives it
    ADDRESS: "--base-url",
    TENANT: "--tenant",
    SCHEME: "--scheme",
    "auth.username": "--username",
    "auth.client_id": "--client-id",
    KEY_FILE: "--private-key-file",
}
BAD_TEXT = "has control characters, or is not UTF-8"
ONLY_ONE = "options --base-url and --tenant: give only one of them"
OPEN_ADDRESS = "The address begins with http. Others on the network can read the credentials. Use it anyway?"


def variable_of(name: str) -> str:
    """Return the variable that gives a setting, such as "auth.password"."""
    return f"{PREFIX}{name.replace('.', '__').upper()}"


def find_values(flags: Nested, configuration: Path, *, is_asked: bool, from_stdin: bool) -> Values:
    """Return all settings of the new file; raise UsageFault before a question without use."""
    names = [f"{section}.{key}" for section in flags for key in flags[section]]
    _check_options(flags, names)
    settings = load_settings(None, flags)
    place = _find_place(settings.target, names, is_asked=is_asked)
    scheme = _find_scheme(settings.auth, place, is_asked=is_asked)
    needed = [name for name in _settings_for(scheme, place) if name not in place]
    check_absent(configuration, (secret_file(configuration, name) for name in needed if is_secret(name)))
    found = dict(_find_given(settings, [*needed, *(name for name in names if name not in place)]))
    if from_stdin:
        found |= _read_secrets([name for name in needed if is_secret(name) and f"{name}_file" not in found])
    for name, value in found.items():
        _check_text(value, _origin(name, names))
    missing = [name for name in needed if not {name, f"{name}_file"} & found.keys()]
    if missing and not is_asked:
        raise OptionFault(_explain_missing(missing))
    values = {**place, SCHEME: scheme, **found}
    for name in missing:
        values |= _ask(name)
    return values


def _check_options(flags: Nested, names: Iterable[str]) -> None:
    """Raise OptionFault for what no option of `init` can be, before all settings are read."""
    for name in names:
        section, key = name.split(".")
        _check_text(flags[section][key], _origin(name, names))
        if name == TENANT:
            _read_tenant(str(flags[section][key]), _origin(name, names))


def _check_text(value: Raw, origin: str) -> None:
    if not str(value).isprintable():
        raise OptionFault(f"{origin}: {BAD_TEXT}")


def _origin(name: str, names: Iterable[str]) -> str:
    """Return the option or the variable that gives a setting; options give those of these *names*."""
    return f"option {OPTIONS.get(name, '--set')}" if name in names else variable_of(name)


# -- where SuperOffice is ------------------------------------------------------------------------------------


def _find_place(target: Target, names: Iterable[str], *, is_asked: bool) -> Values:
    """Return where SuperOffice is: its address, or a tenant of SuperOffice Online."""
    place: dict[str, Raw] = {}
    if target.base_url:
        place |= _read_address(target.base_url, _origin(ADDRESS, names), target, is_asked=is_asked)
    if target.tenant:
        place |= _read_tenant(target.tenant, _origin(TENANT, names))
    if place or not is_asked:
        return place
    return _ask_until_right(WHERE, lambda text: _read_typed_place(text, target))


def _read_typed_place(text: str, target: Target) -> Values:
    if TENANT_FORM.fullmatch(text):
        return _read_tenant(text, "")
    return _read_address(text, "The address", target, is_asked=True)


def _read_tenant(text: str, origin: str) -> Values:
    if not TENANT_FORM.fullmatch(text):
        raise OptionFault(f"{origin}: expected a tenant such as Cust12345")
    return {TENANT: f"Cust{text[4:]}"}


def _read_address(text: str, origin: str, target: Target, *, is_asked: bool) -> Values:
    """Return an address, and that it may begin with http; raise OptionFault for one that cannot be used."""
    may_ask = Target(allow_http=True) if is_asked else target
    try:
        root = root_of(text, origin, may_ask)
    except UsageFault as fault:
        raise OptionFault(str(fault)) from None
    if not is_open(root):
        return {ADDRESS: text}
    if not (target.allow_http or click.confirm(OPEN_ADDRESS, err=True)):
        raise OptionFault(f"{origin}: give one that begins with https")
    return {ADDRESS: text, "target.allow_http": True}


# -- how to sign in ------------------------------------------------------------------------------------------


def _find_scheme(auth: Auth, place: Values, *, is_asked: bool) -> str:
    if not place:
        raise OptionFault("the address of SuperOffice is missing: give --base-url or --tenant")
    if "scheme" in auth.model_fields_set:
        return auth.scheme
    if {ADDRESS, TENANT} <= place.keys() and not is_asked:
        raise OptionFault(ONLY_ONE)
    is_cloud = is_online(Target.model_validate({name.split(".")[1]: value for name, value in place.items()}))
    if is_asked:
        usual = "system-user" if is_cloud else "basic"
        return str(click.prompt("How to sign in", default=usual, type=click.Choice(SCHEMES), err=True))
    if is_cloud:
        raise OptionFault(
            "option --scheme is missing. SuperOffice Online has no sign-in with a user name and a password. "
            "Give --scheme system-user, or see `presence-worker manual sign-in`"
        )
    return "basic"


def _settings_for(scheme: str, place: Values) -> tuple[str, ...]:
    """Return what a scheme needs; raise OptionFault for a tenant that it does not use beside an address."""
    try:
        needed = load_scheme(Auth.model_validate({"scheme": scheme})).needed
    except ModuleNotFoundError:
        needed = ("auth.username", "auth.password")  # of ntlm; doctor says how to install it
    if {ADDRESS, TENANT} <= place.keys() and TENANT not in needed:
        raise OptionFault(ONLY_ONE)
    return needed


def _find_given(settings: Settings, names: Iterable[str]) -> Iterator[tuple[str, Raw]]:
    """Yield what options and variables give of these settings; of a secret, its file counts as well."""
    for name in names:
        section, key = name.split(".")
        table = getattr(settings, section)
        for place in (f"{key}_file", key):
            value = getattr(table, place, None)
            if value or value is False:
                yield f"{section}.{place}", _plain(value)
                break


def _plain(value: "Raw | SecretStr | Path") -> Raw:
    """Return a value as the file has it, a path in full."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.absolute()) if isinstance(value, Path) else value


def _read_secrets(names: list[str]) -> Values:
    """Return the secrets that standard input has, a line for each, in the order of their *names*."""
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig") if sys.stdin else ""
    except UnicodeDecodeError:
        raise OptionFault(
            "option --secret-stdin: standard input is not UTF-8. Send the secret in UTF-8, or type it: "
            "presence-worker init without --secret-stdin asks for it"
        ) from None
    lines = text.splitlines()
    if len(lines) != len(names) or not all(line and line.isprintable() for line in lines):
        expected = ", then ".join(map(_label, names)) or "nothing"
        raise OptionFault(f"option --secret-stdin: expected one line for each secret: {expected}")
    return dict(zip(names, lines, strict=True))


# -- questions -----------------------------------------------------------------------------------------------


def _ask(name: str) -> Values:
    if name == TENANT:
        return _ask_until_right(_label(name), lambda text: _read_tenant(text, "This"))
    if name == KEY_FILE:
        return _ask_until_right(_label(name), _read_key_file)
    return {name: _prompt(_label(name), is_hidden=is_secret(name))}


def _ask_until_right(label: str, read: Callable[[str], Values]) -> Values:
    while True:
        try:
            return read(_prompt(label))
        except OptionFault as fault:
            remark(str(fault))


def _read_key_file(text: str) -> Values:
    file = Path(text).expanduser().absolute()
    if not file.is_file():
        raise OptionFault(f"The file {file} does not exist.")
    return {KEY_FILE: str(file)}


def _prompt(label: str, *, is_hidden: bool = False) -> str:
    while True:
        value = str(click.prompt(label, hide_input=is_hidden, err=True)).strip()
        if value and value.isprintable():
            return value
        remark("This has control characters. Type it again." if value else "This is empty. Type it again.")


def _label(name: str) -> str:
    return LABELS.get(name) or name.partition(".")[2].replace("_", " ").capitalize()


def _explain_missing(names: list[str]) -> str:
    ways = [
        f"{_label(name)}: {'--secret-stdin' if is_secret(name) else OPTIONS.get(name, name)}"
        for name in names
    ]
    return f"not all values are given, and no question can be asked. Give {', '.join(ways)}"
