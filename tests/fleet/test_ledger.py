"""The outbox with the ledger around it: what the database has is what another machine goes on with."""

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from presence_worker.fleet.group_writer import GroupWriter
from presence_worker.fleet.member import FleetMember
from presence_worker.fleet.run_file import fetch
from presence_worker.journal import JOURNAL, Journal, Outbox, Settled
from presence_worker.model import Change
from presence_worker.settings.fleet import Fleet
from tests.examples import examples
from tests.journal.given import invalid, row, staged
from tests.journal.outbox_suite import ROWS, BlockingOutbox, Figures, OutboxSuite, Place, Sender

from .postgres import Postgres
from .proxy import Cut, Proxy, proxy_to

LEASE = 10.0
_numbers = itertools.count(1)


class Waiting:
    """An outbox whose methods are waited for, in a loop of another thread."""

    def __init__(self, outbox: Outbox, portal: BlockingPortal) -> None:
        self._outbox = outbox
        self._portal = portal

    def take(self, after: int, most: int) -> Sequence[Change]:
        """Return the next rows to send."""
        return self._portal.call(self._outbox.take, after, most)

    def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes."""
        self._portal.call(self._outbox.record, outcomes)

    def give_back(self, after: int) -> None:
        """Note that no row behind that one was begun."""
        self._portal.call(self._outbox.give_back, after)


class InLedger:
    """A run on machines that die one after the other: each takes over what the database has."""

    def __init__(self, url: str) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self._members = [self._member(url) for _ in range(2)]
        self._seen = self._member(url)
        self._sessions = itertools.count()
        number = next(_numbers)
        self._run_id = f"20261201T020000Z-{number:04x}"
        self._target = f"https://crm{number}.example.com/"
        rows = [invalid(number) if number in {3, 7} else row(number) for number in range(1, ROWS + 1)]
        first = self._folder / "first"
        first.mkdir()
        named = {"run_id": self._run_id, "order": number, "target": self._target}
        with closing(staged(first / JOURNAL, rows, **named)) as journal:
            held = self._members[1].leases.take(self._target, 0)
            held.save(journal)
        self._way_in = start_blocking_portal()
        self._portal = self._way_in.__enter__()
        self._journals: list[Journal] = []

    def _member(self, url: str) -> FleetMember:
        member = FleetMember(Fleet.model_validate({"database": url, "lease": LEASE}))
        member.__dict__["writer"] = GroupWriter(member.database, member.id, interval=0.0, again=0.0)
        return member

    def session(self) -> BlockingOutbox:
        """Let the machine at work die, and another one take over."""
        number = next(self._sessions)
        member = self._members[number % 2]
        query = "UPDATE lease SET until = now() - interval '1 second' WHERE target = %s"
        member.database.work(lambda connection: connection.execute(query, [self._target]))
        held = member.leases.take(self._target, 0, self._run_id)
        journal = self._fetched(member, f"session {number}")
        journal.sessions.begin("resume", rate=10)
        held.save(journal)
        return Waiting(held.outbox(journal, rate=1000, concurrency=1), self._portal)

    def seen_later(self) -> dict[int, Figures]:
        """Let one more machine have a look at the run."""
        journal = self._fetched(self._seen, "seen")
        found = {f.row: (f.result, f.attempts, f.wire_puts, f.duration_ms) for f in journal.results.all()}
        journal.close()
        return found

    def _fetched(self, member: FleetMember, name: str) -> Journal:
        folder = self._folder / name
        fetch(member, self._run_id, folder)
        journal = Journal.open(folder / JOURNAL)
        self._journals.append(journal)
        return journal

    def close(self) -> None:
        """Let go of everything."""
        for member in (*self._members, self._seen):
            member.close()
        for journal in self._journals:
            journal.close()
        self._way_in.__exit__(None, None, None)
        shutil.rmtree(self._folder)


class TestInLedger(OutboxSuite):
    """The contract, kept across machines."""

    @pytest.fixture
    def place(self, database_url: str) -> Iterator[Place]:
        """A run that the database has."""
        with closing(InLedger(database_url)) as made:
            yield made


class SenderInLedger(Sender):
    """Sends on several machines; the way to the database breaks now and then."""

    proxy: Proxy

    @rule(cut=st.sampled_from(Cut), after=st.integers(1, 3))
    def cut(self, cut: Cut, after: int) -> None:
        """Let a statement, or the answer to it, be lost."""
        self.proxy.cuts[self.proxy.statements + after] = cut


def test_statements_and_answers_may_be_lost(database_server: Postgres, database_url: str) -> None:
    """Whatever is lost on the way: each outcome counts once, and just what is under way is in doubt."""
    with proxy_to(database_server.port) as proxy:
        name = database_url.rpartition("/")[2]
        url = database_server.url(name, port=proxy.port)
        there = {"place_of": staticmethod(partial(InLedger, url)), "proxy": proxy}
        run_state_machine_as_test(
            type("SenderThere", (SenderInLedger,), there),
            settings=settings(
                max_examples=examples(8), stateful_step_count=12, deadline=None, derandomize=True
            ),
        )
        assert proxy.done  # some were
