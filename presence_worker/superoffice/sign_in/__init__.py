"""How to sign in: a scheme for each `auth.scheme`, loaded only when it is chosen."""

from collections.abc import Iterator

import structlog

from ...loading import load
from ...settings import Auth, Settings
from ..addresses import EXCHANGING
from ..auth_secrets import has_file, is_set
from ..login_host import LoginHost
from .credential import FOREVER, Authenticate, Credential, Scheme, SignIn

SCHEMES = {  # by auth.scheme
    "basic": ".superoffice.sign_in.credential:BASIC",
    "soticket": ".superoffice.sign_in.credential:SOTICKET",
    "bearer": ".superoffice.sign_in.credential:BEARER",
    "oauth": ".superoffice.sign_in.oauth:OAUTH",
    "system-user": ".superoffice.sign_in.system_user:SYSTEM_USER",
    "xsrf": ".superoffice.sign_in.credential:XSRF",
    "ntlm": ".superoffice.sign_in.ntlm:NTLM",
}
EXTRAS = {"ntlm": "pip install 'presence-worker[ntlm]'"}  # these need more than everybody has
log = structlog.get_logger()


def make_sign_in(settings: Settings, login: LoginHost) -> SignIn:
    """Make the function that returns a new credential, and logs that it did."""
    auth = settings.auth
    sign_in = load_scheme(auth).make_sign_in(settings, login)
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


def make_authenticate(settings: Settings) -> Authenticate | None:
    """Make the function that signs a connection in; None where each request shows who we are."""
    make = load_scheme(settings.auth).make_authenticate
    return make(settings.auth) if make else None


def load_scheme(auth: Auth) -> Scheme:
    """Return the chosen scheme; raise ModuleNotFoundError where it needs what is not installed."""
    scheme: Scheme = load(SCHEMES[auth.scheme])
    return scheme


def problems(settings: Settings) -> Iterator[str]:
    """Yield what keeps the chosen scheme from working, as far as the settings show it."""
    try:
        scheme = load_scheme(settings.auth)
    except ModuleNotFoundError:
        yield _explain_not_installed(settings.auth.scheme)
        return
    missing = [name for name in scheme.needed if not _is_there(settings, name)]
    yield from (_explain_not_set(name, settings.auth) for name in missing)
    if not missing:
        yield from scheme.problems(settings.auth)


def _is_there(settings: Settings, name: str) -> bool:
    section, key = name.split(".")
    return bool(settings.target.tenant) if section == "target" else is_set(settings.auth, key)


def _explain_not_installed(scheme: str) -> str:
    remedy = EXTRAS.get(scheme, "install presence-worker again")
    return f"auth.scheme = {scheme} needs a package that is not installed: {remedy}"


def _explain_not_set(name: str, auth: Auth) -> str:
    words = f"{name}: not set, but auth.scheme = {auth.scheme} needs it"
    takes_file = has_file(name.split(".")[1])
    return f"{words}; set {name}_file to a file that contains it" if takes_file else words
