"""`presence-worker sandbox`."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from functools import partial

import anyio
import click

from ..model import MAX_ASSOCIATE_ID
from ..sandbox import KINDS, OUTAGE_FORM, Faults, People, Sandbox, read_faults, serve
from ..values import duration
from .output import remark, say

FAULTS_HELP = "\n".join(
    [
        "Faults befall presence calls and the query of all users:",
        "",
        "\b",
        *(f"  {f'{name}:SHARE':<17} {kind.words}" for name, kind in KINDS.items()),
        f"  {OUTAGE_FORM:<17} all answered 503; in seconds since the first PUT",
    ]
)


def _latency(_: click.Context, __: click.Parameter, text: str) -> float:
    try:
        return float(duration(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _faults(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> Faults:
    try:
        return read_faults(texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("sandbox", epilog=FAULTS_HELP)
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to listen on; 0: any free one.",
)
@click.option(
    "--people",
    metavar="N",
    type=click.IntRange(1, MAX_ASSOCIATE_ID),
    default=1000,
    show_default=True,
    help="Associates 1 to N exist.",
)
@click.option(
    "--latency",
    metavar="DURATION",
    default="0",
    callback=_latency,
    help="Time each answer takes: seconds, or a text such as 50ms.",
)
@click.option("--fault", metavar="FAULT", multiple=True, callback=_faults, help="See below; may be repeated.")
@click.option("--seed", metavar="N", type=int, help="Let the same requests meet the same faults every time.")
def command(port: int, people: int, latency: float, fault: Faults, seed: int | None) -> int:
    """Simulate SuperOffice on this machine, to rehearse with.

    The first line on standard output is the root URL. Any credentials will do. What is set is kept until
    Ctrl-C ends the sandbox.

    \b
    Examples:
      presence-worker sandbox
      presence-worker sandbox --port 8100 --people 20000 --latency 50ms
      presence-worker sandbox --fault 429:0.1 --fault reset:0.02 --seed 7
      presence-worker sandbox --fault outage:10-130
    """
    sandbox = partial(
        serve, People(people), port=port, faults=replace(fault, seed=seed), latency=latency, remember=0
    )
    anyio.run(_stay_up, sandbox, backend_options={"use_uvloop": sys.platform != "win32"})
    return 0


async def _stay_up(sandbox: Callable[[], AbstractAsyncContextManager[Sandbox]]) -> None:
    with _told_to_end() as told:
        async with sandbox() as up:
            say(up.url)
            remark(_invitation(up.url))
            await told.wait()


def _invitation(url: str) -> str:
    return (
        "The sandbox is up; Ctrl-C ends it. In a second terminal: "
        f"PRESENCE_WORKER_TARGET__BASE_URL={url} PRESENCE_WORKER_AUTH__USERNAME=any "
        "PRESENCE_WORKER_AUTH__PASSWORD=any presence-worker run changes.csv"
    )


@contextmanager
def _told_to_end() -> Iterator[asyncio.Event]:
    """Give an event that a signal sets; this way of listening works on every platform."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(told.set))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield told
    finally:
        for number, listener in before.items():
            signal.signal(number, listener)
