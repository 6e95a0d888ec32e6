"""The wrappers around each request, from the workers to the wire: each waits for something, or looks out."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import anyio

from ..errors import Cause, PresenceWorkerError, Stopped, Suspect
from ..model import Change, Outcome, Send, Trouble
from .gate import Gate
from .pace import ConcurrencyLimit, Pace
from .systemic_failures import Halt

PAGES = 3  # rows in a row whose first HTML page comes


def leased(send: Send, wait: Callable[[], Awaitable[None]], halt: Halt) -> Send:
    """Make *send* wait until no other machine can be at work on the target; halt where that will never be."""

    async def leased_send(change: Change) -> Outcome:
        try:
            await wait()
        except PresenceWorkerError as error:
            halt(error)
            await anyio.sleep_forever()  # the halt ends it
        return await send(change)

    return leased_send


def gated(send: Send, gate: Gate) -> Send:
    """Make *send* wait while SuperOffice is not there."""

    async def gated_send(change: Change) -> Outcome:
        if gate.is_open:
            return gate.learn(change, await send(change), probe=False)
        return await gate.probe(send, change)

    return gated_send


def limited(send: Send, limit: ConcurrencyLimit) -> Send:
    """Make *send* hold a place while it is at work."""

    async def limited_send(change: Change) -> Outcome:
        await limit.enter(change.row)
        try:
            outcome = await send(change)
        finally:
            limit.leave(change.row)
        if outcome.trouble is None:
            limit.grow()
        elif outcome.trouble is Trouble.THROTTLED:
            limit.slow_down()
        return outcome

    return limited_send


def paced(send: Send, pace: Pace) -> Send:
    """Make *send* wait for its slot, and slow all senders down when SuperOffice asks for it."""

    async def paced_send(change: Change) -> Outcome:
        pace.begin()
        try:
            await pace.slot()
            outcome = await send(change)
        finally:
            pace.end()
        if outcome.retry_after:
            pace.pause(outcome.retry_after)
        if outcome.trouble is Trouble.THROTTLED or outcome.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
            pace.slow_down()
        return outcome

    return paced_send


def halting(send: Send, halt: Halt, *, longest_wait: Callable[[], float]) -> Send:
    """Check each answer that *send* gets, and halt for what concerns every row.

    *longest_wait* gives the seconds we may wait when SuperOffice asks for it.
    """
    pages, rows = 0, set[int]()  # that a page came for; to them alone, it says nothing about the others

    async def halting_send(change: Change) -> Outcome:
        nonlocal pages
        outcome = await send(change)
        if not outcome.html:
            pages = 0
        elif change.row not in rows:
            pages += 1
            rows.add(change.row)
        if why := _why_to_halt(outcome, pages, longest_wait):
            halt(why)
        return outcome

    return halting_send


def _why_to_halt(outcome: Outcome, pages: int, longest_wait: Callable[[], float]) -> Stopped | None:
    """Return what an answer says about all rows, behind so many *pages* in place of answers."""
    if outcome.stop:
        return Stopped(outcome.stop, suspect=outcome.suspect)
    if pages >= PAGES:
        words = "SuperOffice answered three rows in a row with HTML pages; check target.base_url"
        return Stopped(words, suspect=Suspect.TARGET)
    if outcome.retry_after and outcome.retry_after > longest_wait():
        words = f"SuperOffice asks us to wait {outcome.retry_after:.0f} s, longer than the settings allow"
        return Stopped(words, cause=Cause.OUTAGE)
    return None
