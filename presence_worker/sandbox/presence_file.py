"""Presences that outlast the sandbox: a file of them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from ..errors import SandboxFault
from ..model import STATUSES, Presence
from .people import People
from .service_handlers import presence_parts

VERSION = 1
EVERY = 3.0  # seconds between two looks whether there is something to keep


@asynccontextmanager
async def keep_presences(people: People, file: Path, *, every: float = EVERY) -> AsyncIterator[None]:
    """Set the presences a file holds, and keep it up to date while the context lasts and when it ends.

    Raises SandboxFault where the file is damaged, cannot be written, or has users who do not exist.
    """
    _restore(people, file)
    _save(people, file)  # a folder that cannot be written is reported before anything is worth keeping
    keeper = asyncio.create_task(_keep(people, file, every, saved=people.revision))
    try:
        yield
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        _save(people, file)


async def _keep(people: People, file: Path, every: float, *, saved: int) -> None:
    while True:
        await asyncio.sleep(every)
        if people.revision != saved and _may_save(people, file):
            saved = people.revision


def _may_save(people: People, file: Path) -> bool:
    try:
        _save(people, file)
    except SandboxFault:  # a disk that is full for a while; the last try reports it
        return False
    return True


def _restore(people: People, file: Path) -> None:
    try:
        presences = _read_presences(orjson.loads(file.read_bytes()))
    except FileNotFoundError:
        return
    except OSError as error:
        raise SandboxFault(f"--state {file}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SandboxFault(
            f"--state {file}: not a state of the sandbox, or a damaged one; "
            "remove it to start again, or give another file"
        ) from None
    strangers = [each for each in presences if each not in people]
    if strangers:
        words = f"--state {file}: has user {strangers[0]}, but only 1 to {people.count} exist"
        raise SandboxFault(f"{words}; set a higher --people, or name another file")
    for associate_id, presence in presences.items():
        people.set_presence(associate_id, presence)


def _read_presences(value: Any) -> dict[int, Presence]:
    if value["version"] != VERSION:
        raise ValueError
    found = {}
    for associate_id, parts in value["presences"].items():
        status, message = parts["Status"], parts["Message"]
        if status not in STATUSES or not isinstance(message, str):
            raise ValueError
        found[int(associate_id)] = Presence(status=status, message=message)
    return found


def _save(people: People, file: Path) -> None:
    """Write the file whole or not at all, for its owner alone: a message may be a reason of absence."""
    value = {
        "version": VERSION,
        "presences": {
            str(each): presence_parts(presence) for each, presence in sorted(people.changes().items())
        },
    }
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:  # noqa: PTH123
            stream.write(orjson.dumps(value, option=orjson.OPT_INDENT_2))
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SandboxFault(f"--state {file}: {error.strerror}") from None
