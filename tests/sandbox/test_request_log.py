"""The request log: a line for each request, at once, with nothing in it that is nobody's business."""

import json
from pathlib import Path

import pytest

from presence_worker.errors import UsageFault
from presence_worker.sandbox import People, Setup, log_requests, read_faults, serve

from .caller import WasResetError, calling, presence_path

pytestmark = pytest.mark.anyio


async def test_each_request_is_a_line_that_is_there_at_once(tmp_path: Path) -> None:
    """One may look on: who, what, the status asked for and answered, whether it was applied."""
    file = tmp_path / "log.jsonl"
    with log_requests(file) as heard:
        async with (
            serve(People(), Setup(on_request=heard)) as sandbox,
            calling(sandbox, "Bearer tok-en") as caller,
        ):
            await caller.put(7, message="sick-note")
            at_once = file.read_text()
            await caller.get("/api/v1/User?$top=1")
            await caller.call("PUT", presence_path(1001), {"Status": "nonsense", "Message": "sick-note"})
            wish = {"AssociateId": 8, "UserPresenceStatus": {"Status": "StatusNormal"}}
            await caller.call("POST", "/api/v1/Agents/User/SetUserPresenceStatus", wish)

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(at_once.splitlines()) == 1
    assert lines[0].pop("at").endswith("+00:00")
    assert lines[0] == {
        "host": sandbox.url.removeprefix("http://"),
        "method": "PUT",
        "path": presence_path(7),
        "query": "",
        "associate_id": 7,
        "asked": "StatusNotAvailable",
        "status": 200,
        "applied": True,
    }
    assert [(each["associate_id"], each["asked"], each["status"]) for each in lines[1:]] == [
        (None, None, 200),
        (1001, None, 404),
        (8, "StatusNormal", 200),
    ]
    assert lines[1]["query"] == "$top=1"
    assert "sick-note" not in file.read_text()
    assert "tok-en" not in file.read_text()


async def test_what_was_never_answered_is_a_line_too(tmp_path: Path) -> None:
    """Its status is null; a log goes on where it was."""
    file = tmp_path / "log.jsonl"
    file.write_text("before\n")
    with log_requests(file) as heard:
        async with (
            serve(People(), Setup(on_request=heard, faults=read_faults(["reset:1"]))) as sandbox,
            calling(sandbox) as caller,
        ):
            with pytest.raises(WasResetError):
                await caller.put(7)

    before, line = file.read_text().splitlines()
    assert (before, json.loads(line)["status"]) == ("before", None)


def test_a_file_that_cannot_be_written_is_a_usage_fault(tmp_path: Path) -> None:
    """The error names option, file and reason."""
    with pytest.raises(UsageFault, match=r"--log .*: Is a directory"), log_requests(tmp_path):
        pass
