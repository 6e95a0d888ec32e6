"""A run under a lease: it sends only while the target is ours, and what it did is in the database."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.raw_server import Act, RawServer, answer, echo
from tests.run.given import (
    Ended,
    away,
    ended,
    own_surroundings,
    raw_up,
    slowly,
    started,
    wait_until,
    wishes,
    write_csv,
)

from .postgres import Postgres
from .proxy import Proxy, proxy_to

__all__ = ["own_surroundings"]
ROWS = 60
RATE = 30  # rows per second
ANSWER = slowly(echo, 0.02)
LATE = 25.0  # seconds in which anything ends, however busy the machine is


class Night(NamedTuple):
    """A run at work, the service that it works on, and the way to the database."""

    process: "Popen[str]"
    service: RawServer
    proxy: Proxy
    database: "psycopg.Connection[tuple[Any, ...]]"

    def wait_for_puts(self, number: int) -> None:
        """Wait until the service was asked so often."""
        wait_until(lambda: len(wishes(self.service)) >= number)

    def sent(self) -> list[int]:
        """Give the users that were set, request by request."""
        return [user for user, *_ in wishes(self.service)]

    def end(self) -> Ended:
        """Wait until the run has ended."""
        return ended(self.process)

    def ask(self, query: str) -> Any:
        """Return the first value that the database has."""
        found = self.database.execute(query).fetchone()
        return found and found[0]


@contextmanager
def night(
    server: Postgres,
    url: str,
    folder: Path,
    *,
    otherwise: Act = ANSWER,
    rate: int = RATE,
    deadline: str = "1h",
) -> Iterator[Night]:
    """Let a process work on a job of some seconds."""
    name = url.rpartition("/")[2]
    job = write_csv(folder / "job.csv", away(range(1, ROWS + 1)))
    with (
        raw_up(otherwise) as service,
        proxy_to(server.port) as proxy,
        psycopg.connect(url, options="-c search_path=presence_worker", autocommit=True) as database,
    ):
        env = {
            **os.environ,
            "PRESENCE_WORKER_FLEET__DATABASE": server.url(name, port=proxy.port),
            "PRESENCE_WORKER_FLEET__LEASE": "10",
            "PRESENCE_WORKER_DELIVERY__RATE": str(rate),
            "PRESENCE_WORKER_DELIVERY__READ_BEFORE": "off",
            "PRESENCE_WORKER_DELIVERY__DEADLINE": deadline,
        }
        words = ("run", job, "--base-url", service.url, "--state-dir", folder / "state", "--json")
        with started(*words, env=env) as process:
            yield Night(process, service, proxy, database)


def test_all_of_it_is_in_the_database(database_server: Postgres, database_url: str, tmp_path: Path) -> None:
    """When the run has ended, the run is saved, nothing is left in the log, and the target is free."""
    with night(database_server, database_url, tmp_path) as at_work:
        run = at_work.end()

        assert (run.code, run.summary["done"]) == (0, ROWS)
        assert sorted(at_work.sent()) == list(range(1, ROWS + 1))
        assert at_work.ask("SELECT state FROM run") == "finished"
        assert at_work.ask("SELECT count(*) FROM log") == 0
        assert at_work.ask("SELECT holder FROM lease") is None


def test_it_waits_for_the_database(database_server: Postgres, database_url: str, tmp_path: Path) -> None:
    """While that is away, no row is handed out that it does not know of; then the run goes on by itself."""
    with night(database_server, database_url, tmp_path) as at_work:
        at_work.wait_for_puts(10)
        at_work.proxy.go_away()
        known = at_work.ask("SELECT max(handed_out) FROM log")
        time.sleep(3)
        sent = max(at_work.sent())
        at_work.proxy.come_back()
        run = at_work.end()

        assert known <= sent <= known + 2 * RATE
        assert (run.code, run.summary["done"]) == (0, ROWS)
        assert sorted(at_work.sent()) == list(range(1, ROWS + 1))


def test_no_more_is_in_doubt_than_two_seconds_of_the_pace(
    database_server: Postgres, database_url: str, tmp_path: Path
) -> None:
    """Whenever it dies: what is handed out and has no outcome in the database is at most that."""
    with night(database_server, database_url, tmp_path) as at_work:
        open_rows: list[int] = []
        while at_work.process.poll() is None:
            query = "SELECT handed_out - done FROM log ORDER BY token DESC, seq DESC LIMIT 1"
            open_rows.append(at_work.ask(query) or 0)
            time.sleep(0.05)

        assert 0 < max(open_rows) <= 2 * RATE


def test_another_machine_has_it(database_server: Postgres, database_url: str, tmp_path: Path) -> None:
    """Nothing more is sent or written then, and the command says why it ends."""
    with night(database_server, database_url, tmp_path) as at_work:
        at_work.wait_for_puts(10)
        at_work.ask("UPDATE lease SET token = token + 1, holder = 'another' RETURNING token")
        written = at_work.ask("SELECT max(seq) FROM log")
        run = at_work.end()

        assert run.code == 6
        assert "another machine works on this target by now" in run.err
        assert len(at_work.sent()) < ROWS
        assert at_work.ask("SELECT state FROM run") == "running"
        assert at_work.ask("SELECT max(seq) FROM log") == written
        assert at_work.ask("SELECT holder FROM lease") == "another"


def test_somebody_asks_another_machine_to_stop_it(
    database_server: Postgres, database_url: str, tmp_path: Path
) -> None:
    """It ends early, says for whom, and can be resumed."""
    with night(database_server, database_url, tmp_path) as at_work:
        at_work.wait_for_puts(10)
        at_work.ask("UPDATE lease SET stop_by = 'Ann' RETURNING token")
        run = at_work.end()

        assert run.code == 143
        assert "Stopped by Ann; requests in progress were finished" in run.summary["message"]
        assert 0 < run.summary["open"] < ROWS
        assert at_work.ask("SELECT state FROM run") == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM there")
def test_it_can_be_ended_without_the_database(
    database_server: Postgres, database_url: str, tmp_path: Path
) -> None:
    """Who is told to end does not wait long for it; another machine goes on with what is known."""
    with night(database_server, database_url, tmp_path) as at_work:
        at_work.wait_for_puts(10)
        at_work.proxy.go_away()
        time.sleep(1)
        at_work.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        run = at_work.end()

        assert time.monotonic() - began < LATE
        assert run.code == 6
        assert at_work.ask("SELECT state FROM run") == "running"


def test_its_deadline_holds_without_the_database(
    database_server: Postgres, database_url: str, tmp_path: Path
) -> None:
    """It does not wait longer for it than for anything else; another machine may go on."""
    with night(database_server, database_url, tmp_path, rate=5, deadline="6s") as at_work:
        at_work.wait_for_puts(5)
        at_work.proxy.go_away()
        began = time.monotonic()
        run = at_work.end()

        assert time.monotonic() - began < LATE
        assert run.code == 6


def test_rows_that_are_refused_alike_do_not_hold_the_run_up(
    database_server: Postgres, database_url: str, tmp_path: Path
) -> None:
    """What is kept back until that is clear has no outcome yet; other rows are handed out all the same."""
    with night(database_server, database_url, tmp_path, otherwise=answer(404), rate=5) as at_work:
        run = at_work.end()

        assert run.code == 6
        assert "more than safety.max_failures (20%) allows" in run.summary["message"]
        assert len(at_work.sent()) > 2 * 5
        assert at_work.ask("SELECT state FROM run") == "stopped"
