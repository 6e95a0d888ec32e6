"""Several machines that share the work: the database, and which part of it this machine takes."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from .section import Section
from .value_types import Seconds

SHORTEST = 10.0  # seconds of a lease
SCHEMES = ("postgresql", "postgres")
LeaseTime = Annotated[Seconds, Field(ge=SHORTEST)]


class Fleet(Section):
    """The database that several machines share; without it, this machine works alone."""

    database: SecretStr | None = None  # postgresql://user@host:port/name; a URL may have a password in it
    database_password_file: Path | None = None
    runs: int = Field(200, ge=1, le=1000)  # side by side on this worker; in place of serve.runs
    lease: LeaseTime = 30.0  # after a worker's death, its runs are free then
    targets: list[str] | None = None  # names or patterns of those that this worker works for; None: all
    encryption_key_file: Path | None = None  # 32 bytes in URL-safe base64; the first line encrypts

    @property
    def is_used(self) -> bool:
        """Return whether there is a database that machines share."""
        return self.database is not None

    @property
    def secrets(self) -> list[SecretStr]:
        """Return the secrets that stand in the configuration itself."""
        return [self.database] if self.database else []

    @field_validator("database")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            scheme, separator, rest = value.get_secret_value().partition("://")
            is_whole = bool(separator) and scheme in SCHEMES and bool(urlsplit(f"//{rest}").path.strip("/"))
        except ValueError:
            is_whole = False
        if not is_whole:
            raise ValueError('must be an address such as "postgresql://presence@db.example.com/presence"')
        return value

    @model_validator(mode="after")
    def _has_one_password(self) -> "Fleet":
        address = urlsplit(self.database.get_secret_value() if self.database else "")
        if address.password and self.database_password_file:
            raise ValueError("database has a password, and database_password_file is set; keep one")
        return self


def takes(fleet: Fleet, target: str) -> bool:
    """Return whether this machine works for a target, by its name."""
    return fleet.targets is None or any(fnmatchcase(target, pattern) for pattern in fleet.targets)
