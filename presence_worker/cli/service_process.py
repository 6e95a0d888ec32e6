"""`presence-worker serve`: the service as a process that signals stop, and a supervisor watches."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import click
import structlog
from anyio import to_thread

from ..errors import PresenceWorkerError
from ..serve.http.runner import build_runner
from ..serve.inboxes import watch_inboxes
from ..serve.served_targets import ServedTargets
from ..serve.service import Service
from . import log as log_setup
from .async_work import run_async
from .hosting import (
    first_of,
    host,
    listen_to_signals,
    log_reload,
    only_one,
    prepare_process,
    turns_for,
)
from .lazy import load_lazily
from .metrics_textfile import write_textfile_of_service
from .options import Options, options_of
from .output import is_terminal, remark_at_length, say
from .served_configuration import Rehearsal, ServedConfiguration, check_installed, load_chosen
from .server_socket import ServerCertificate, listen
from .token import make_token

REHEARSAL = "The token has all roles, for this start only. Nothing reaches your SuperOffice. Ctrl-C ends it."
log = structlog.get_logger()


@click.command("serve")
@options_of("serve")
def command(options: Options) -> int:
    """Take jobs by HTTP, from folders and by schedule, and carry them out.

    The first line on standard output is the root URL. Open it in a browser to see what runs and what waits
    for you. SIGTERM or Ctrl-C stops the service and its runs. They continue after the next start. A second
    signal ends it at once. SIGHUP reads the configuration and the certificate again.

    With --sandbox, it needs no configuration. The second line has a token to try it with.

    Exit code 0: it was stopped. 2: the configuration or the port cannot be used, or another service works on
    the same state directory.

    \b
    Examples:
      presence-worker serve
      presence-worker serve --sandbox
    """
    check_installed()
    verbosity = -1 if options.quiet else options.verbose
    log_setup.set_up(verbosity, terminal=is_terminal(sys.stderr), has_summary=False)
    try:
        run_async(partial(_serve, options))
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    return 0


async def _serve(options: Options) -> None:
    async with AsyncExitStack() as opened:
        process = opened.enter_context(listen_to_signals())
        rehearsal = await opened.enter_async_context(_rehearsal(options)) if options.sandbox else None
        configuration = ServedConfiguration(options, rehearsal)
        targets = await to_thread.run_sync(ServedTargets, configuration.load, configuration.mark)
        common = targets.loaded.common
        await prepare_process(targets, process)
        opened.enter_context(only_one(common.archive.state_dir, "serve"))
        service = Service(
            targets,
            common.queue,
            after_run=lambda: write_textfile_of_service(targets.loaded),
            turns=turns_for(targets, "serve"),
        )
        certificate = ServerCertificate(targets.loaded.serve)
        runner = build_runner(service)
        url = await opened.enter_async_context(listen(runner, targets.loaded.serve, certificate.tls))
        await host(
            service,
            process,
            sources=[watch_inboxes],
            announce=partial(_announce, url, rehearsal),
            reload=partial(_reload, service, certificate),
        )
        log.info("service.stopped")


def _announce(url: str, rehearsal: Rehearsal | None) -> None:
    say(url)
    if rehearsal:
        say(f"Token: {rehearsal.token}")
        remark_at_length(REHEARSAL)
    log.info("service.started", url=url)


@asynccontextmanager
async def _rehearsal(options: Options) -> AsyncIterator[Rehearsal]:
    """Start the simulated SuperOffice of `--sandbox`: one for all runs of this start."""
    settings = (await to_thread.run_sync(load_chosen, options)).settings
    async with load_lazily(".cli.sandbox:settings_of_sandbox")(settings) as inside:
        yield Rehearsal(inside, make_token())


async def _reload(service: Service, certificate: ServerCertificate) -> None:
    """Read the configuration and the certificate again; what is broken leaves the old one as it is."""
    before = service.targets.loaded.serve
    await service.reload()
    now, problem = service.targets.loaded.serve, service.targets.problem
    try:
        await to_thread.run_sync(certificate.renew, now)
    except PresenceWorkerError as fault:
        problem = problem or str(fault)
    if before.listen != now.listen:
        log.warning("service.restart_needed", setting="serve.listen")
    if bool(before.tls_cert_file) != bool(now.tls_cert_file):
        log.warning("service.restart_needed", setting="serve.tls_cert_file")
    log_reload(service, problem)
