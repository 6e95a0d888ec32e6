"""Answers that programs read: JSON, and files."""

from collections.abc import Mapping

import orjson
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from ...json_form import Json

OF_PARTS = ("range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


class WholeFile(web.FileResponse):
    """A file as it was written: always all of it, whatever part or state the request asks for."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Begin the answer."""
        kept = request.headers.copy()
        for name in OF_PARTS:
            kept.popall(name, None)
        return await super().prepare(request.clone(headers=kept))

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Accept-Ranges", None)


def give_json(form: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer in JSON."""
    body = orjson.dumps(form, option=orjson.OPT_APPEND_NEWLINE)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
