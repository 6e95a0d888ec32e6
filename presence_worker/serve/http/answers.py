"""Answers that programs read."""

from collections.abc import Mapping

import orjson
from aiohttp import web

from ...json_form import Json


def give_json(form: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer in JSON."""
    body = orjson.dumps(form, option=orjson.OPT_APPEND_NEWLINE)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
