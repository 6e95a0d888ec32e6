"""What can befall a file on its way: bits flip, pieces vanish, come twice, or are another file's."""

import gzip
import io
import random
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress

import zstandard

TOKENS = (
    *(b'"', b"'", b",", b";", b"\t", b"|", b"\r", b"\n", b"\0", b"\\", b"=", b"#", b"sep=;\n"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xc3", b"\xe4", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80"),
    *(b"{", b"}", b"[", b"]", b":", b"null", b"true", b"NaN", b"1e999", b"-", b'\\ud800"', b'{"a":' * 50),
    *(b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"),
    *(b"associateId", b"status", b"_result,_detail", b"email", b"<v>", b"</c>", b'<c r="ZZ9">', b"99999999"),
)
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK")
INSIDE = 0.8  # of the mutations of packed files are
BROKEN = (
    EOFError,
    ValueError,
    RuntimeError,
    IndexError,
    OSError,
    zlib.error,
    zipfile.BadZipFile,
    zstandard.ZstdError,
)  # already
MOST = 1 << 17  # bytes; longer ones are cut
Mutation = Callable[[bytes, bytes, random.Random], bytes]  # of a file, another one, and luck


def flipped(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Turn a bit."""
    place = luck.randrange(len(content) or 1)
    return (
        content[:place]
        + bytes(byte ^ 1 << luck.randrange(8) for byte in content[place : place + 1])
        + (content[place + 1 :])
    )


def overwritten(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Put any byte in the place of one."""
    place = luck.randrange(len(content) or 1)
    return content[:place] + luck.randbytes(1) + content[place + 1 :]


def cut(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Lose the end."""
    return content[: luck.randrange(len(content) + 1)]


def without(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Lose a piece."""
    start, end = _piece(content, luck)
    return content[:start] + content[end:]


def twice(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Get a piece twice, or many times."""
    start, end = _piece(content, luck)
    return content[:end] + content[start:end] * luck.choice((1, 1, 1, 2, 50)) + content[end:]


def moved(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Find a piece in another place."""
    start, end = _piece(content, luck)
    rest = content[:start] + content[end:]
    place = luck.randrange(len(rest) + 1)
    return rest[:place] + content[start:end] + rest[place:]


def spliced(content: bytes, other: bytes, luck: random.Random) -> bytes:
    """Go on with another file."""
    return content[: luck.randrange(len(content) + 1)] + other[luck.randrange(len(other) + 1) :]


def mixed(content: bytes, other: bytes, luck: random.Random) -> bytes:
    """Find a piece of another file in this one."""
    start, end = _piece(other, luck)
    place = luck.randrange(len(content) + 1)
    return content[:place] + other[start:end] + content[place:]


def with_token(content: bytes, _: bytes, luck: random.Random) -> bytes:
    """Find something that means something."""
    place = luck.choice((0, luck.randrange(len(content) + 1)))
    return content[:place] + luck.choice(TOKENS) + content[place + luck.choice((0, 0, 1, 2)) :]


def inside(content: bytes, other: bytes, luck: random.Random) -> bytes:
    """Let something happen before the file was packed: its checksums are right."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.compress(mutated((other,), gzip.decompress(content), luck), compresslevel=1)
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        reader = zstandard.ZstdDecompressor().stream_reader(content)
        return zstandard.compress(mutated((other,), reader.read(), luck))
    return _inside_a_zip(content, other, luck) if content.startswith(b"PK") else content


def _inside_a_zip(content: bytes, other: bytes, luck: random.Random) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
        names = before.namelist()
        befallen = luck.choice([name for name in names if "sheet" in name or "Strings" in name] or names)
        for name in names:
            part = before.read(name)
            after.writestr(name, mutated((other,), part, luck) if name == befallen else part)
    return made.getvalue()


MUTATIONS: Sequence[Mutation] = (
    *(flipped, overwritten, cut, without, twice, moved, spliced, mixed, with_token, with_token),
)


def _piece(content: bytes, luck: random.Random) -> tuple[int, int]:
    start = luck.randrange(len(content) + 1)
    return start, min(len(content), start + luck.choice((1, 2, 4, 16, 64, 1024)))


def mutated(files: Sequence[bytes], content: bytes, luck: random.Random) -> bytes:
    """Let one to four things befall the *content* of a file; pieces of other *files* may get into it."""
    if content.startswith(PACKED) and luck.random() < INSIDE:
        with suppress(*BROKEN):
            return inside(content, luck.choice(files), luck)
    for _ in range(luck.choice((1, 1, 1, 2, 2, 3, 4))):
        content = luck.choice(MUTATIONS)(content, luck.choice(files), luck)
    return content[:MOST]
