"""The templates of the pages, which have all they need in themselves."""

import base64
import hashlib
from importlib.resources import files

import jinja2
from markupsafe import Markup

from ..sanitize import mask_steering
from ..wording import plain_duration

TEMPLATES = files(__package__) / "templates"


def inline(name: str) -> Markup:
    """Return a style sheet or a script of ours as it stands in the page."""
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - ours


def digest(text: str) -> str:
    """Return the name by which a page's policy lets a style sheet or script of its own be."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader(__package__, "templates"),
    autoescape=True,
    finalize=lambda value: mask_steering(value) if type(value) is str else value,  # markup is of our making
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals |= {"digest": digest, "duration": plain_duration, "inline": inline}
