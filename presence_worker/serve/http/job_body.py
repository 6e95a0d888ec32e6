"""The body of a job on its way to disk: counted, timed and signed, and never in memory as a whole."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from aiohttp import ClientConnectionError, ClientPayloadError, web

from ...settings.serve import Serve
from ...threads import work_in_thread
from .form_data import FORM_DATA, take_file_out
from .problem import HttpProblem
from .signature import SignedBody

BODY = "body"  # its file in the folder that receives it
CONTENT = "content"  # the file inside a form
BLOCK = 1 << 18  # bytes that are written at once
MEBIBYTE = 1 << 20  # bytes
MAX_BODY = " (serve.max_body)"
PLAIN_ENCODINGS = ("", "identity")


class ReceivedJob(NamedTuple):
    """The content of a job, on disk."""

    path: Path
    sha256: str
    form_name: str | None  # of the file, as a form gives it


def check_encoding(request: web.Request) -> None:
    """Raise HttpProblem 415 for a body that is packed: we do not unpack what has no bound."""
    codings = ",".join(request.headers.getall("Content-Encoding", [])).split(",")
    if any(coding.strip().lower() not in PLAIN_ENCODINGS for coding in codings):
        words = "Send the body without Content-Encoding. A .gz or .zip file is taken as it is"
        raise HttpProblem(415, words, {"Accept-Encoding": "identity"})


async def receive_job(
    request: web.Request, folder: Path, settings: Serve, signed: SignedBody | None
) -> ReceivedJob:
    """Write the body to a folder; raise HttpProblem 400, 408 or 413."""
    check_length(request, settings.max_body, MAX_BODY)
    await invite_body(request)
    async with _in_time(settings.receive_timeout):
        digest = await _write(request, folder / BODY, settings.max_body, signed)
    if request.content_type != FORM_DATA:
        return ReceivedJob(folder / BODY, digest, None)
    return await work_in_thread(_take_out, request.headers["Content-Type"], folder)


async def read_small(request: web.Request, most: int, seconds: float) -> bytes:
    """Return a short body; raise HttpProblem 400, 408, 413 or 415."""
    check_encoding(request)
    check_length(request, most)
    await invite_body(request)
    body = bytearray()
    async with _in_time(seconds):
        while block := await request.content.readany():
            body += block
            if len(body) > most:
                raise _too_large(most)
    return bytes(body)


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """Raise HttpProblem 408 for a body that takes too long, 400 for one that does not come whole."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        words = f"The body did not arrive within {seconds:g} seconds"
        raise HttpProblem(408, words, {"Connection": "close"}) from None
    except (ClientPayloadError, ClientConnectionError, web.RequestPayloadError):
        raise HttpProblem(400, "The body ended early, or is not valid HTTP") from None


async def invite_body(request: web.Request) -> None:
    """Send the 100 that a client waits for, as nothing else speaks against its body."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun


def check_length(request: web.Request, most: int, limit: str = "") -> None:
    """Raise HttpProblem 413 for a body that is announced as too large; *limit* is the setting behind it."""
    if (request.content_length or 0) > most:
        raise _too_large(most, limit)


def _too_large(most: int, limit: str = "") -> HttpProblem:
    size = f"{most // MEBIBYTE} MiB" if most % MEBIBYTE == 0 else f"{most} bytes"
    return HttpProblem(413, f"The body is too large: at most {size}{limit}")


async def _write(request: web.Request, path: Path, most: int, signed: SignedBody | None) -> str:
    """Write a body block by block, and return its digest."""
    digest, size, waiting = hashlib.sha256(), 0, bytearray()
    file = await work_in_thread(path.open, "xb")
    try:
        while block := await request.content.readany():
            size += len(block)
            if size > most:
                raise _too_large(most, MAX_BODY)
            digest.update(block)
            if signed:
                signed.add(block)
            waiting += block
            if len(waiting) >= BLOCK:
                await work_in_thread(_append, file, bytes(waiting))
                waiting.clear()
        await work_in_thread(_append, file, bytes(waiting))
    finally:
        file.close()
    return digest.hexdigest()


def _append(file: BinaryIO, block: bytes) -> None:
    file.write(block)
    file.flush()


def _take_out(content_type: str, folder: Path) -> ReceivedJob:
    name = take_file_out(folder / BODY, content_type, folder / CONTENT)
    with (folder / CONTENT).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ReceivedJob(folder / CONTENT, digest, name)
