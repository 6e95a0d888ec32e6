"""`presence-worker worker`: one of several machines that carry out what is queued in the database."""

import sys
from functools import partial

import click
import structlog
from anyio import to_thread

from ..errors import UsageFault
from ..manual_pages import ManualPage
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
from .metrics_textfile import write_textfile_of_service
from .options import Options, options_of
from .output import is_terminal, say
from .served_configuration import ServedConfiguration, check_installed

NO_DATABASE = "fleet.database: not set. A worker needs the database that the machines share"
log = structlog.get_logger()


@click.command("worker")
@options_of("worker")
def command(options: Options) -> int:
    """Carry out what is queued in the database that several machines share.

    It takes no jobs by HTTP and none from folders: that is what `serve` does. It puts in the jobs of its own
    schedule. The first line on standard output is its name in `fleet status`. SIGTERM or Ctrl-C stops it
    within 5 seconds; another worker continues its runs. SIGHUP reads the configuration again.

    Exit code 0: it was stopped. 2: the configuration cannot be used, or another worker or service works on
    the same state directory.

    \b
    Example:
      presence-worker worker
    """
    check_installed()
    verbosity = -1 if options.quiet else options.verbose
    log_setup.set_up(verbosity, terminal=is_terminal(sys.stderr), has_summary=False)
    try:
        run_async(partial(_work, options))
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    return 0


async def _work(options: Options) -> None:
    with listen_to_signals() as process:
        configuration = ServedConfiguration(options, None, has_front=False)
        targets = await to_thread.run_sync(ServedTargets, configuration.load, configuration.mark)
        common = targets.loaded.common
        if common.fleet is None:
            raise UsageFault(NO_DATABASE, page=ManualPage.SERVICE)
        await prepare_process(targets, process)
        service = Service(
            targets,
            common.queue,
            after_run=lambda: write_textfile_of_service(targets.loaded),
            turns=turns_for(targets, "worker"),
        )
        with only_one(common.archive.state_dir, "worker"):
            await host(
                service,
                process,
                sources=[],
                announce=partial(_announce, common.fleet.id),
                reload=partial(_reload, service),
            )
        log.info("service.stopped")


def _announce(name: str) -> None:
    say(name)
    log.info("service.started", worker=name)


async def _reload(service: Service) -> None:
    await service.reload()
    log_reload(service, service.targets.problem)
