"""An id that no user has, in both forms that a SuperOffice may answer: 404, or 200 `null` as agents do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from presence_worker.sandbox import Assumptions, Sandbox

from .given import Ended, On, away, read_report, sandbox_up, wishes, write_csv

NOT_THERE = ("rejected", "unknown_associate")
CHANGED, STRANGERS = (1, 2), (4711, 4712)
MESSY = Path(__file__).parents[2] / "config" / "examples" / "messy.csv"


@pytest.fixture(params=["404", "null"])
def service(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A SuperOffice with three users, in one form or the other."""
    with sandbox_up(3, assumptions=Assumptions(unknown_id=request.param)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("how", ["auto", "each", "query"])
@pytest.mark.parametrize(("command", "result", "code"), [("run", "updated", 3), ("plan", "not_sent", 0)])
def test_strangers_are_told_before_anything_is_sent(
    command: str, result: str, code: int, how: str, service: Sandbox, on: On
) -> None:
    """`run` and `plan` reject them without a PUT, in the same words, and go on with the others."""
    worker = on(service)
    worker.read_before = how

    ended = worker(command, write_csv(worker.folder / "job.csv", away([*CHANGED, *STRANGERS])))

    found = [(line["result"], line["reason"]) for line in read_report(worker.folder_of(ended))]
    assert (ended.code, found) == (code, [(result, None)] * 2 + [NOT_THERE] * 2)
    assert "2 need attention: HR 2." in ended.summary["message"]
    assert {each["reason"]: each["rows"] for each in ended.summary["reasons"] if each["reason"]} == {
        NOT_THERE[1]: 2
    }
    assert {wish[0] for wish in wishes(service)} == (set(CHANGED) if command == "run" else set())


@pytest.mark.parametrize("how", ["auto", "each", "query"])
def test_an_undo_leaves_out_who_is_gone(how: str, service: Sandbox, on: On) -> None:
    """A user who was deleted since the run is rejected; the others get back what they had."""
    worker = on(service)
    worker.read_before = how
    worker("run", write_csv(worker.folder / "job.csv", away(CHANGED)))
    service.people.remove(2)

    undone = worker("undo", "last")

    found = [(line["result"], line["reason"]) for line in read_report(worker.folder_of(undone))]
    assert (undone.code, found) == (3, [("updated", None), NOT_THERE])
    assert service.people.presence(1).status == PRESENT


def test_without_reading_strangers_are_no_success(service: Sandbox, on: On) -> None:
    """With `read_before = "off"` they are sent once or more, told as not done, and never endlessly."""
    worker = on(service)
    worker.read_before = "off"

    ended: Ended = worker("run", write_csv(worker.folder / "job.csv", away([*CHANGED, *STRANGERS])))

    found = [(line["result"], line["reason"]) for line in read_report(worker.folder_of(ended))]
    assert (ended.code, found[:2]) == (3, [("updated", None)] * 2)
    assert {why for _, why in found[2:]} in ({"refused"}, {"echo_mismatch"})
    assert service.people.changes().keys() == set(CHANGED)
    assert service.people.presence(1).status == NOT_PRESENT


@pytest.mark.parametrize("form", ["404", "null"])
def test_the_rehearsal_of_readme_is_the_same_in_both_forms(form: str, on: On) -> None:
    """The file with every kind of trouble in it has one such id."""
    with sandbox_up(assumptions=Assumptions(unknown_id=form)) as sandbox:
        worker = on(sandbox)

        ended = worker("run", MESSY)

    counts = {result: number for result, number in ended.summary["counts"].items() if number}
    assert counts == {"updated": 57, "unchanged": 27, "duplicate": 1, "invalid": 8, "rejected": 1}
    assert [line["reason"] for line in read_report(worker.folder_of(ended))].count("unknown_associate") == 1
    assert ended.code == 3
