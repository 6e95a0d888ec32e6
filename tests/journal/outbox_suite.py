"""Where permission to send is taken: what every such place promises, whatever is behind it.

    class TestMyPlace(OutboxSuite):
        @pytest.fixture
        def place(self) -> Iterator[Place]:
            …

`Sender` is to be inherited as well: it finds what nobody thought of.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from presence_worker.journal import Settled
from presence_worker.model import Change, Outcome, Reason, Result

from .given import AWAY, FAILED, MOMENT, REJECTED, UNKNOWN, UPDATED

Figures = tuple[str, int, int, float | None]  # of a row: result, tries, PUTs, milliseconds
ROWS = 9
TO_SEND = [1, 2, 4, 5, 6, 8, 9]  # 3 and 7 are wrong in the file
IN_DOUBT = Outcome(result=Result.UNKNOWN, reason=Reason.BAD_ANSWER, attempts=0, wire_puts=0)
UNSETTLED = ("not_sent", "failed", "unknown")
OUTCOMES = [UPDATED, REJECTED, FAILED._replace(attempts=4, wire_puts=3, duration_ms=2.5), UNKNOWN, IN_DOUBT]


class BlockingOutbox(Protocol):
    """An `Outbox` whose methods return when the work is done."""

    def take(self, after: int, most: int) -> Sequence[Change]:
        """Return the next rows to send."""

    def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes."""

    def give_back(self, after: int) -> None:
        """Note that no row behind that one was begun."""


class Place(Protocol):
    """An implementation under test: a job of nine rows, of which 3 and 7 are not to be sent."""

    def session(self) -> BlockingOutbox:
        """Begin another session, whatever became of the one before."""

    def seen_later(self) -> dict[int, Figures]:
        """Return the rows as somebody finds them who comes after we died at this moment."""

    def close(self) -> None:
        """Let go of everything."""


def rows_of(changes: object) -> list[int]:
    """Give the rows of a page."""
    assert isinstance(changes, list)
    return [change.row for change in changes]


def results(place: Place) -> dict[int, str]:
    """Give what somebody would find who comes after us."""
    return {number: figures[0] for number, figures in place.seen_later().items()}


def in_doubt(place: Place) -> list[int]:
    """Give the rows that may have been sent, should we die now."""
    return [number for number, result in results(place).items() if result == "unknown"]


def settled(numbers: list[int], outcome: Outcome, at: str = MOMENT) -> list[Settled]:
    """Give the same outcome for rows."""
    return [(number, outcome, at) for number in numbers]


class OutboxSuite:
    """The tests; a class for each implementation inherits them."""

    def test_a_page_has_the_next_rows(self, place: Place) -> None:
        """They come in row order, with all that a PUT needs, and none that is not to be sent."""
        outbox = place.session()

        assert outbox.take(0, 3) == [Change(row=n, associate_id=n, wanted=AWAY) for n in (1, 2, 4)]
        assert rows_of(outbox.take(4, 100)) == [5, 6, 8, 9]

    def test_nothing_comes_at_the_end(self, place: Place) -> None:
        """An empty page says that no row is left."""
        outbox = place.session()

        assert rows_of(outbox.take(9, 3)) == []
        assert in_doubt(place) == []

    @pytest.mark.parametrize("most", [1, 2, 5, 7, 1000])
    def test_what_was_taken_may_have_been_sent(self, place: Place, most: int) -> None:
        """If we die, the rows that were taken are in doubt, and no others."""
        outbox = place.session()

        taken = rows_of(outbox.take(0, most))

        assert taken == TO_SEND[:most]
        assert in_doubt(place) == taken

    def test_a_page_can_be_taken_once_more(self, place: Place) -> None:
        """Who did not hear the answer asks again, and gets the same rows; no more of them are in doubt."""
        outbox = place.session()
        first = outbox.take(0, 3)
        later = outbox.take(4, 2)

        assert (outbox.take(0, 3), outbox.take(4, 2)) == (first, later)
        assert in_doubt(place) == [1, 2, 4, 5, 6]

    @pytest.mark.parametrize("outcome", OUTCOMES, ids=str)
    def test_what_has_an_outcome_is_not_taken_again(self, place: Place, outcome: Outcome) -> None:
        """Whatever it is: in this session its turn was."""
        outbox = place.session()
        outbox.take(0, 3)
        outbox.record(settled([2], outcome))

        assert rows_of(outbox.take(0, 3)) == [1, 4, 5]

    @pytest.mark.parametrize("outcome", OUTCOMES, ids=str)
    def test_a_later_session_takes_what_is_unsettled(self, place: Place, outcome: Outcome) -> None:
        """It knows which rows may be done already."""
        outbox = place.session()
        outbox.take(0, 2)
        outbox.record(settled([1, 2], outcome))

        taken = {change.row: change.in_doubt for change in place.session().take(0, 2)}

        is_settled = outcome.result in {Result.UPDATED, Result.REJECTED}
        doubtful = outcome.result is Result.UNKNOWN
        assert taken == ({4: False, 5: False} if is_settled else {1: doubtful, 2: doubtful})

    def test_what_was_recorded_is_there(self, place: Place) -> None:
        """An outcome that was recorded is on disk, and ends the doubt of its row."""
        outbox = place.session()
        outbox.take(0, 4)

        outbox.record([*settled([1], UPDATED), *settled([4], REJECTED)])

        assert results(place) == {
            **dict.fromkeys([6, 8, 9], "not_sent"),
            **dict.fromkeys([3, 7], "invalid"),
            **dict.fromkeys([2, 5], "unknown"),
            1: "updated",
            4: "rejected",
        }

    @pytest.mark.parametrize("outcome", OUTCOMES, ids=str)
    def test_an_outcome_counts_once(self, place: Place, outcome: Outcome) -> None:
        """Reported twice or thrice, in the same group or another one, its tries and PUTs are added once."""
        outbox = place.session()
        outbox.take(0, 2)
        group = settled([1, 2], outcome._replace(duration_ms=1.5))
        outbox.record(group)
        once = place.seen_later()

        outbox.record(group)
        outbox.record(group[:1])

        assert place.seen_later() == once
        assert once[1] == (outcome.result, outcome.attempts, outcome.wire_puts, 1.5)

    def test_a_group_with_two_outcomes_of_a_row_counts_once(self, place: Place) -> None:
        """The last one holds, and what both took adds up; reported again, nothing changes."""
        outbox = place.session()
        outbox.take(0, 2)
        group = [
            *settled([1, 2], UPDATED._replace(duration_ms=1.0)),
            *settled([1], IN_DOUBT),
            *settled([1], FAILED._replace(attempts=2, wire_puts=1, duration_ms=0.5)),
        ]

        outbox.record(group)
        outbox.record(group)

        later = place.seen_later()
        assert (later[1], later[2]) == (("failed", 3, 2, 1.5), ("updated", 1, 1, 1.0))

    @pytest.mark.parametrize("at", [MOMENT, "2026-11-23T01:59:00.000Z"])
    def test_another_outcome_of_a_row_is_added(self, place: Place, at: str) -> None:
        """A row that is read back gets another outcome, maybe by a clock that was set back."""
        outbox = place.session()
        outbox.take(0, 1)
        outbox.record(settled([1], UPDATED))
        outbox.record(settled([1], IN_DOUBT, at))

        outbox.record(settled([1], UPDATED, at))

        assert place.seen_later()[1][:3] == ("updated", 2, 2)

    def test_what_a_later_session_finds_is_added(self, place: Place) -> None:
        """The same words in another session are another outcome."""
        for _ in range(2):
            outbox = place.session()
            outbox.take(0, 1)
            outbox.record(settled([1], FAILED))

        assert place.seen_later()[1][:3] == ("failed", 2, 2)

    def test_what_was_not_begun_is_given_back(self, place: Place) -> None:
        """Rows behind the last one begun were certainly not sent, however often that is said."""
        outbox = place.session()
        outbox.take(0, 5)

        outbox.give_back(2)
        outbox.give_back(2)

        assert in_doubt(place) == [1, 2]
        outbox.give_back(9)
        assert in_doubt(place) == [1, 2]


class Sender(RuleBasedStateMachine):
    """Takes pages and reports outcomes, says everything twice now and then, and dies."""

    place_of: Callable[[], Place]

    @initialize()
    def begin(self) -> None:
        """Begin the first session."""
        self.place = type(self).place_of()
        self.known: dict[int, tuple[str, int, int]] = {
            n: ("not_sent" if n in TO_SEND else "invalid", 0, 0) for n in range(1, ROWS + 1)
        }
        self.moment = 0
        self.renew()

    @rule()
    def renew(self) -> None:
        """Die, and begin again: what was under way is in doubt from now on."""
        for number in getattr(self, "taken", []):
            self.known[number] = ("unknown", *self.known[number][1:])
        self.outbox, self.last = self.place.session(), 0
        self.taken: list[int] = []

    @rule(most=st.integers(1, 4), times=st.integers(1, 3))
    def take(self, most: int, times: int) -> None:
        """Take the next page, once or several times."""
        pages = [rows_of(self.outbox.take(self.last, most)) for _ in range(times)]

        assert pages == pages[:1] * times
        unsettled = [
            n for n, (result, *_) in self.known.items() if result in {"not_sent", "failed", "unknown"}
        ]
        assert pages[0] == [n for n in unsettled if n > self.last][:most]
        self.last = max([self.last, *pages[0]])
        self.taken += pages[0]

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), times=st.integers(1, 3))
    def record(self, data: st.DataObject, times: int) -> None:
        """Report outcomes of rows under way, once or several times."""
        chosen = data.draw(st.lists(st.sampled_from(self.taken), unique=True, min_size=1))
        self.moment += data.draw(st.integers(0, 1))
        at = f"2026-11-23T02:00:{self.moment:02d}.000Z"
        group = [(number, data.draw(st.sampled_from(OUTCOMES)), at) for number in chosen]

        for _ in range(times):
            self.outbox.record(group)

        for number, outcome, _ in group:
            _, attempts, puts = self.known[number]
            self.known[number] = (str(outcome.result), attempts + outcome.attempts, puts + outcome.wire_puts)
            self.taken.remove(number)

    @invariant()
    def only_what_is_under_way_is_in_doubt(self) -> None:
        """Whoever comes after us finds each row as we know it, and in doubt where we do not."""
        expected = {
            number: ("unknown" if number in self.taken else result, attempts, puts)
            for number, (result, attempts, puts) in self.known.items()
        }
        assert {n: figures[:3] for n, figures in self.place.seen_later().items()} == expected

    def teardown(self) -> None:
        """Let go of the files."""
        self.place.close()
