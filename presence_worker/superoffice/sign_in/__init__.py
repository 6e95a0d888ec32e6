"""How to sign in: a module for each `auth.scheme`, loaded only when it is chosen."""

import importlib
from collections.abc import Iterator
from types import ModuleType

from ...settings import Auth, Settings
from ..auth import is_set
from ..credential import SignIn
from ..login import Login

SCHEMES = {  # auth.scheme: module, which has NEEDED and signing_in, and may have problems
    "basic": "basic",
    "soticket": "soticket",
    "bearer": "bearer",
    "oauth": "oauth",
    "system-user": "system_user",
    "xsrf": "xsrf",
}
EXCHANGING = ("oauth", "system-user")  # these fetch what they show at the sign-in host


def signing_in(settings: Settings, login: Login) -> SignIn:
    """Make the function that gives a new credential."""
    made: SignIn = _module(settings.auth).signing_in(
        settings.auth, login=login, tenant=settings.target.tenant or ""
    )
    return made


def problems(settings: Settings) -> Iterator[str]:
    """Yield what keeps the chosen scheme from working, as far as it can be told without asking anybody."""
    module = _module(settings.auth)
    missing = [name for name in module.NEEDED if not _is_there(settings, name)]
    yield from (_missing(name, settings.auth) for name in missing)
    if hasattr(module, "problems") and not missing:
        yield from module.problems(settings.auth)


def _module(auth: Auth) -> ModuleType:
    return importlib.import_module(f"{__package__}.{SCHEMES[auth.scheme]}")


def _is_there(settings: Settings, name: str) -> bool:
    section, key = name.split(".")
    return bool(settings.target.tenant) if section == "target" else is_set(settings.auth, key)


def _missing(name: str, auth: Auth) -> str:
    words = f"{name}: not set, but auth.scheme = {auth.scheme} needs it"
    file = f"{name}_file"
    return f"{words}; set {file} to a file that holds it" if hasattr(auth, file.split(".")[1]) else words
