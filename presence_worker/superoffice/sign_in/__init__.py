"""How to sign in: a module for each `auth.scheme`, loaded only when it is chosen."""

from collections.abc import Iterator
from types import ModuleType

import structlog

from ...loading import load
from ...settings import Auth, Settings
from ..auth_secrets import is_set
from ..credential import FOREVER, Authenticate, Credential, SignIn
from ..login_host import LoginHost

SCHEMES = {  # auth.scheme: module, which has NEEDED and signing_in, and may have problems
    "basic": ".superoffice.sign_in.basic",
    "soticket": ".superoffice.sign_in.soticket",
    "bearer": ".superoffice.sign_in.bearer",
    "oauth": ".superoffice.sign_in.oauth",
    "system-user": ".superoffice.sign_in.system_user",
    "xsrf": ".superoffice.sign_in.xsrf",
    "ntlm": ".superoffice.sign_in.ntlm",
}
EXCHANGING = ("oauth", "system-user")  # these fetch what they show at the sign-in host
EXTRAS = {"ntlm": "pip install 'presence-worker[ntlm]'"}  # these need more than everybody has
log = structlog.get_logger()


def signing_in(settings: Settings, login: LoginHost) -> SignIn:
    """Make the function that gives a new credential, and logs that it did."""
    auth = settings.auth
    sign_in: SignIn = _module(auth).signing_in(auth, login=login, tenant=settings.target.tenant or "")
    last: Credential | None = None

    async def logged() -> Credential:
        nonlocal last
        credential = await sign_in()
        if credential != last and (last or auth.scheme in EXCHANGING):
            life = None if credential.life == FOREVER else round(credential.life)
            log.info("sign_in.renewed" if last else "sign_in.done", scheme=auth.scheme, expires_s=life)
        last = credential
        return credential

    return logged


def greeting(settings: Settings) -> Authenticate | None:
    """Make the function that signs a connection in; None where each request shows who we are."""
    module = _module(settings.auth)
    greet: Authenticate | None = module.greeting(settings.auth) if hasattr(module, "greeting") else None
    return greet


def problems(settings: Settings) -> Iterator[str]:
    """Yield what keeps the chosen scheme from working, as far as it can be told without asking anybody."""
    try:
        module = _module(settings.auth)
    except ModuleNotFoundError:
        yield _not_installed(settings.auth.scheme)
        return
    missing = [name for name in module.NEEDED if not _is_there(settings, name)]
    yield from (_missing(name, settings.auth) for name in missing)
    if hasattr(module, "problems") and not missing:
        yield from module.problems(settings.auth)


def _module(auth: Auth) -> ModuleType:
    module: ModuleType = load(SCHEMES[auth.scheme])
    return module


def _is_there(settings: Settings, name: str) -> bool:
    section, key = name.split(".")
    return bool(settings.target.tenant) if section == "target" else is_set(settings.auth, key)


def _not_installed(scheme: str) -> str:
    remedy = EXTRAS.get(scheme, "install presence-worker anew")
    return f"auth.scheme = {scheme} needs something that is not installed: {remedy}"


def _missing(name: str, auth: Auth) -> str:
    words = f"{name}: not set, but auth.scheme = {auth.scheme} needs it"
    file = f"{name}_file"
    return f"{words}; set {file} to a file that holds it" if hasattr(auth, file.split(".")[1]) else words
