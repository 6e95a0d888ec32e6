"""A journal through any sequence of sessions, crashes and answers, beside a simple model of it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from presence_worker.journal import JOURNAL, Journal
from presence_worker.model import Change, Outcome, Reason, Result
from tests.examples import examples

from .given import each_change, invalid, record, row, staged

UNSETTLED = {Result.NOT_SENT, Result.FAILED, Result.UNKNOWN}
RESULTS = [Result.UPDATED, Result.REJECTED, Result.FAILED, Result.UNKNOWN, Result.NOT_SENT]
OUTCOMES = st.tuples(  # not `builds`: it may make up the other fields, such as durations that are no number
    st.sampled_from(RESULTS), st.none() | st.sampled_from(Reason), st.integers(0, 3), st.integers(0, 3)
).map(lambda it: Outcome(result=it[0], reason=it[1], attempts=it[2], wire_puts=it[3]))


@dataclass
class Told:
    """What the model knows of a row."""

    result: Result
    attempts: int = 0
    wire_puts: int = 0
    sendable: bool = True  # as far as the input is concerned
    in_flight: bool = False  # handed out in the present session, and not answered


def _ended(sessions: "Sessions") -> None:
    """End in order: who still waits was not sent, or is what it was before."""
    if sessions.changes:
        sessions.journal.sessions.end(seconds=1, gets=1)


def _died(sessions: "Sessions") -> None:
    """End without a word: who was in flight is in doubt."""
    sessions.journal.close()
    sessions.journal = Journal.open(sessions.folder / JOURNAL)
    for told in sessions.rows.values():
        if told.in_flight:
            told.result = Result.UNKNOWN


class Sessions(RuleBasedStateMachine):
    """Whatever happens in whatever order, the journal tells no more and no less than what is known."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.changes: Iterator[Change] | None = None  # None: no session is at work
        self.recorded_updated = set[int]()

    @initialize(sendable=st.lists(st.sampled_from([True, True, True, False]), min_size=3, max_size=8))
    def stage(self, sendable: list[bool]) -> None:
        """Begin with a job in which some rows are wrong."""
        rows = [row(n) if good else invalid(n) for n, good in enumerate(sendable, 1)]
        self.journal = staged(self.folder / JOURNAL, rows)
        self.rows = {
            n: Told(Result.NOT_SENT if good else Result.INVALID, sendable=good)
            for n, good in enumerate(sendable, 1)
        }

    @precondition(lambda self: self.changes is None)
    @rule()
    def begin(self) -> None:
        """Set to work, whatever became of the session before."""
        self.journal.sessions.begin("resume", rate=10)
        self.changes = each_change(self.journal, page=1)
        self.pending = [n for n, told in self.rows.items() if told.sendable and told.result in UNSETTLED]

    @precondition(lambda self: self.changes is not None)
    @rule(number=st.integers(1, 4))
    def hand_out(self, number: int) -> None:
        """Get the next rows: those that are unsettled, in order, with what is known of them."""
        for _ in range(number):
            change = next(self.changes, None) if self.changes else None
            assert (change.row if change else None) == (self.pending.pop(0) if self.pending else None)
            if change:
                told = self.rows[change.row]
                assert change.in_doubt == (told.result is Result.UNKNOWN)
                told.in_flight = True

    @precondition(lambda self: any(told.in_flight for told in self.rows.values()))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """Settle some of the rows in flight, in any order."""
        in_flight = [n for n, told in self.rows.items() if told.in_flight]
        chosen = data.draw(st.lists(st.sampled_from(in_flight), unique=True, min_size=1))
        outcomes = {n: data.draw(OUTCOMES) for n in chosen}
        record(self.journal, outcomes)
        for n, outcome in outcomes.items():
            told = self.rows[n]
            told.result, told.in_flight = outcome.result, False
            told.attempts += outcome.attempts
            told.wire_puts += outcome.wire_puts
        self.recorded_updated |= {n for n, o in outcomes.items() if o.result is Result.UPDATED}

    @rule(how=st.sampled_from([_ended, _died]))
    def leave(self, how: Callable[["Sessions"], None]) -> None:
        """Leave in order or without a word; nobody is in flight any more."""
        how(self)
        self.changes = None
        for told in self.rows.values():
            told.in_flight = False

    @invariant()
    def results_add_up(self) -> None:
        """Each row has one result, and together they are the rows."""
        counts = self.journal.results.counts()
        assert sum(counts.values()) == len(self.rows)
        assert self.journal.results.to_send() == sum(counts[result] for result in UNSETTLED)

    @invariant()
    def the_journal_tells_what_is_known(self) -> None:
        """Row by row: the result with its tries; who is in flight is in doubt, should we die now."""
        told = {
            n: (Result.UNKNOWN if t.in_flight else t.result, t.attempts, t.wire_puts)
            for n, t in self.rows.items()
        }
        assert {f.row: (f.result, f.attempts, f.wire_puts) for f in self.journal.results.all()} == told
        assert self.journal.results.puts()[0] == sum(t.wire_puts for t in self.rows.values())

    @invariant()
    def nothing_is_updated_unless_somebody_said_so(self) -> None:
        """No row is `updated` of which no such outcome was ever recorded."""
        assert {fate.row for fate in self.journal.results.all(Result.UPDATED)} <= self.recorded_updated

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.journal.close()
        shutil.rmtree(self.folder)


TestSessions = Sessions.TestCase
TestSessions.settings = settings(
    max_examples=examples(50), stateful_step_count=20, deadline=None, derandomize=True
)
