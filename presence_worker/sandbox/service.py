"""What the sandbox answers to a request, sockets aside."""

import time
from collections import deque
from dataclasses import replace

from .calls import Ask, Route, find
from .faults import Mishap
from .luck import Luck
from .people import People
from .record import Entry
from .replies import FAULTY, NO_SUCH_RESOURCE, NOT_SIGNED_IN, Reply, not_understood
from .sign_in import signer


class Service:
    """Owns the people, their luck and the record of what was asked (the newest *remember* requests)."""

    def __init__(self, people: People, luck: Luck, remember: int) -> None:
        self.people = people
        self.record: deque[Entry] = deque(maxlen=remember)
        self._luck = luck

    def answer(self, ask: Ask) -> Reply:
        """Give the answer, and write down that it was given."""
        route, associate_id = find(ask.path) or (None, 0)
        reply = self._reply(ask, route, associate_id) if route else NO_SUCH_RESOURCE
        self.record.append(
            Entry(
                at=time.monotonic(),
                method=ask.method,
                path=ask.path,
                query=ask.query,
                associate_id=associate_id or None,
                status=reply.status,
                applied=reply.applied,
                body=ask.body,
            )
        )
        return reply

    def _reply(self, ask: Ask, route: Route, associate_id: int) -> Reply:
        if not route.is_open and not signer(ask.authorization):
            return NOT_SIGNED_IN
        call = route.calls.get(ask.method)
        if call is None:
            return not_understood(f"expected {' or '.join(route.calls)}", 405)
        mishap = self._mishap(ask, associate_id) if route.is_faulty else None
        if mishap is None:
            return call(ask, associate_id, self.people)
        applied = mishap.applied and call(ask, associate_id, self.people).applied
        return replace(_befallen(mishap), applied=applied)

    def _mishap(self, ask: Ask, associate_id: int) -> Mishap | None:
        known = associate_id if associate_id in self.people else 0  # lots are only kept for who exists
        return self._luck.draw(known, is_put=ask.method == "PUT")


def _befallen(mishap: Mishap) -> Reply:
    return Reply(status=None, reset=mishap.reset) if mishap.status is None else FAULTY[mishap.status]
