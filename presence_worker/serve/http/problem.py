"""Errors as callers get them: problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from aiohttp import web

PROBLEM_TYPE = "application/problem+json"
WAIT = {"Retry-After": "30"}  # seconds, after a 503


class HttpProblem(Exception):
    """A request that is not carried out: its status code, and a sentence that says why and what to do."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The usual name of the status code."""
        return HTTPStatus(self.status).phrase


def render_problem(problem: HttpProblem) -> web.Response:
    """Return the answer that programs read."""
    members = {"title": problem.title, "status": problem.status, "detail": problem.detail}
    return web.Response(
        status=problem.status,
        body=orjson.dumps(members),
        content_type=PROBLEM_TYPE,
        headers=problem.headers,
    )
