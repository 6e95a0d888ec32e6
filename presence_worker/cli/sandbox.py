"""`presence-worker sandbox`."""

import asyncio
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import click
from pydantic import SecretStr

from ..loading import load
from ..next_step import NextStep, with_variables
from ..sandbox import KINDS, OUTAGE_FORM, People, Sandbox, Setup, keep_presences, log_requests, serve
from ..settings import Auth, Settings
from ..superoffice import Client, open_client
from .output import remark, say
from .sandbox_options import SandboxOptions, Sectioned, people, sandbox_options
from .signals import noted, signals_that_end_us

FAULTS_HELP = "\n".join(
    [
        "Faults happen to presence calls and to the list of all users:",
        "",
        "\b",
        *(f"  {f'{name}:SHARE':<17} {kind.words}" for name, kind in KINDS.items()),
        f"  {OUTAGE_FORM:<17} Every answer is 503. In seconds since the first change.",
    ]
)
CREDENTIALS = {  # by --sign-in: settings that let one in
    "any": {"USERNAME": "any", "PASSWORD": "any"},
    "strict": {
        "SCHEME": "oauth",
        "LOGIN_URL": "{url}",
        "CLIENT_ID": "any",
        "CLIENT_SECRET": "any",
        "REFRESH_TOKEN": "any",
    },
}


@click.command(
    "sandbox",
    cls=Sectioned,
    epilog=FAULTS_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},  # the group's, also where it is called alone
)
@sandbox_options
def command(options: SandboxOptions) -> int:
    """Simulate SuperOffice on this machine, to rehearse.

    The first line on standard output is the root URL. Any credentials work, unless --sign-in is strict.
    The sandbox keeps changes until Ctrl-C ends it; --state keeps them longer.

    One folder in the address works, too, such as http://127.0.0.1:8100/acme. All folders have the same
    people. For targets with people of their own, start a sandbox for each.

    \b
    Examples:
      presence-worker sandbox
      presence-worker sandbox --port 8100 --people 20000 --latency 50ms
      presence-worker sandbox --fault 429:0.1 --fault reset:0.02 --seed 7
      presence-worker sandbox --fault outage:10-130
      presence-worker sandbox --sign-in strict --token-life 10m --unknown-id null
    """
    if options.ca_file and not options.tls:
        raise click.UsageError("--ca-file: only with --tls")
    anyio.run(_stay_up, options, backend_options={"use_uvloop": sys.platform != "win32"})
    return 0


async def _stay_up(options: SandboxOptions) -> None:
    with watch_for_end() as end:
        async with _open(options) as (up, ca_file):
            say(up.url)
            remark(_invitation(up.url, options.sign_in, ca_file))
            if ca_file:
                remark(f"Its certificate is signed by the authority in {ca_file}, for rehearsals only.")
            await end.wait()


@asynccontextmanager
async def _open(options: SandboxOptions) -> AsyncIterator[tuple[Sandbox, Path | None]]:
    """Start the sandbox that was asked for; give it, and the file of its certificate's authority."""
    async with AsyncExitStack() as stack:
        everybody = people(options)
        if options.state:
            await stack.enter_async_context(keep_presences(everybody, options.state))
        log = stack.enter_context(log_requests(options.log)) if options.log else None
        tls, ca_file = _tls(options, stack)
        setup = Setup(
            port=options.port,
            faults=options.faults,
            latency=options.latency,
            remember=0,
            assumptions=options.assumptions,
            online=replace(options.online, app_key=_read_app_key(options.app_key)),
            tls=tls,
            on_request=log,
        )
        yield await stack.enter_async_context(serve(everybody, setup)), ca_file


def _read_app_key(file: Path | None) -> bytes | None:
    key: bytes | None = load(".sandbox.keys:read_app_key")(file) if file else None
    return key


def _tls(options: SandboxOptions, stack: AsyncExitStack) -> tuple[ssl.SSLContext | None, Path | None]:
    if not options.tls:
        return None, None
    ca_file = options.ca_file or Path(stack.enter_context(TemporaryDirectory()), "sandbox-ca.pem")
    make_context: Callable[[Path], ssl.SSLContext] = load(".sandbox.keys:make_certificate")
    return make_context(ca_file), ca_file.absolute()


def _invitation(url: str, sign_in: str, ca_file: Path | None) -> str:
    settings = {"TARGET__BASE_URL": url} | ({"TARGET__CA_FILE": str(ca_file)} if ca_file else {})
    settings |= {f"AUTH__{name}": value.format(url=url) for name, value in CREDENTIALS[sign_in].items()}
    variables = {f"PRESENCE_WORKER_{name}": value for name, value in settings.items()}
    rehearsal = with_variables(NextStep(("run", "changes.csv")), variables)
    return f"The sandbox is up; Ctrl-C ends it. In a second terminal: {rehearsal}"


@contextmanager
def watch_for_end() -> Iterator[asyncio.Event]:
    """Yield an event that a signal sets; this way of listening works on every platform."""
    end, loop = asyncio.Event(), asyncio.get_running_loop()
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(end.set))
        for number in signals_that_end_us()
    }
    if noted:
        end.set()
    try:
        yield end
    finally:
        for number, listener in before.items():
            signal.signal(number, listener)


@asynccontextmanager
async def open_sandbox(settings: Settings) -> AsyncIterator[Client]:
    """Start the service, and open a client to it with whatever else the settings say."""
    async with settings_of_sandbox(settings) as inside, open_client(inside) as client:
        yield client


@asynccontextmanager
async def settings_of_sandbox(settings: Settings) -> AsyncIterator[Settings]:
    """Start the service; give the settings that lead to it."""
    async with serve(People()) as sandbox:
        target = settings.target.model_copy(update={"base_url": sandbox.url, "tenant": None, "proxy": None})
        auth = Auth(username="sandbox", password=SecretStr("rehearsal"))
        yield settings.model_copy(update={"target": target, "auth": auth})
