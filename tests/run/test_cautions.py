"""What an earlier run leaves in doubt, a later one says in a note."""

from datetime import UTC, datetime

import pytest

from tests.raw_server import CLOSE, answer

from .crm import BACK, Crm
from .given import Ended, On, Worker, away, for_associates, next_words, raw_up, write_csv
from .test_order import MUCH_EARLIER, begun_at

WORDS = "A request of an earlier run has no known result"


@pytest.fixture
def crm() -> Crm:
    return Crm(dict.fromkeys(range(1, 5), BACK))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer stays lost."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__VERIFY_READS", "false")


def run(worker: Worker, *numbers: int) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", away(numbers)))


def notes(ended: Ended) -> list[str]:
    return [note for note in ended.summary["notes"] if WORDS in note]


@pytest.mark.proves("an earlier run left a user `unknown`")
def test_a_request_that_may_still_be_carried_out_is_noted(crm: Crm, on: On) -> None:
    """For the users whom the later run sets, by their ids; it is over once a run has set them."""
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_put = CLOSE
        first = run(worker, 1, 2, 3)
        crm.on_put = None

        second = run(worker, 2, 3, 4)
        third = run(worker, 2, 1)

    assert (first.summary["counts"]["unknown"], notes(first)) == (3, [])
    (note,) = notes(second)
    assert note == (
        "A request of an earlier run has no known result for 2 users. SuperOffice may still carry "
        "it out and overwrite what this run has set. Check these users in SuperOffice: 2, 3"
    )
    assert [note.endswith("Check this user in SuperOffice: 1") for note in notes(third)] == [True]


def test_a_clock_that_was_wrong_hides_no_doubt(crm: Crm, on: On) -> None:
    """A run whose clock was behind that of the run before it may have asked a minute ago."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, 4)
        crm.on_put = CLOSE
        begun_at(worker, run(worker, 1), datetime.now(UTC) + MUCH_EARLIER)
        crm.on_put = None

        later = run(worker, 1)

    assert [note.endswith("Check this user in SuperOffice: 1") for note in notes(later)] == [True]


def test_what_was_answered_in_the_end_is_no_doubt(crm: Crm, on: On) -> None:
    """A run that was resumed leaves none, and a run does not warn of itself."""
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_put = CLOSE
        first = run(worker, 1, 2)
        crm.on_put = None
        resumed = worker.call(*next_words(first), "--json")

        later = run(worker, 1)

    assert (resumed.code, notes(resumed), notes(later)) == (0, [], [])


def test_what_nobody_sets_is_not_noted(crm: Crm, on: On) -> None:
    """A user who holds the wanted value already was not set by this run."""
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_put = CLOSE
        run(worker, 1)
        crm.held[1] = ("StatusNotAvailable", "back on 1")  # it was carried out

        later = run(worker, 1)

    assert (later.summary["counts"]["unchanged"], notes(later)) == (1, [])


def test_a_resumed_run_has_one_such_note(crm: Crm, on: On) -> None:
    """The users of its last session are named, and the shorter list of the session before is gone."""
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_put = CLOSE
        run(worker, 1, 2)
        crm.on_put = for_associates({2: answer(401)})
        second = run(worker, 1, 2)
        crm.on_put = None

        resumed = worker("resume")

    assert (second.code, resumed.code) == (6, 0)
    assert [note.endswith(": 1") for note in notes(second)] == [True]
    assert [note.endswith(": 1, 2") for note in notes(resumed)] == [True]
