"""One try to send something by a channel: whatever goes wrong is words, and a line in the log."""

from collections.abc import Awaitable
from contextlib import suppress

import structlog

from .channels import NotDelivered

NO_ANSWER = "no answer within notify.timeout"
A_BUG = "a bug in presence-worker; please report it"
log = structlog.get_logger()


async def try_once(sending: Awaitable[None], channel: str, message_id: str | None = None) -> str:
    """Wait for what a *channel* sends; return why that failed, or "". A cancelled one took too long."""
    words = NO_ANSWER
    try:
        words = await _find_words(sending)
    finally:
        if words:
            log.warning("notify.failed", channel=channel, id=message_id, detail=words)
    return words


async def _find_words(sending: Awaitable[None]) -> str:
    words = A_BUG
    with suppress(Exception):  # it must not harm the run, or another channel
        try:
            await sending
            words = ""
        except NotDelivered as error:
            words = str(error)
    return words
