"""A service whose every answer can be bent: what the sandbox, which is well-bred, does not say."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from presence_worker.model import NOT_PRESENT, PRESENT, STATUSES
from tests.raw_server import Act, Peer, RawServer, Request, answer

Cells = Mapping[str, Any]
Held = tuple[str, str | None]  # status, message
BACK: Held = (PRESENT, "")


class Crm:
    """Owns who is there, what they hold, and the acts that take the place of usual answers."""

    def __init__(self, held: Mapping[int, Held], *, cells: Mapping[int, Cells] | None = None) -> None:
        self.held: dict[int, Held] = dict(held)
        self.cells = cells or {}  # by id: what the query shows otherwise
        self.hidden: set[int] = set()  # whom the query does not show
        self.on_query: Act | None = None
        self.on_get: dict[int, Act] = {}
        self.on_every_get: Act | None = None
        self.on_put: Act | None = None

    async def __call__(self, peer: Peer, request: Request) -> None:
        """Answer one request."""
        await self._act(request)(peer, request)

    def _act(self, request: Request) -> Act:
        url = urlsplit(request.path)
        if url.path.endswith("/User"):
            return self.on_query or self._page(int(parse_qs(url.query)["$skip"][0]))
        associate_id = int(url.path.split("/")[-2])
        if request.method == "PUT":
            return self.on_put or self._put(associate_id, request)
        return self.on_get.get(associate_id) or self.on_every_get or self._get(associate_id)

    def _page(self, skip: int) -> Act:
        ids = [each for each in self.held if each not in self.hidden][skip : skip + 1000]
        return answer(200, orjson.dumps({"value": [self._row(each) for each in ids]}))

    def _row(self, associate_id: int) -> dict[str, Any]:
        status = STATUSES.get(self.held[associate_id][0])
        usual = {"associateDbId": associate_id, "isActive": True, "ejUserId": 1, "ejStatus": status}
        return usual | dict(self.cells.get(associate_id, {}))

    def _get(self, associate_id: int) -> Act:
        if associate_id not in self.held:
            return answer(404)
        status, message = self.held[associate_id]
        return answer(200, orjson.dumps({"Status": status, "Message": message}))

    def _put(self, associate_id: int, request: Request) -> Act:
        asked = orjson.loads(request.body)
        self.held[associate_id] = (asked["Status"], asked["Message"])
        return answer(200, request.body)


def absent(numbers: range, words: str = "back on {}") -> dict[int, Held]:
    """Give people who are away, and say until when, as `given.away` asks for it."""
    return {number: (NOT_PRESENT, words.format(number)) for number in numbers}


def here(numbers: range) -> dict[int, Held]:
    """Give people who are present."""
    return dict.fromkeys(numbers, BACK)


def looked_at(server: RawServer) -> list[int]:
    """Give the associates that were looked at with a GET each, in order."""
    paths = [request.path for request in server.requests if request.method == "GET"]
    return sorted(int(path.split("/")[-2]) for path in paths if path.endswith("UserPresenceStatus"))


def queries(server: RawServer) -> int:
    """Count the pages of all users that were asked for."""
    return sum("/User?" in request.path for request in server.requests)
