"""A SuperOffice that answers no change until it may: a run stays at work as long as a test wants."""

import anyio

from tests.raw_server import Peer, Request
from tests.run.crm import Crm, here


class Stalling(Crm):
    """Owns people who are present."""

    def __init__(self, people: range) -> None:
        super().__init__(here(people))
        self.is_asked = anyio.Event()
        self.may_answer = anyio.Event()

    async def __call__(self, peer: Peer, request: Request) -> None:
        if request.method == "PUT":
            self.is_asked.set()
            await self.may_answer.wait()
        await super().__call__(peer, request)
