"""`read_before = "query"`: all users in one query, and nobody is looked at whose comment decides nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.journal import PendingRow
from presence_worker.model import NOT_PRESENT, PRESENT, Presence, Result
from presence_worker.run.present_values import Need, PresentValues, compare_with_present
from presence_worker.run_states import Intent
from presence_worker.sandbox import Sandbox
from presence_worker.superoffice.user_query import User, UserDirectory
from tests.raw_server import RawServer, answer

from .crm import BACK, Crm, Held, looked_at, queries
from .given import Ended, On, Row, Worker, away, raw_up, read_csv, read_report, wishes, write_csv

ILL: Held = (NOT_PRESENT, "ill")


@pytest.fixture
def crm() -> Crm:
    """Two who are here, two who are ill, and one who is away as the job has it."""
    return Crm({1: BACK, 2: ILL, 3: (PRESENT, "stale"), 4: (NOT_PRESENT, "back on 4"), 5: ILL})


@pytest.fixture
def reading(on: On) -> On:
    """Makes somebody who is content with the query."""

    def worker_on(server: RawServer | Sandbox) -> Worker:
        worker = on(server)
        worker.read_before = "query"
        return worker

    return worker_on


def run(worker: Worker, rows: Sequence[Row], command: str = "run") -> Ended:
    return worker(command, write_csv(worker.folder / "job.csv", rows))


def fates(worker: Worker, ended: Ended) -> list[tuple[int, str, str | None, str | None]]:
    keys = ("associate_id", "result", "reason", "before_status")
    return [tuple(line[key] for key in keys) for line in read_report(worker.folder_of(ended))]


# -- runs and plans ------------------------------------------------------------------------------------------


def test_a_return_takes_one_request(crm: Crm, reading: On) -> None:
    """Nobody is looked at: who is present already is unchanged, and what others were is kept."""
    with raw_up(crm) as server:
        worker = reading(server)

        ended = run(worker, [(each, PRESENT, "") for each in range(1, 6)])

    assert fates(worker, ended) == [
        (1, "unchanged", None, PRESENT),
        (2, "updated", None, NOT_PRESENT),
        (3, "unchanged", None, PRESENT),
        (4, "updated", None, NOT_PRESENT),
        (5, "updated", None, NOT_PRESENT),
    ]
    assert (looked_at(server), len(server.requests)) == ([], queries(server) + 3)


@pytest.mark.parametrize("message", ["back on 4", "another word", ""])
def test_a_comment_that_was_not_read_is_never_taken_for_the_wanted_one(
    message: str, crm: Crm, reading: On
) -> None:
    """Whoever is to be away is sent, also without a comment: another one may stand there."""
    with raw_up(crm) as server:
        worker = reading(server)

        ended = run(worker, [(4, NOT_PRESENT, message)])

    assert fates(worker, ended) == [(4, "updated", None, NOT_PRESENT)]
    assert (looked_at(server), wishes(server)) == ([], [(4, NOT_PRESENT, message)])


def test_who_is_missing_from_the_query_is_looked_at(crm: Crm, reading: On) -> None:
    """Once; who does not exist is rejected, and nothing is sent."""
    crm.hidden = {5}
    with raw_up(crm) as server:
        worker = reading(server)

        ended = run(worker, [(2, PRESENT, ""), (5, PRESENT, ""), (7, PRESENT, "")])

    assert [fate[1:3] for fate in fates(worker, ended)] == [
        ("updated", None),
        ("updated", None),
        ("rejected", "unknown_associate"),
    ]
    assert (looked_at(server), [wish[0] for wish in wishes(server)]) == ([5, 7], [2, 5])


def test_who_cannot_have_a_presence_is_told(crm: Crm, reading: On) -> None:
    """As with `auto`."""
    crm.cells = {1: {"isActive": False}, 2: {"ejUserId": 0}}
    with raw_up(crm) as server:
        worker = reading(server)

        ended = run(worker, away([1, 2]))

    assert [fate[2] for fate in fates(worker, ended)] == ["inactive_associate", "no_service_user"]
    assert server.puts == []


def test_a_status_that_is_not_understood_is_not_known(crm: Crm, reading: On) -> None:
    """Nobody is looked at for it: the row is sent, and a note tells what that means."""
    crm.cells = {1: {"ejStatus": "Til stede"}}
    with raw_up(crm) as server:
        worker = reading(server)

        ended = run(worker, [(1, PRESENT, ""), (3, PRESENT, "")])

    assert [fate[1::2] for fate in fates(worker, ended)] == [("updated", None), ("unchanged", PRESENT)]
    assert looked_at(server) == []
    assert "the current status of 1 user cannot be read" in "\n".join(ended.summary["notes"])


def test_without_the_query_each_is_looked_at(crm: Crm, reading: On) -> None:
    """As with `auto`: what is slower is better than what is blind."""
    crm.on_query = answer(403)
    with raw_up(crm) as server:
        worker = reading(server)

        ended = run(worker, away(range(1, 5)))

    assert (ended.code, looked_at(server)) == (0, [1, 2, 3, 4])
    assert [fate[1] for fate in fates(worker, ended)] == ["updated"] * 3 + ["unchanged"]
    assert "the list of all users is not available" in "\n".join(ended.summary["notes"])


def test_a_plan_says_that_comments_were_not_read(crm: Crm, reading: On) -> None:
    """It shows what it knows, and no more."""
    with raw_up(crm) as server:
        worker = reading(server)

        planned = run(worker, [(1, NOT_PRESENT, "ill"), (2, PRESENT, ""), (4, NOT_PRESENT, "x")], "plan")

    told = [(each["before_status"], each["comment"]) for each in planned.summary["changes"]]
    assert told == [(PRESENT, "set"), (NOT_PRESENT, "(not read)"), (NOT_PRESENT, "(not read)")]
    assert looked_at(server) == []


@pytest.mark.parametrize(
    ("now", "fate"),
    [
        (ILL, ("updated", None)),
        ((NOT_PRESENT, "another word"), ("updated", None)),  # the plan did not know the other one either
        (("StatusSpm", ""), ("rejected", "moved_since_plan")),
        (BACK, ("unchanged", None)),
    ],
)
def test_apply_reads_what_the_plan_had_read(
    now: Held, fate: tuple[str, str | None], crm: Crm, reading: On
) -> None:
    """The status: whoever has another one by now is left alone."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, [(2, PRESENT, "")], "plan")
        crm.held[2] = now

        applied = worker("apply", "last")

    assert [found[1:3] for found in fates(worker, applied)] == [fate]


def test_apply_compares_the_comments_that_a_plan_has_read(crm: Crm, on: On) -> None:
    """Whatever `read_before` says by then."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, [(2, PRESENT, ""), (5, PRESENT, "")], "plan")
        crm.held[5] = (NOT_PRESENT, "another word")
        worker.read_before = "query"

        applied = worker("apply", "last")

    assert [found[1:3] for found in fates(worker, applied)] == [
        ("updated", None),
        ("rejected", "moved_since_plan"),
    ]


def test_who_was_set_away_since_the_plan_may_have_what_is_wanted(crm: Crm, reading: On) -> None:
    """Then nothing is wrong; only a look tells."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, away([1, 3]), "plan")
        crm.held |= {1: (NOT_PRESENT, "back on 1"), 3: ILL}

        applied = worker("apply", "last")

    assert [found[1:3] for found in fates(worker, applied)] == [
        ("unchanged", None),
        ("rejected", "moved_since_plan"),
    ]


# -- undo ----------------------------------------------------------------------------------------------------


def test_undo_puts_back_the_status_and_says_that_comments_are_not_known(crm: Crm, reading: On) -> None:
    """Who was away is away again, without a comment; who was present is present again."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, [(1, NOT_PRESENT, "x"), (2, PRESENT, ""), (5, PRESENT, "")])

        undone = worker("undo", "last")

    assert (undone.code, [fate[1] for fate in fates(worker, undone)]) == (0, ["updated"] * 3)
    assert (crm.held[1], crm.held[2], crm.held[5]) == (BACK, (NOT_PRESENT, ""), (NOT_PRESENT, ""))
    assert "earlier comments are not known" in "\n".join(undone.summary["notes"])
    assert "people who get back their status without one: 2" in "\n".join(undone.summary["notes"])


def test_an_undo_that_loses_no_comment_says_nothing(crm: Crm, reading: On) -> None:
    """Who was present had none that counts."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, away([1, 3]))

        undone = worker("undo", "last")

    assert (undone.code, undone.summary["notes"]) == (0, [])


def test_where_only_the_comment_was_changed_nothing_is_put_back(crm: Crm, reading: On) -> None:
    """The status is as it was, and an empty comment would be worse than ours."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, [(1, NOT_PRESENT, "x"), (2, NOT_PRESENT, "x")])

        undone = worker("undo", "last")

    assert [fate[1] for fate in fates(worker, undone)] == ["updated", "rejected"]
    assert fates(worker, undone)[1][2] == "before_unknown"
    assert read_report(worker.folder_of(undone))[1]["detail"] == "its comment before the run was not read"
    assert crm.held[2] == (NOT_PRESENT, "x")


def test_a_comment_that_is_not_known_is_not_emptied_by_failed_csv(crm: Crm, reading: On) -> None:
    """The row asks for nothing there: what is run next as it is printed leaves our comment alone."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, [(1, NOT_PRESENT, "x"), (2, NOT_PRESENT, "x")])
        undone = worker("undo", "last")

        again = worker.follow(undone)

    (row,) = read_csv(worker.folder_of(undone) / "failed.csv")
    assert (row["associateId"], row["status"], row["message"]) == ("2", "", "")
    assert again.summary["counts"]["invalid"] == 1
    assert crm.held[2] == (NOT_PRESENT, "x")


def test_a_run_that_changed_comments_only_cannot_be_undone(crm: Crm, reading: On) -> None:
    """Exit 2, with the reason."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, away([2, 5]))

        refused = worker("undo", "last")

    assert refused.code == 2
    assert "was sent without reading comments (delivery.read_before)" in refused.summary["message"]


@pytest.mark.parametrize("now", [BACK, (NOT_PRESENT, "another word")])
def test_an_undo_looks_at_whoever_may_have_another_comment(now: Held, crm: Crm, reading: On) -> None:
    """Somebody else's word is not overwritten, whatever `read_before` says."""
    with raw_up(crm) as server:
        worker = reading(server)
        run(worker, away([1, 3]))
        crm.held[3] = now

        undone = worker("undo", "last")

    fate = ("unchanged", None) if now == BACK else ("rejected", "moved_since_run")
    assert [found[1:3] for found in fates(worker, undone)] == [("updated", None), fate]
    assert looked_at(server) == ([1] if now == BACK else [1, 3])


# -- what the query is enough for ----------------------------------------------------------------------------

PRESENCES = st.builds(Presence, st.sampled_from([PRESENT, NOT_PRESENT]), st.sampled_from(["", "ill", "away"]))


@given(
    wanted=PRESENCES,
    held=PRESENCES,
    before=st.none() | PRESENCES,
    knows_comment=st.booleans(),
    expected=st.none() | PRESENCES,
    moved_by=st.sampled_from([None, *Intent]),
)
def test_what_the_query_settles_a_look_would_settle_alike(
    *,
    wanted: Presence,
    held: Presence,
    before: Presence | None,
    knows_comment: bool,
    expected: Presence | None,
    moved_by: Intent | None,
) -> None:
    """Nobody is treated otherwise than after a look; only what somebody has already may be sent again."""
    before = before if moved_by is None else before or wanted  # what is compared was read
    row = PendingRow(1, 7, wanted, before, before is not None and knows_comment, None, expected)
    directory = UserDirectory()
    directory.users[7] = User(held.status, is_active=True, has_service=True)
    values = PresentValues(Need(how="query", is_plan=False, moved_by=moved_by), directory)

    told = values.judge_by_query(row)

    seen = compare_with_present(row, held, moved_by)
    if told is None:
        assert expected or moved_by, "a plain run looks at nobody"
    elif told.verdict:
        assert told.verdict == seen
    else:
        assert seen is None or seen.result is Result.UNCHANGED
