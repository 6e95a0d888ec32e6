"""Health, events, figures and the description of the interface, as monitors and pages read them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.campaigns.size import waits_long

from .raw_client import Line, once, request_bytes
from .served import Outside, Place, csv_job, serving

MakePlace = Callable[..., Place]


def events(line: Line) -> Iterator[tuple[str, Any]]:
    """Yield server-sent events, comments as `:`; data as JSON."""
    text = b""
    while True:
        data = line.some()
        if not data:
            return
        text += data
        while b"\n\n" in text:
            block, _, text = text.partition(b"\n\n")
            yield _event(_unchunked(block.decode("utf-8")))


def _unchunked(block: str) -> list[str]:
    """Leave out the sizes of chunks: no line of an event looks like one."""
    return [each.strip("\r") for each in block.splitlines() if ":" in each]


def _event(lines: list[str]) -> tuple[str, Any]:
    fields = {name: value.removeprefix(" ") for name, _, value in (each.partition(":") for each in lines)}
    if "data" not in fields:
        return ":", None
    return fields.get("event", "message"), json.loads(fields["data"])


def watch(service: Outside, name: str) -> Line:
    """Begin to watch."""
    line, caller = Line(service.url), service.by(name)
    line.send(
        request_bytes("GET", "/api/v1/events", headers=[*caller.access, ("Accept", "text/event-stream")])
    )
    return line


def test_health_takes_any_host(served: Outside) -> None:
    """A probe names the machine as it likes."""
    answers = [
        once(served.url, "GET", path, headers=[("Host", host)])
        for path in ("/healthz", "/readyz")
        for host in ("10.0.0.7:8470", "evil.example")
    ]

    assert [answer.status for answer in answers] == [200] * 4


def test_watchers_hear_what_happens(served: Outside) -> None:
    """First the whole state; then an end is heard."""
    with watch(served, "watcher") as line:
        status, headers = line.head()
        stream = events(line)
        first = next(stream)
        path = served.by("importer").hand_in(csv_job(3), "?target=north")
        job = served.by("importer").finished(path)
        ended = next(data for kind, data in stream if kind == "ended" and job["run_id"] in json.dumps(data))

    assert status == 200
    assert dict(headers)["Content-Type"].startswith("text/event-stream")
    assert first[0] == "state"
    assert ended


def test_progress_comes_while_a_run_works(place: MakePlace) -> None:
    """About once a second there is progress, without any cell of a job."""
    slow = place()
    slow.common = slow.common.replace("rate = 5000\nburst = 100", "rate = 10")
    with serving(slow) as service, watch(service, "watcher") as line:
        line.head()
        service.by("importer").submit(csv_job(20))
        progress = next(data for kind, data in events(line) if kind == "progress")

    assert "back on" not in json.dumps(progress)


@pytest.mark.campaign  # nothing happens for 15 seconds
@waits_long
def test_a_silent_stream_says_that_it_lives(served: Outside) -> None:
    """A comment comes every 15 seconds, so that no proxy takes the stream for dead."""
    with watch(served, "watcher") as line:
        line.head()
        comment = next(kind for kind, _ in events(line) if kind == ":")

    assert comment


def test_events_keep_to_the_targets_of_a_token(served: Outside) -> None:
    """Who may read one target hears nothing of others."""
    with watch(served, "northern") as line:
        line.head()
        stream = events(line)
        heard = [next(stream)]
        for target in ("south", "north"):
            job = served.by("boss").hand_in(csv_job(1), f"?target={target}")
            served.by("boss").finished(job)
        while heard[-1][0] != "ended":
            heard.append(next(stream))

    assert "south" not in json.dumps(heard)


def test_figures_are_for_those_who_read(served: Outside) -> None:
    """`/metrics` is Prometheus' text, with the figures of the service."""
    served.by("boss").finished(served.by("boss").hand_in(csv_job(1), "?target=north"))

    metrics = served.by("watcher").get("/metrics")

    assert (metrics.status, metrics.kind) == (200, "text/plain")
    for name in (
        "last_run_exit_code",
        "jobs_waiting",
        "oldest_job_waiting_seconds",
        "messages_undelivered",
        "http_requests_total",
        "build_info",
    ):
        assert f"\npresence_worker_{name}" in metrics.text, name


def test_the_interface_describes_itself(served: Outside) -> None:
    """`/openapi.json` needs no token and has every documented path."""
    described = served.by(None).get("/openapi.json").json["paths"]

    paths = {path.replace("{job}", "{}").replace("{run}", "{}") for path in described}
    assert paths >= {
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/jobs",
        "/api/v1/jobs/{}",
        "/api/v1/runs",
        "/api/v1/runs/{}",
        "/api/v1/runs/{}/stop",
        "/api/v1/runs/{}/apply",
        "/api/v1/runs/{}/resume",
        "/api/v1/runs/{}/undo",
        "/api/v1/runs/{}/report.html",
        "/api/v1/runs/{}/failed.csv",
        "/api/v1/events",
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/nothing", "/sign-in"])
def test_nobody_learns_what_serves(served: Outside, path: str) -> None:
    """No answer has a `Server` header."""
    assert once(served.url, "GET", path).header("Server") is None
