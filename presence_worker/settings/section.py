"""What a table of the configuration file is."""

from collections.abc import Sequence
from typing import get_args

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of the configuration file; a key that is a word of Python has a field with an underscore."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        alias_generator=lambda name: name.removesuffix("_"),
        validate_by_name=True,
        serialize_by_alias=True,
    )

    @classmethod
    def names(cls) -> list[str]:
        """Return its keys as the configuration file has them, in the order of the code."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def names_at(cls, path: Sequence[str]) -> list[str]:
        """Return the keys of a table in a list of tables, for such a path as mail, 2; else its own."""
        field = cls.model_fields.get(path[0]) if path else None
        tables = get_args(field.annotation) if field else ()
        kinds = [kind for kind in tables if isinstance(kind, type) and issubclass(kind, Section)]
        return kinds[0].names() if kinds else cls.names()
