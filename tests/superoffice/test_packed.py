"""Answers that are packed although we did not ask for it, or begin with a byte-order mark."""

import gzip
import zlib

import orjson
import pytest

from presence_worker.model import Outcome, Presence, Reason, Result
from presence_worker.superoffice import open_client
from presence_worker.superoffice.user_query import UserDirectory
from tests.raw_server import answer, gzip_bomb, raw_server

from .given import change, put_once, settings

BODY = b'{"Status":"StatusNotAvailable","Message":"Back on 4 January"}'
BOM = b"\xef\xbb\xbf"
BARE = zlib.compressobj(wbits=-15)
RAW_DEFLATE = BARE.compress(BODY) + BARE.flush()
WHOLE = [
    pytest.param("gzip", gzip.compress(BODY), id="gzip"),
    pytest.param("GZIP", gzip.compress(BODY), id="in capitals"),
    pytest.param("x-gzip", gzip.compress(BODY), id="x-gzip"),
    pytest.param("deflate", zlib.compress(BODY), id="deflate"),
    pytest.param("deflate", RAW_DEFLATE, id="deflate without a header"),
    pytest.param("identity", BODY, id="identity"),
    pytest.param("gzip", BODY, id="gzip, but that is not true"),
    pytest.param("gzip", gzip.compress(BOM + BODY), id="gzip with a byte-order mark"),
    pytest.param("identity", BOM + BODY, id="a byte-order mark"),
]
BROKEN = [
    pytest.param("gzip", gzip.compress(BODY)[:-1], id="cut off"),
    pytest.param("gzip", gzip.compress(BODY)[:-5] + b"\0" * 5, id="a wrong checksum"),
    pytest.param("gzip", gzip.compress(BODY) + b"more", id="something behind it"),
    pytest.param("gzip", gzip_bomb(4), id="a bomb"),
    pytest.param("br", b"\x1b\x3c\x00", id="a packing that we do not know"),
    pytest.param("identity", BOM + BOM + BODY, id="two byte-order marks"),
]

pytestmark = pytest.mark.anyio


async def put_to(packing: str, body: bytes) -> Outcome:
    async with raw_server(answer(200, body, {"Content-Encoding": packing})) as server:
        return await put_once(settings(server.url))


@pytest.mark.parametrize(("packing", "body"), WHOLE)
async def test_a_packed_echo_is_an_echo(packing: str, body: bytes) -> None:
    """A proxy that packs everything, or a server that marks its UTF-8, does no harm."""
    outcome = await put_to(packing, body)

    assert outcome.result is Result.UPDATED


@pytest.mark.parametrize(("packing", "body"), BROKEN)
async def test_what_does_not_come_whole_is_a_doubt(packing: str, body: bytes) -> None:
    """It may have been an echo, and is none."""
    outcome = await put_to(packing, body)

    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.BAD_ANSWER)


async def test_a_packed_refusal_is_told_in_its_own_words() -> None:
    """Errors are packed like echoes."""
    words = gzip.compress(BOM + b'{"ErrorMessage": "No such user."}')
    async with raw_server(answer(404, words, {"Content-Encoding": "gzip"})) as server:
        outcome = await put_once(settings(server.url))

    assert (outcome.result, outcome.detail) == (Result.REJECTED, "No such user.")


async def test_reads_are_unpacked() -> None:
    """A single presence, and a page of users that is longer than any other answer."""
    page = orjson.dumps({"value": [{"associateDbId": n, "ejStatus": 1} for n in range(1, 5001)]})
    headers, directory = {"Content-Encoding": "gzip"}, UserDirectory()
    acts = [answer(200, gzip.compress(body), headers) for body in (BOM + BODY, page)]
    async with raw_server(*acts) as server, open_client(settings(server.url)) as client:
        shown = await client.read_back(7)
        await client.fetch_users(directory, change())

    assert shown == Presence(status="StatusNotAvailable", message="Back on 4 January")
    assert len(directory.users) == 5000
