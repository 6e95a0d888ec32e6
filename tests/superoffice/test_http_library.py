"""What is inside of the HTTP library that the wire is built on.

A version that has moved any of it fails here, and says what; pyproject.toml keeps others away.
"""

import asyncio
import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpResponseParser, RawResponseMessage
from aiohttp.streams import DataQueue, StreamReader
from packaging.requirements import Requirement
from packaging.version import Version
from yarl import URL

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
PARAMETERS: dict[Callable[..., Any], str] = {
    aiohttp.TCPConnector.__init__: "limit ssl ttl_dns_cache",
    aiohttp.TCPConnector.connect: "req traces timeout",
    aiohttp.ClientRequest.__init__: "method url loop proxy proxy_headers",
    ResponseHandler.__init__: "loop",
    ResponseHandler.set_response_params: (
        "read_until_eof auto_decompress max_line_size max_field_size max_headers"
    ),
    ResponseHandler.data_received: "data",
    ResponseHandler.set_exception: "exc exc_cause",
    ResponseHandler.connection_lost: "exc",
    ResponseHandler.resume_reading: "resume_parser",
    DataQueue.feed_data: "data size",
    StreamReader.read_nowait: "n",
}
MEMBERS: dict[type, str] = {
    Connection: "protocol transport closed release close",
    ResponseHandler: "is_connected force_close should_close abort exception data_received",
    RawResponseMessage: "code headers",
    StreamReader: "exception is_eof",
    HttpResponseParser: "feed_eof",
    aiohttp.ClientRequest: "connection_key is_ssl",
}


@pytest.mark.parametrize("function", PARAMETERS, ids=lambda function: function.__qualname__)
def test_functions_take_what_is_passed(function: Callable[..., Any]) -> None:
    """By name, wherever they stand."""
    missing = set(PARAMETERS[function].split()) - set(inspect.signature(function).parameters)

    assert not missing


@pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
def test_classes_have_what_is_used(kind: type) -> None:
    """Methods and properties."""
    assert [name for name in MEMBERS[kind].split() if not hasattr(kind, name)] == []


@pytest.mark.anyio
async def test_objects_have_what_is_read() -> None:
    """Attributes that only instances have, and the headers that a request of theirs would show."""
    connector = aiohttp.TCPConnector()
    protocol = connector._factory()  # noqa: SLF001 - the wire puts its own in its place
    url, loop = URL("http://crm.example.com:81/x"), asyncio.get_running_loop()
    request = aiohttp.ClientRequest("GET", url, loop=loop)
    await connector.close()

    assert isinstance(protocol, ResponseHandler)
    assert (protocol.transport, protocol._parser, protocol._reading_paused) == (None, None, False)  # noqa: SLF001
    assert request.headers["Host"] == "crm.example.com:81"


def test_the_parser_is_the_compiled_one() -> None:
    """The one that is written in Python reads some answers in another way, and slowly."""
    assert HttpResponseParser.__module__ == "aiohttp._http_parser"


def test_other_versions_are_kept_away() -> None:
    """The next minor version has not been looked at."""
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    (bound,) = [found for found in map(Requirement, project["dependencies"]) if found.name == "aiohttp"]
    major, minor, *_ = Version(aiohttp.__version__).release

    assert aiohttp.__version__ in bound.specifier
    assert f"{major}.{minor + 1}.0" not in bound.specifier
