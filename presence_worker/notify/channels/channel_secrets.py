"""The secrets of channels, each in its setting or in a file of its own, read when they are used."""

from pathlib import Path

from pydantic import SecretStr

from ...operator_files import WideError, remove_mark
from ...sanitize import clean
from ...settings.section import Section
from .kinds import NotDelivered


def secret_of(section: Section, name: str) -> str | None:
    """Return a secret as it stands now, None where it is not set; raise NotDelivered."""
    value: SecretStr | None = getattr(section, name)
    file: Path | None = getattr(section, f"{name}_file")
    if value is not None:
        return value.get_secret_value()
    return _read_file(f"{name}_file", file) if file else None


def _read_file(setting: str, file: Path) -> str:
    place = f"{setting}: {clean(str(file))}"
    try:
        secret = remove_mark(file.read_bytes()).decode().strip()
    except UnicodeDecodeError:
        raise NotDelivered(f"{place}: not a text file") from None
    except WideError as error:
        raise NotDelivered(f"{place}: {error}") from None
    except OSError as error:
        raise NotDelivered(f"{place}: {error.strerror}") from None
    if not secret:
        raise NotDelivered(f"{place}: is empty")
    return secret
