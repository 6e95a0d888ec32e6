"""-v adds the requests to the log, and -vv what was decided; nothing that is secret or private is in it."""

from typing import Any

from tests.raw_server import answer, echo

from .given import PASSWORD, On, Worker, away, for_associates, raw_up, write_csv


def events(worker: Worker, *words: str) -> list[dict[str, Any]]:
    """Run three rows; give the lines of the log."""
    path = write_csv(worker.folder / "job.csv", away(range(1, 4)))
    ran = worker("run", path, *words)
    assert PASSWORD not in ran.err
    assert "back on" not in ran.err
    assert {event.get("run_id") for event in ran.events} == {ran.summary["run_id"]}
    return ran.events


def names(found: list[dict[str, Any]]) -> set[str]:
    return {event["event"] for event in found}


def test_requests_with_v(worker: Worker) -> None:
    """Each request, reads included, has its method, path, status and duration, and no query."""
    worker.read_before = "auto"

    found = [event for event in events(worker, "-v") if event["event"] == "request"]

    paths = [(event["method"], event["path"], event["status"]) for event in found]
    assert sorted(each for each in paths if each[0] == "PUT") == [  # they were under way side by side
        ("PUT", f"/api/v1/User/{number}/UserPresenceStatus", 200) for number in range(1, 4)
    ]
    assert "GET" in {method for method, *_ in paths}
    assert all(event["duration_ms"] >= 0 and "?" not in event["path"] for event in found)


def test_without_v_there_is_neither(worker: Worker) -> None:
    """What a scheduler keeps by default has no line for each request."""
    assert not {name for name in names(events(worker)) if name.startswith(("request", "decision"))}


def test_decisions_with_vv(on: On) -> None:
    """A retry, a slower pace and a pause are in the log with the reason or the figure they have."""
    busy = iter([answer(429, headers={"Retry-After": "1"}), answer(500)])

    async def act(peer: Any, request: Any) -> None:
        await next(busy, echo)(peer, request)

    with raw_up(for_associates({2: act})) as server:
        worker = on(server)
        worker.read_before = "off"
        found = events(worker, "-vv")

    decided = [event for event in found if event["event"].startswith("decision.")]
    assert names(decided) == {"decision.retry", "decision.pace", "decision.pause"}
    assert {e["row"] for e in decided if e["event"] == "decision.retry"} == {2}
    assert [e["seconds"] for e in decided if e["event"] == "decision.pause"] == [1.0]
