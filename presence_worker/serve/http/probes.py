"""What a supervisor asks: whether the loop turns, and whether work can be taken."""

from aiohttp import web

from .answers import give_json
from .route import Call

RETRY_SOON = "30"  # seconds


async def answer_alive(_: Call) -> web.Response:
    """Answer while the loop turns."""
    return give_json({"status": "ok"})


async def answer_ready(call: Call) -> web.Response:
    """Answer whether work can be taken, and why not."""
    trouble = call.service.trouble
    if trouble is None:
        return give_json({"status": "ready"})
    return give_json({"status": trouble}, 503, {"Retry-After": RETRY_SOON})
