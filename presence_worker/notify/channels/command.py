"""Messages by a program of the operator's, which gets them as JSON on standard input."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
import orjson
from anyio.abc import ByteSendStream, Process

from ...json_form import to_json
from ...sanitize import clean
from ...settings.notify import CommandChannel
from ..message import Message
from .kinds import NotDelivered

OURS = "PRESENCE_WORKER_"  # variables that may hold secrets


def make_command(section: CommandChannel) -> Callable[[Message], Awaitable[None]]:
    """Return what hands a message to a program; what the program prints is not kept."""
    program = clean(Path(section.argv[0]).name, 100)

    async def send(message: Message) -> None:
        try:
            status = await _run(section.argv, orjson.dumps(to_json(message)))
        except (OSError, ValueError) as error:
            words = error.strerror if isinstance(error, OSError) else None
            raise NotDelivered(f"{program}: {words or 'cannot be started'}") from None
        if status:
            raise NotDelivered(f"{program} ended with exit code {status}")

    return send


async def _run(argv: Sequence[str], text: bytes) -> int:
    """Run a program to its end, and return its exit code; kill it, and all that it started, if cancelled."""
    variables = {name: value for name, value in os.environ.items() if not name.upper().startswith(OURS)}
    with anyio.CancelScope(shield=True):  # what was started only half could not be killed
        process = await anyio.open_process(
            argv, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=variables, start_new_session=True
        )
    async with process:
        try:
            await _feed(process.stdin, text)
            return await process.wait()
        finally:
            if process.returncode is None:
                _kill(process)


async def _feed(stdin: ByteSendStream | None, text: bytes) -> None:
    """Write a text to a program's standard input, and close that; the program may end without reading it."""
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        if stdin:
            await stdin.send(text)
            await stdin.aclose()


def _kill(process: Process) -> None:
    """Kill a process, and where processes have groups its whole group."""
    with suppress(ProcessLookupError, PermissionError):  # it has just ended
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
