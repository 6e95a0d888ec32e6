"""Pieces of HTML, and what is put into them: it is harmless there."""

import base64
import hashlib
import re
from functools import cached_property
from importlib.resources import files

from markupsafe import Markup, escape

from ..sanitize import mask_steering

TEMPLATES = files(__package__) / "templates"
NOTHING = Markup()
Value = str | float | None  # markup is a str, too
_INSIDE = re.compile(r"(?<=\d) (?=\d{3}\b)|(?<=\w) (?=\d[\d ]*[,.](?!\d))")  # `10 415`, `HR 7,`
_OPTION = re.compile(r"(?<=\s)(--?[a-z][a-z-]*)(?=\s|$)")
_WHOLE = Markup('<span class="whole">{}</span>')
_MARK = re.compile(r"^<!-- (\w+) -->", re.MULTILINE)


class Pieces:
    """Owns the pieces of HTML in a file of ours; each stands behind its name, in a comment.

    A piece that begins on the line of its name ends with that line, its line end left out.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _texts(self) -> dict[str, str]:
        _, *found = _MARK.split((TEMPLATES / self._name).read_text("utf-8"))
        pairs = zip(found[::2], found[1::2], strict=True)
        return {name: text[1:] if text.startswith("\n") else text.rstrip("\n") for name, text in pairs}

    def fill(self, piece: str, /, **values: Value) -> Markup:
        """Return a piece with *values* in place of their names in braces.

        They are escaped, and do not steer, hide or turn the writing: only what is markup is of our making.
        """
        harmless = {
            name: escape(mask_steering(value) if type(value) is str else value)
            for name, value in values.items()
        }
        return Markup(self._texts[piece].format_map(harmless))  # noqa: S704 - ours


def keep_numbers_whole(words: str) -> Markup:
    """Return words in which no line ends inside `10 415` or `HR 7`."""
    return Markup("&nbsp;").join(_INSIDE.split(mask_steering(words)))


def keep_options_whole(command: str) -> Markup:
    """Return a command in which no line ends inside an option such as --config."""
    pieces = _OPTION.split(mask_steering(command))
    return NOTHING.join(
        _WHOLE.format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def inline(name: str) -> Markup:
    """Return a style sheet or a script of ours as it stands in the page."""
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - ours


def digest(text: str) -> str:
    """Return the name by which a page's policy lets a style sheet or script of its own be."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
