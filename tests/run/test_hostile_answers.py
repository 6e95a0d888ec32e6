"""What a service may say in place of a presence or of its users: none of it is shown, kept or believed."""

import orjson
import pytest

from tests.raw_server import answer

from .crm import Crm, here
from .given import On, away, raw_up, read_report, write_csv

CANARY = "Singdrossel"
STATUSES = {
    "a reason of absence": f"SICK-{CANARY}",
    "steering a terminal": f"\x1b[31m\u202e\x00\r\n{CANARY}",
    "a formula": f"=HYPERLINK({CANARY})",
    "markup": f"<script>{CANARY}</script>",
    "long": CANARY * 5000,
}


@pytest.mark.parametrize("status", STATUSES.values(), ids=STATUSES)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_status_that_is_not_documented_is_shown_nowhere(command: str, status: str, on: On) -> None:
    """It may be anything: neither terminal, log, report nor journal has it, only that there was one."""
    crm = Crm(here(range(1, 3)))
    crm.on_get[1] = answer(200, orjson.dumps({"Status": status, "Message": ""}))
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = "each"
        file = write_csv(worker.folder / "job.csv", away([1, 2]))

        ended = worker.call(command, str(file), "-vv", *worker.options_of(command))

    (folder,) = (worker.state / "runs").glob("*/")
    kept = [path.read_bytes() for path in folder.iterdir()]
    assert ended.code == 0
    assert CANARY not in ended.out + ended.err
    assert not any(CANARY.encode() in content for content in kept)
    assert [line["before_status"] for line in read_report(folder)] == ["undocumented", "StatusNormal"]


def test_a_status_that_is_not_documented_is_not_put_back(on: On) -> None:
    """`undo` sends only what SuperOffice documents."""
    crm = Crm({1: ("SomethingNew", ""), 2: ("StatusNormal", "")})
    with raw_up(crm) as server:
        worker = on(server)
        worker("run", write_csv(worker.folder / "job.csv", away([1, 2])))

        undone = worker("undo", "last")

    found = [(line["result"], line["reason"]) for line in read_report(worker.folder_of(undone))]
    assert found == [("invalid", "status_not_allowed"), ("updated", None)]
    assert (undone.code, crm.held[1][0]) == (3, "StatusNotAvailable")
