"""What happens is heard: the state at first, then the progress of runs and their ends."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest

from presence_worker.serve.http.event_stream import Mailbox
from presence_worker.serve.live_run import LiveRun
from presence_worker.serve.live_runs import LiveEvent

from .given import Front, digest, idle, tokens, working

pytestmark = pytest.mark.anyio
PATIENCE = aiohttp.ClientTimeout(total=30)


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two states may come at once, and progress comes often."""
    monkeypatch.setattr("presence_worker.serve.live_runs.SECOND", 0.01)
    monkeypatch.setattr("presence_worker.serve.http.event_stream.LEAST", 0.0)


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    """Yield the events of a stream; a comment has the name ""."""
    while block := await answer.content.readuntil(b"\n\n"):
        lines = dict(line.split(": ", 1) for line in block.decode().strip().split("\n"))
        yield lines.get("event", ""), json.loads(lines.get("data", "null"))


async def heard(stream: AsyncIterator[tuple[str, Any]], wanted: str) -> Any:
    """Give the next event of a kind."""
    async for kind, data in stream:
        if kind == wanted:
            return data
    raise AssertionError


def listen(front: Front, by: str = "watcher") -> Any:
    """Open a stream."""
    return front.session.get(
        f"{front.url}/api/v1/events", headers={"Authorization": f"Bearer {by}"}, timeout=PATIENCE
    )


async def test_the_state_comes_first_and_whole(tmp_path: Path) -> None:
    """Who connects knows at once what waits, and what is at work."""
    async with idle(tmp_path) as front:
        job = (await front.submit()).json["job"]
        async with listen(front) as answer:
            kind, state = await anext(events(answer))

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert (kind, state["status"], state["runs"]) == ("state", "ready", [])
    assert [each["job"] for each in state["jobs"]] == [job]


async def test_the_state_comes_once_at_the_connection(tmp_path: Path) -> None:
    """The next one comes when something has changed."""
    async with idle(tmp_path) as front, listen(front) as answer:
        stream = events(answer)
        await anext(stream)
        job = (await front.submit()).json["job"]
        _, second = await anext(stream)

    assert [each["job"] for each in second["jobs"]] == [job]


async def test_a_run_is_heard_to_its_end(tmp_path: Path) -> None:
    """`progress` says how far it is, in words, too; `ended` that it is over."""
    delivery = {"rate": 50, "burst": 1, "read_before": "off"}
    rows = "associateId,status\n" + "".join(f"{row},StatusNormal\n" for row in range(1, 16))
    heard: dict[str, Any] = {}
    async with working(tmp_path, delivery=delivery) as front, listen(front) as answer:
        job = (await front.submit(data=rows.encode())).json["job"]
        async for kind, data in events(answer):
            heard[kind] = data
            if kind == "ended":
                break

    assert {*heard} == {"state", "progress", "ended"}
    assert heard["progress"]["job"] == heard["ended"]["job"] == job
    assert heard["progress"]["words"]
    assert heard["progress"]["target"] == heard["ended"]["target"] == "a"


async def test_runs_of_other_targets_are_not_heard(tmp_path: Path) -> None:
    """A token with targets hears of those alone."""
    async with idle(tmp_path, "a", "b", tokens=tokens(watcher=["b"])) as front:
        await front.submit(query="?target=a")
        async with listen(front) as answer:
            stream = events(answer)
            _, first = await anext(stream)
            theirs = (await front.submit(query="?target=b")).json["job"]
            async for _, state in stream:
                if state["jobs"]:
                    break

    assert first["jobs"] == []
    assert [each["job"] for each in state["jobs"]] == [theirs]


async def test_the_run_of_another_target_is_not_heard(tmp_path: Path) -> None:
    """Neither that it is at work, nor how it ends."""
    async with idle(tmp_path, "a", "b", tokens=tokens(watcher=["b"])) as front:
        live = front.service.live
        for job, target in (("1", "a"), ("2", "b")):
            live.begin(job, target, "run")
        async with listen(front) as answer, listen(front, "hr") as of_all:
            _, some = await anext(events(answer))
            _, every = await anext(events(of_all))
            live.end("1")
            live.end("2")
            ended = await heard(events(answer), "ended")

    assert [run["job"] for run in some["runs"]] == ["2"]
    assert [run["job"] for run in every["runs"]] == ["1", "2"]
    assert ended["job"] == "2"


async def test_a_comment_keeps_a_quiet_connection_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy closes a connection over which nothing comes."""
    monkeypatch.setattr("presence_worker.serve.http.event_stream.QUIET", 0.02)
    async with idle(tmp_path) as front, listen(front) as answer:
        kinds = [kind async for kind, _ in _first(events(answer), 3)]

    assert "" in kinds


async def test_a_stream_ends_with_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may no longer watch hears nothing more."""
    monkeypatch.setattr("presence_worker.serve.http.event_stream.QUIET", 0.02)
    known = {"gone": {"sha256": digest("gone"), "roles": ["read"]}}
    async with idle(tmp_path, tokens=known) as front, listen(front, "gone") as answer:
        await anext(events(answer))
        front.service.targets.loaded.serve.tokens.clear()
        with anyio.fail_after(30):
            await answer.content.read()

    assert answer.content.at_eof()


async def test_streams_end_with_the_service(tmp_path: Path) -> None:
    """A service that stops does not wait for its watchers."""
    async with idle(tmp_path) as front, listen(front) as answer:
        await anext(events(answer))
        with anyio.fail_after(4):
            await front.runner.cleanup()
            await answer.content.read()

    assert answer.content.at_eof()


def test_of_a_slow_watcher_only_older_progress_is_dropped() -> None:
    """However long it does not read, what is kept for it is little, and no end is lost."""
    mailbox = Mailbox()
    runs = [LiveRun(run_id="r", job_id="j", target="a", command="run", done=done) for done in range(1000)]
    for run in runs:
        mailbox.put(LiveEvent("progress", run))
    first = mailbox.take()
    mailbox.put(LiveEvent("progress", runs[0]))
    mailbox.put(LiveEvent("ended", runs[0]))

    assert [(kind, run.done) for kind, run in first] == [("progress", 999)]
    assert [kind for kind, _ in mailbox.take()] == ["ended"]
    assert mailbox.take() == []


async def _first(stream: AsyncIterator[tuple[str, Any]], number: int) -> AsyncIterator[tuple[str, Any]]:
    async for each in stream:
        yield each
        number -= 1
        if not number:
            return
