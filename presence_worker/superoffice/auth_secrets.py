"""The secrets of [auth], each in its setting or in a file of its own."""

import os
import tempfile
from pathlib import Path

from pydantic import SecretStr

from ..errors import UsageFault
from ..operator_files import WideError, remove_mark
from ..sanitize import clean
from ..settings import SECRETS, Auth
from ..wording import series
from .request_errors import refusal

SHOWN = {  # auth.scheme: what SuperOffice is shown, or what is exchanged for that
    "basic": ("username", "password"),
    "soticket": ("ticket", "app_token", "client_secret"),
    "bearer": ("token", "app_token"),
    "oauth": ("client_id", "client_secret", "refresh_token"),
    "system-user": ("system_user_token", "client_secret", "private_key"),
    "xsrf": ("cookie", "xsrf_token"),
    "ntlm": ("username", "password"),
}


def read_secret(auth: Auth, name: str) -> str | None:
    """Return a secret from its setting or its file, None where neither is set; raise UsageFault."""
    value: SecretStr | None = getattr(auth, name)
    file = _file_of(auth, name)
    if value is not None:
        secret = value.get_secret_value()
    elif file is not None:
        secret = _read_file(name, file)
    else:
        return None
    if not secret or not secret.isprintable():
        raise UsageFault(f"auth.{name}: is empty, or has line breaks or other control characters")
    return secret


def _read_file(name: str, file: Path) -> str:
    try:
        return remove_mark(file.read_bytes()).decode().strip()
    except UnicodeDecodeError:
        raise UsageFault(f"auth.{name}_file: {file}: not a text file") from None
    except (OSError, WideError) as error:
        raise UsageFault(f"auth.{name}_file: {file}: {why_unreadable(error)}") from None


def why_unreadable(error: OSError | WideError) -> str:
    """Return why a file cannot be read, in the system's words or in ours."""
    return str(error.strerror if isinstance(error, OSError) else error)


def secret_now(auth: Auth, name: str) -> str:
    """Return a secret as it stands now; its file may have changed since. Raise RefusedError without it."""
    try:
        secret = read_secret(auth, name)
    except UsageFault as fault:
        raise refusal(str(fault)) from None
    if secret is None:
        raise refusal(f"auth.{name}: not set, but auth.scheme = {auth.scheme} needs it")
    return secret


def origin(auth: Auth) -> str:
    """Name the settings, with their files, that the scheme's credentials come from."""
    names = [name for name in SHOWN[auth.scheme] if is_set(auth, name)]
    return series([_place(auth, name) for name in names] or ["[auth]"], "and")


def _place(auth: Auth, name: str) -> str:
    file = _file_of(auth, name)
    return f"auth.{name}" if file is None else f"auth.{name}_file ({clean(str(file))})"


def _file_of(auth: Auth, name: str) -> Path | None:
    file: Path | None = getattr(auth, f"{name}_file") if has_file(name) else None
    return file


def has_file(name: str) -> bool:
    """Check whether a setting may be in a file of its own."""
    return f"{name}_file" in Auth.model_fields


def all_secrets(auth: Auth) -> list[str]:
    """Return all secrets that are configured, so that they can be blotted out."""
    return [value for name in SECRETS if (value := read_secret(auth, name))]


def application(auth: Auth, *names: str) -> dict[str, str]:
    """Return the header that says which application asks: the first of the secrets *names* that is set."""
    found = next((name for name in names if is_set(auth, name)), None)
    return {"SO-AppToken": secret_now(auth, found)} if found else {}


def is_set(auth: Auth, name: str) -> bool:
    """Check whether a setting is there, itself or as a file."""
    return getattr(auth, name, None) is not None or _file_of(auth, name) is not None


def replace_secret(file: Path, secret: str) -> str | None:
    """Write *secret* into *file*, with the mode it has; return why that failed, or None.

    A reader finds the old content or the new one, also after a power loss. A link stays one.
    """
    place = file.resolve()
    try:
        mode = place.stat().st_mode & 0o777
        descriptor, made = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    except OSError as error:
        return f"{file}: {error.strerror}"
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            Path(made).chmod(mode)
            new.write(f"{secret}\n")
            new.flush()
            os.fsync(new.fileno())
        Path(made).replace(place)
    except OSError as error:
        Path(made).unlink(missing_ok=True)
        return f"{file}: {error.strerror}"
    return None
