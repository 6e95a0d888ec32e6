"""Whole runs in other formats than JSON, against a service that understands them, and one that does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

import pytest
from anyio.from_thread import start_blocking_portal

from presence_worker.model import NOT_PRESENT, PRESENT, Presence
from presence_worker.sandbox import Assumptions, People, Sandbox, Setup, serve
from presence_worker.settings import Accept, ContentType

from .given import Row, Worker, away, read_report, results, write_csv

MESSAGE = "Sjuk å <b> & 'so' ]]>\r\nåter \"snart\"\t🏖"
ROWS: list[Row] = [(1, NOT_PRESENT, MESSAGE), (2, PRESENT, ""), (3, NOT_PRESENT, ""), *away(range(4, 20))]
FORM = "application/x-www-form-urlencoded"
ACCEPTED = get_args(Accept)


@contextmanager
def sandbox_with(unknowns: Assumptions) -> Iterator[Sandbox]:
    """Let a sandbox that decides what nobody knows answer in a thread of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve(People(), Setup(assumptions=unknowns))) as sandbox,
    ):
        yield sandbox


@pytest.mark.parametrize("content_type", get_args(ContentType))
def test_each_format_sets_what_the_file_says(
    content_type: str, worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is updated, and the service holds every message to the letter."""
    accept = ACCEPTED[get_args(ContentType).index(content_type) % len(ACCEPTED)]
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__CONTENT_TYPE", content_type)
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ACCEPT", accept)

    ended = worker("run", write_csv(worker.folder / "job.csv", ROWS))

    assert ended.code == 0, ended.err
    assert ended.summary["counts"]["updated"] == len(ROWS)
    held = [sandbox.people.presence(int(number)) for number, _, _ in ROWS]
    assert held == [Presence(status=status, message=message) for _, status, message in ROWS]


@pytest.mark.parametrize(
    ("content_type", "unknowns"),
    [("application/xml", Assumptions(xml="off")), (FORM, Assumptions(form="off"))],
)
def test_a_format_the_service_does_not_take_stops_the_run(
    content_type: str, unknowns: Assumptions, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How XML and forms look is a guess: where it is wrong, it is the configuration and not the rows."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__CONTENT_TYPE", content_type)
    with sandbox_with(unknowns) as sandbox:
        worker.url = sandbox.url
        stopped = worker("run", write_csv(worker.folder / "job.csv", away(range(1, 101))))
        monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__CONTENT_TYPE", "application/json")
        resumed = worker.follow(stopped)

    assert (stopped.code, resumed.code) == (6, 0)
    assert "rejected 20 rows in a row alike (415)" in stopped.summary["message"]
    assert resumed.summary["counts"]["updated"] == 100


def test_a_message_that_xml_cannot_hold_is_told_and_not_sent(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other rows go on; as JSON, the same row goes out."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__CONTENT_TYPE", "application/xml")
    job = [*away(range(1, 4)), (4, NOT_PRESENT, "In hospital\uffff"), *away(range(5, 8))]

    ended = worker("run", write_csv(worker.folder / "job.csv", job))

    folder = worker.folder_of(ended)
    told = read_report(folder)[3]
    assert (ended.code, results(folder)) == (3, ["updated"] * 3 + ["rejected"] + ["updated"] * 3)
    assert (told["reason"], told["wire_puts"], told["http_status"]) == ("control_characters", 0, None)
    assert "hospital" not in ended.err + ended.out + (folder / "report.jsonl").read_text("utf-8")
    assert sandbox.people.presence(4).status == PRESENT

    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__CONTENT_TYPE", "application/json")
    assert worker.follow(ended).code == 0
    assert sandbox.people.presence(4).message == "In hospital\uffff"
