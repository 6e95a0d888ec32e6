"""Attack: line ends and control characters in what comes from outside, for headers and for the log."""

import json
from collections.abc import Callable

import pytest

from .raw_client import Line, once
from .served import Outside, Place, csv_job, serving
from .visitor import Visitor

MakePlace = Callable[..., Place]
BREAKS = (
    "%0d%0aX-Evil: 1",
    "%0aX-Evil: 1",
    "%0d%0a%0d%0a<html>",
    "%e5%98%8a%e5%98%8dX-Evil:1",
    "%00",
    "%1b[2J",
)
PARTS = ("?target=north&label={}", "?target={}", "?target=north&plan={}", "?{}=1")


@pytest.mark.parametrize("part", PARTS)
def test_parameters_make_no_headers(served: Outside, part: str) -> None:
    """A line end in a parameter never ends a header of the answer."""
    for words in BREAKS:
        answer = served.by("importer").submit(csv_job(1), part.format(words.replace(" ", "%20")))

        assert answer.status in (202, 400)
        assert answer.header("X-Evil") is None
        assert all("\x1b" not in value for _, value in answer.headers)


@pytest.mark.parametrize("path", ["/{}", "/jobs/{}", "/runs/{}", "/sign-in?next={}", "/api/v1/runs/{}"])
def test_paths_make_no_headers(served: Outside, path: str) -> None:
    """Likewise for paths, which redirects and errors may repeat."""
    visitor = Visitor(url=served.url)
    for words in BREAKS:
        answer = visitor.get(path.format(words.replace(" ", "%20")))

        assert answer.header("X-Evil") is None
        assert answer.status < 500


def test_keys_and_names_make_no_headers(served: Outside) -> None:
    """Odd characters in Idempotency-Key and X-Filename come back in no header."""
    for words in ('a"b', "a\tb", "a;b=c", "é", "\\", "x" * 5000, 'evil"; filename="other.exe'):
        for name in ("Idempotency-Key", "X-Filename"):
            answer = served.by("importer").submit(csv_job(1), "?target=north", [(name, words)])
            assert answer.status in (202, 400, 422, 431)
            assert all("evil" not in value for _, value in answer.headers)


def test_a_bare_line_end_is_no_header(served: Outside) -> None:
    """A CR or LF within a header is refused, or is part of its value; it never makes a header of its own."""
    (_, access), *_ = served.by("boss").access
    for end in (b"\n", b"\r"):
        with Line(served.url, patience=20) as line:
            line.send(
                b"GET /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-One: a"
                + end
                + b"Authorization: "
                + access.encode()
                + b"\r\n\r\n"
            )
            data = line.some()
        assert b" 200 " not in data.split(b"\r\n")[0] or end == b"\n"


def test_the_log_has_one_line_an_event(place: MakePlace) -> None:
    """Labels, names and paths with line ends and escape sequences make no line of the log."""
    with serving(place()) as service:
        importer = service.by("importer")
        for words in BREAKS:
            label = words.replace(" ", "%20")
            importer.submit(csv_job(1), f"?label={label}", [("X-Filename", "a\x9bb.csv")])
            importer.get(f"/api/v1/jobs/{label}")
            once(service.url, "GET", f"/{label}", headers=[("User-Agent", "\x9b2J{evil}")])
        jobs = importer.get("/api/v1/jobs").json["jobs"]
        for job in jobs:
            importer.finished(f"/api/v1/jobs/{job['job']}")
        text = service.log.read_text("utf-8")

    assert "\x1b" not in text
    assert "\x9b" not in text
    assert all(json.loads(line) for line in text.splitlines())
    assert all("\n" not in job["label"] and "\x1b" not in job["label"] for job in jobs if job["label"])
