"""As whom we ask: the configured credentials as request headers."""

import base64
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from ..errors import UsageFault
from ..settings import SECRETS, Auth


def sign_in_headers(auth: Auth) -> dict[str, str]:
    """Give the headers that carry the credentials; raise UsageFault naming the setting that is missing."""
    scheme = SCHEMES.get(auth.scheme)
    if scheme is None:
        raise UsageFault(f"auth.scheme: {auth.scheme} is not available yet; use one of {', '.join(SCHEMES)}")
    headers = {"Authorization": scheme(auth)}
    application = read_secret(auth, "app_token")
    if auth.scheme == "soticket":
        application = application or read_secret(auth, "client_secret")
    if application:
        headers["SO-AppToken"] = application
    return headers


def known_secrets(auth: Auth) -> list[str]:
    """Give all secrets in force, in plain and as Basic sends them, so that they can be blotted out."""
    secrets = [value for name in SECRETS if (value := read_secret(auth, name))]
    encoded = [_basic(auth).removeprefix("Basic ")] if auth.scheme == "basic" else []
    return [*secrets, *encoded]


def read_secret(auth: Auth, name: str) -> str | None:
    """Give a secret from its setting or its file, None where neither is set."""
    value: SecretStr | None = getattr(auth, name)
    file: Path | None = getattr(auth, f"{name}_file")
    if value is not None:
        secret = value.get_secret_value()
    elif file is not None:
        try:
            secret = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "not a text file"
            raise UsageFault(f"auth.{name}_file: {file}: {words}") from None
    else:
        return None
    if not secret or not secret.isprintable():
        raise UsageFault(f"auth.{name}: is empty or has line breaks or other control characters")
    return secret


def _needed(auth: Auth, name: str) -> str:
    secret = read_secret(auth, name)
    if secret is None:
        raise UsageFault(
            f"auth.{name}: not set, but auth.scheme = {auth.scheme} needs it; "
            f"set auth.{name}_file to a file that holds it"
        )
    return secret


def _basic(auth: Auth) -> str:
    if not auth.username:
        raise UsageFault("auth.username: not set, but auth.scheme = basic needs it")
    pair = f"{auth.username}:{_needed(auth, 'password')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


SCHEMES: dict[str, Callable[[Auth], str]] = {
    "basic": _basic,
    "soticket": lambda auth: f"SOTicket {_needed(auth, 'ticket')}",
    "bearer": lambda auth: f"Bearer {_needed(auth, 'token')}",
}
