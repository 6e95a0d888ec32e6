"""Comments whose line ends the service writes in its own way, and comments that it changes."""

import orjson
import pytest

from presence_worker.model import NOT_PRESENT
from tests.raw_server import Act, Peer, Request, answer

from .crm import BACK, Crm
from .given import On, Row, raw_up, read_report, results, write_csv

LINES = "Back on 4 January\nCall Kim\r\nor Sam\rInstead"
STORED = LINES.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
ROWS: list[Row] = [(1, NOT_PRESENT, LINES), (2, NOT_PRESENT, LINES)]


class Rewriting(Crm):
    """A service that stores CRLF for every line end, and echoes what it has stored."""

    def _put(self, associate_id: int, request: Request) -> Act:
        asked = orjson.loads(request.body)
        message = asked["Message"].replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
        self.held[associate_id] = (asked["Status"], message)
        return answer(200, orjson.dumps({"Status": asked["Status"], "Message": message}))


def test_line_ends_are_equal_in_every_comparison(on: On) -> None:
    """The echo is right, the next run finds the user unchanged, and undo finds what the run had set."""
    service = Rewriting({1: BACK, 2: BACK})
    with raw_up(service) as server:
        worker = on(server)
        job = write_csv(worker.folder / "job.csv", ROWS)
        first, second = worker("run", job), worker("run", job)
        puts = len(server.puts)
        undone = worker("undo", str(first.summary["run_id"]))

    assert (first.code, results(worker.folder_of(first))) == (0, ["updated"] * 2)
    assert (second.code, results(worker.folder_of(second)), puts) == (0, ["unchanged"] * 2, 2)
    assert (undone.code, results(worker.folder_of(undone))) == (0, ["updated"] * 2)
    assert service.held == {1: BACK, 2: BACK}


def test_line_ends_do_not_move_a_plan(on: On) -> None:
    """What the plan had read is still there when only its line ends are written anew."""
    service = Crm({1: (NOT_PRESENT, STORED), 2: (NOT_PRESENT, STORED)})
    with raw_up(service) as server:
        worker = on(server)
        job = write_csv(worker.folder / "job.csv", [(1, NOT_PRESENT, "Ill"), (2, NOT_PRESENT, LINES)])
        planned = worker("plan", job)
        service.held[1] = (NOT_PRESENT, LINES)
        applied = worker.follow(planned)

    assert (applied.code, results(worker.folder_of(applied))) == (0, ["updated", "unchanged"])


def test_rows_that_differ_in_line_ends_are_duplicates(on: On) -> None:
    """They ask for the same: one is sent, and there is no conflict."""
    service = Rewriting({1: BACK})
    with raw_up(service) as server:
        worker = on(server)
        rows: list[Row] = [(1, NOT_PRESENT, LINES), (1, NOT_PRESENT, STORED)]
        ended = worker("run", write_csv(worker.folder / "job.csv", rows))

    assert (ended.code, results(worker.folder_of(ended))) == (0, ["updated", "duplicate"])


@pytest.mark.parametrize(
    ("saved", "detail"),
    [
        ({"Status": NOT_PRESENT, "Message": "cut"}, "SuperOffice answered with another comment"),
        (
            {"Status": "StatusReadOnly", "Message": LINES},
            "asked for StatusNotAvailable, but SuperOffice answered with StatusReadOnly",
        ),
    ],
)
@pytest.mark.proves("SuperOffice says that it saved something else")
def test_what_the_service_changes_is_asked_for_twice(saved: dict[str, str], detail: str, on: On) -> None:
    """Twice the same foreign echo is the service's last word: rejected, and the report says what differs."""
    service = Crm({1: BACK, 2: BACK})

    async def act(peer: Peer, request: Request) -> None:
        changed = request.method == "PUT" and request.path.split("/")[-2] == "1"
        await (answer(200, orjson.dumps(saved)) if changed else service)(peer, request)

    with raw_up(act) as server:
        worker = on(server)
        ended = worker("run", write_csv(worker.folder / "job.csv", ROWS))

    line, other = read_report(worker.folder_of(ended))
    assert (ended.code, line["result"], line["reason"]) == (3, "rejected", "echo_mismatch")
    assert (line["detail"], line["attempts"], line["wire_puts"]) == (detail, 2, 2)
    assert other["result"] == "updated"
