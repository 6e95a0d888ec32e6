"""A file inside a body of the type multipart/form-data, found on disk."""

import mmap
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from aiohttp.helpers import parse_mimetype

from .problem import HttpProblem

FORM_DATA = "multipart/form-data"
FIELD = "file"
LONGEST_HEAD = 8192  # bytes of a part's headers
LONGEST_BOUNDARY = 70  # characters, by RFC 2046
BLOCK = 1 << 20  # bytes
DAMAGED = "The body is not valid multipart/form-data"
ONE_FILE = 'Send exactly one part, with the name "file"'


class FilePart(NamedTuple):
    """Where the file of a body lies in it."""

    start: int
    end: int
    name: str | None  # as the sender calls it


def take_file_out(body: Path, content_type: str, into: Path) -> str | None:
    """Write the file of a body to a place of its own, and return its name; raise HttpProblem 400.

    It blocks.
    """
    boundary = _boundary_of(content_type)
    if not body.stat().st_size:
        raise HttpProblem(400, DAMAGED)
    with body.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        part = _find_file(text, boundary)
        with into.open("xb") as target:
            for place in range(part.start, part.end, BLOCK):
                target.write(text[place : min(place + BLOCK, part.end)])
    return part.name


def _boundary_of(content_type: str) -> bytes:
    boundary = parse_mimetype(content_type).parameters.get("boundary", "")
    if not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise HttpProblem(400, f"{DAMAGED}: its boundary is missing or too long")
    return b"--" + boundary.encode("utf-8", "surrogateescape")


def _find_file(text: mmap.mmap, boundary: bytes) -> FilePart:
    """Return the only part of a body."""
    if text[: len(boundary)] != boundary:
        raise HttpProblem(400, DAMAGED)
    head = len(boundary)
    head_end = text.find(b"\r\n\r\n", head, head + LONGEST_HEAD)
    end = text.find(b"\r\n" + boundary, head_end + 2)
    if text[head : head + 2] != b"\r\n" or head_end < 0 or end < 0:
        raise HttpProblem(400, DAMAGED)
    after = end + 2 + len(boundary)
    if text[after : after + 2] != b"--":
        raise HttpProblem(400, ONE_FILE if text[after : after + 2] == b"\r\n" else DAMAGED)
    name = _check_head(text[head + 2 : head_end])
    return FilePart(min(head_end + 4, end), end, name)


def _check_head(head: bytes) -> str | None:
    """Return the file's name that the headers of a part give."""
    lines = (line.partition(":") for line in decode_header(head).split("\r\n"))
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise HttpProblem(415, "Send the part without Content-Transfer-Encoding")
    disposition = Message()
    disposition["Content-Disposition"] = headers.get("content-disposition", "")
    name = disposition.get_param("name", header="Content-Disposition")
    if disposition.get_content_disposition() != "form-data" or name != FIELD:
        raise HttpProblem(400, ONE_FILE)
    return disposition.get_filename()


def decode_header(value: bytes) -> str:
    """Return the text of a header; old programs send it in Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
