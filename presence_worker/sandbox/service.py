"""What the sandbox answers to a request, sockets aside."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate

from .ask import Ask
from .faults import Mishap
from .luck import Luck
from .record import Entry
from .replies import FAULTY, NO_SUCH_RESOURCE, Headers, Reply, not_understood
from .routes import Deed, Route, closed, find
from .site import Site
from .tenant import MISDIRECTED

PATIENCE = 1  # seconds that a 429 asks for


class Service:
    """Owns a site, its luck and the record of what was asked (the newest *remember* requests).

    *heard* is told of each of them.
    """

    def __init__(
        self, site: Site, luck: Luck, remember: int, heard: Callable[[Entry], None] | None = None
    ) -> None:
        self.site = site
        self.record: deque[Entry] = deque(maxlen=remember)
        self._luck = luck
        self._heard = heard
        self._closed = closed(site.unknowns)

    def answer(self, ask: Ask) -> Reply:
        """Give the answer, and write down that it was given."""
        route, associate_id = find(ask.path) or (None, 0)
        reply = self._reply(ask, route, associate_id) if route else NO_SUCH_RESOURCE
        if self.record.maxlen or self._heard:
            self._note(ask, reply, associate_id)
        return reply

    def _note(self, ask: Ask, reply: Reply, associate_id: int) -> None:
        entry = Entry(
            at=time.monotonic(),
            method=ask.method,
            path=ask.path,
            query=ask.query,
            associate_id=associate_id or reply.about or None,
            status=reply.status,
            applied=reply.applied,
            body=ask.body,
            content_type=ask.content_type,
            host=ask.host,
        )
        self.record.append(entry)
        if self._heard:
            self._heard(entry)

    def _reply(self, ask: Ask, route: Route, associate_id: int) -> Reply:
        if route.is_tenants and self.site.tenant.is_elsewhere(ask):
            return MISDIRECTED
        refused = None if route.is_open else self.site.desk.refused(ask)
        if refused:
            return refused
        deed = route.deeds.get(ask.method)
        if deed is None:
            return not_understood(f"expected {' or '.join(route.deeds)}", 405)
        if self._closed and not route.is_open and deed.right in self._closed:
            return self._closed[deed.right]
        mishap = self._mishap(deed, associate_id) if route.is_faulty else None
        if mishap is None:
            return self._carried_out(deed, ask, associate_id)
        applied = mishap.applied and self._carried_out(deed, ask, associate_id).applied
        return replace(_befallen(mishap, self.site.unknowns.throttle_form), applied=applied)

    def _carried_out(self, deed: Deed, ask: Ask, associate_id: int) -> Reply:
        reply = deed.call(ask, associate_id, self.site)
        if reply.applied:
            self.site.tenant.has_put()
        return reply

    def _mishap(self, deed: Deed, associate_id: int) -> Mishap | None:
        known = associate_id if associate_id in self.site.people else 0  # lots are only kept for who exists
        return self._luck.draw(known, is_put=deed.right == "put")


def _befallen(mishap: Mishap, throttle_form: str) -> Reply:
    if mishap.status is None:
        return Reply(status=None, reset=mishap.reset)
    throttles = mishap.status == 429  # noqa: PLR2004 - too many requests
    return replace(FAULTY[mishap.status], headers=THROTTLE_FORMS[throttle_form]() if throttles else ())


THROTTLE_FORMS: dict[str, Callable[[], Headers]] = {
    "seconds": lambda: (("Retry-After", str(PATIENCE)),),
    "date": lambda: (("Retry-After", formatdate(time.time() + PATIENCE + 1, usegmt=True)),),
    "bare": lambda: (),
    "ratelimit": lambda: (("RateLimit", f'"default";r=0;t={PATIENCE}'),),
    "x-ratelimit": lambda: (
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", str(int(time.time()) + PATIENCE + 1)),
    ),
}
