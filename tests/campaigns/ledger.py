"""The service's own record: what it was asked, what it carried out, and what it holds."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
from anyio.from_thread import start_blocking_portal

from tests.raw_server import Peer, RawServer, Request, framed, raw_server

LATENCY = 0.008  # seconds an answer takes at the most
BEFORE = ("StatusNotAvailable", "as it was before the night")  # what everybody has; no job asks for it
JSON = {"Content-Type": "application/json"}
Wish = tuple[str, str]  # status, message


@dataclass(slots=True, kw_only=True)
class Put:
    """One PUT that was read whole."""

    associate_id: int
    wish: Wish
    applied: bool = False
    answered: bool = False


class Ledger:
    """Owns the presences and the record of each PUT; it knows nothing of the process that sends them."""

    def __init__(self, luck: random.Random) -> None:
        self.puts: list[Put] = []
        self._holds: dict[int, Wish] = {}
        self._luck = luck
        self.server: RawServer

    def holds(self, associate_id: int) -> Wish:
        """Give what was applied last."""
        return self._holds.get(associate_id, BEFORE)

    def carry_out(self, associate_id: int, wish: Wish) -> None:
        """Let this be what is applied last."""
        self._holds[associate_id] = wish

    def times(self, since: int = 0) -> Counter[int]:
        """Count the PUTs by associate; *since* leaves out the first so many."""
        return Counter(put.associate_id for put in self.puts[since:])

    async def act(self, peer: Peer, request: Request) -> None:
        """Carry a request out after a while, and answer after another while.

        A caller who has left before is half of the time not served: services differ in that.
        """
        _, *parts = request.path.split("/")
        if len(parts) < 2 or not parts[-2].isdecimal():
            await peer.send(framed(404))  # no list of all users
            return
        associate_id = int(parts[-2])
        if request.method == "PUT":
            asked = orjson.loads(request.body)
            put = Put(associate_id=associate_id, wish=(asked["Status"], asked["Message"]))
            self.puts.append(put)
            await self._carry_out(peer, put)
        else:
            await peer.send(_shown(self.holds(associate_id)))

    async def _carry_out(self, peer: Peer, put: Put) -> None:
        await asyncio.sleep(self._luck.uniform(0, LATENCY / 2))
        if peer.reader.at_eof() and self._luck.random() < 0.5:
            return
        self.carry_out(put.associate_id, put.wish)
        put.applied = True
        await asyncio.sleep(self._luck.uniform(0, LATENCY / 2))
        await peer.send(_shown(put.wish))
        put.answered = True


def _shown(wish: Wish) -> bytes:
    status, message = wish
    return framed(200, orjson.dumps({"Status": status, "Message": message}), JSON)


@contextmanager
def service(luck: random.Random) -> Iterator[Ledger]:
    """Let a service answer in a thread of its own."""
    ledger = Ledger(luck)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(raw_server(otherwise=ledger.act)) as ledger.server,
    ):
        yield ledger
