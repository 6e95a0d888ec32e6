"""Procrastinate as we use it: its connections, its only task, and how it fetches turns."""

import logging
from collections.abc import Awaitable, Callable, Iterable

from procrastinate import App, JobContext, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from .turn_rows import TASK, queue_of

POLL = 4.0  # seconds until turns are asked for, whatever was heard
NEVER = 86_400.0  # seconds: turns are not aborted from outside
WAIT = 5.0  # seconds for a connection
SILENT = 0.8  # of a lease; a worker that was silent for so long has died, or will find its lease lost
BEAT = 0.2  # of a lease, between two signs of life
CONNECTIONS = 4
QUIET = ("procrastinate", "psycopg")  # loggers; they would name servers


def be_quiet() -> None:
    """Let what the libraries log go nowhere."""
    for name in QUIET:
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False


def make_app(conninfo: str, hold: Callable[[JobContext], Awaitable[None]]) -> App:
    """Return the engine; *hold* holds a turn as long as it lasts."""
    connector = PsycopgConnector(
        conninfo=conninfo,
        pool_factory=lambda **_: _make_pool(conninfo),
    )
    app = App(connector=connector)
    app.task(name=TASK, pass_context=True)(hold)
    return app


async def fetch_turns(app: App, served: Iterable[str], *, places: int, lease: float) -> None:
    """Bring turns of the targets that are served, so many at the same time, until cancelled.

    Return, or raise anything, where the engine ends by itself. Turns that are here then are held no more.
    """
    await app.run_worker_async(
        queues=[queue_of(name) for name in served] or [""],
        concurrency=places,
        fetch_job_polling_interval=POLL,
        abort_job_polling_interval=NEVER,
        shutdown_graceful_timeout=0.0,
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=lease * BEAT,
        stalled_worker_timeout=lease * SILENT,
    )


def _make_pool(conninfo: str) -> AsyncConnectionPool:
    """Return connections that are not tried before each use: one that is lost ends the engine, as it should.

    Each try would be a transaction more, about one a second.
    """
    return AsyncConnectionPool(
        conninfo, min_size=1, max_size=CONNECTIONS, timeout=WAIT, name="engine", open=False
    )
