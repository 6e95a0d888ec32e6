"""What a table of the configuration file is."""

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
