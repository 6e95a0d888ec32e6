"""The forms in which errors of SuperOffice, of the framework beneath it, and of a web server were seen."""

import html
from collections.abc import Callable
from typing import Any

from .replies import Problem

ERROR_SOURCE = "presence-worker sandbox"
PAGE = "<!DOCTYPE html>\n<html><head><title>{words}</title></head><body><h1>{words}</h1></body></html>\n"


def _own(problem: Problem, text_key: str = "ErrorMessage") -> dict[str, Any]:
    return {
        "Error": True,
        "ErrorType": problem.kind,
        text_key: problem.words,
        "ErrorSource": ERROR_SOURCE,
    }


def _framework(problem: Problem) -> dict[str, Any]:
    return {"Message": "The request is invalid.", "MessageDetail": problem.words}


SHAPES: dict[str, Callable[[Problem], dict[str, Any] | bytes]] = {  # a body's value, or the body itself
    "so": _own,
    "so-message": lambda problem: _own(problem, "Message"),
    "aspnet": _framework,
    "html": lambda problem: PAGE.format(words=html.escape(problem.words)).encode(),
    "empty": lambda _: b"",
}
ROOTS = {"aspnet": "Error"}  # what XML calls them, else:
ROOT = "SoErrorInfo"


def shaped(problem: Problem, shape: str) -> tuple[dict[str, Any] | bytes, str]:
    """Give what an error is told with, and what XML calls it; *shape* "mixed" is where it comes from."""
    shape = problem.native if shape == "mixed" else shape
    return SHAPES[shape](problem), ROOTS.get(shape, ROOT)
