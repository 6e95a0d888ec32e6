"""Attack: names that lead out of the folder in which they are written or read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .raw_client import Line, multipart
from .served import Outside, Place, csv_job, serving

MakePlace = Callable[..., Place]
NAMES = (
    "../../../../evil.csv",
    "..\\..\\..\\evil.csv",
    "/tmp/evil.csv",
    "C:\\Windows\\evil.csv",
    "\\\\server\\share\\evil.csv",
    "..",
    ".",
    "",
    "...",
    "a/../../evil.csv",
    "evil\x00.csv",
    "%2e%2e%2fevil.csv",
    "con",
    "aux.csv",
    "~root",
    ".bashrc",
    "a" * 300 + ".csv",
    "job.json",
    "-rf.csv",
    "$(touch evil).csv",
    "evil.csv ",
    "evil\u202evsc.csv",
)


def everything(folder: Path) -> set[str]:
    """Give all files around a service, but for its own folders and logs."""
    own = ("state", "home", "serve.log")
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return {str(path) for path in paths if path.parts[0] not in own}


@pytest.mark.campaign  # many runs
def test_names_of_jobs_stay_in_their_folder(place: MakePlace) -> None:
    """Whatever a file is called, by X-Filename or in a form: nothing is written elsewhere."""
    somewhere = place(max_waiting=1000)
    with serving(somewhere) as service:
        before, importer = everything(somewhere.folder), service.by("importer")
        answers = [importer.submit(csv_job(1), "", [("X-Filename", latin(name))]) for name in sendable()]
        for name in NAMES:
            kind, body = multipart(("file", name, csv_job(1)))
            answers.append(importer.submit(body, "", [("Content-Type", kind)]))
        taken = [answer for answer in answers if answer.status == 202]
        jobs = [importer.finished(answer.header("Location") or "") for answer in taken]
        runs = [service.by("watcher").get(f"/api/v1/runs/{job['run_id']}").json for job in jobs]

    assert {answer.status for answer in answers} <= {202, 400}
    assert len(taken) >= 30
    assert everything(somewhere.folder) == before
    assert all("/" not in run["input"]["name"] and "\\" not in run["input"]["name"] for run in runs)
    assert not list(Path("/tmp").glob("evil*"))


def latin(name: str) -> str:
    """Give a name as bytes of a header are written."""
    return name.encode("utf-8").decode("latin-1")


def sendable() -> list[str]:
    """Give the names that may stand in a header at all."""
    return [name for name in NAMES if "\x00" not in name]


@pytest.mark.parametrize(
    "run",
    [
        "..",
        "../..",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cpresence-worker.toml",
        "20260101T000000Z-0000%00",
        "20260101T000000Z-0000%2f..%2f..",
        "last",
        "x" * 5000,
        "%",
        "%zz",
        "%ff%fe",
        "..;",
        "*",
        "?",
    ],
)
def test_ids_lead_nowhere(served: Outside, run: str) -> None:
    """Ids of runs and jobs are no paths: 404, or 400 where it is no address at all."""
    boss = served.by("boss")
    paths = [f"/api/v1/{kind}/{run}{rest}" for kind, rest in KINDS]

    answers = [boss.get(path) for path in paths]

    assert {answer.status for answer in answers} <= {200, 400, 404, 405, 414}
    for answer in answers:
        assert b"root:" not in answer.body
        assert b"sha256" not in answer.body or answer.kind == "application/json"
        assert answer.status != 200 or set(answer.json) <= {"jobs", "runs"}


KINDS = (
    ("runs", ""),
    ("runs", "/report.html"),
    ("runs", "/failed.csv"),
    ("runs", "/report.csv"),
    ("jobs", ""),
)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../presence_worker/cli/main.py",
        "/static/..%2f..%2fcli%2fmain.py",
        "/static/%2e%2e/%2e%2e/cli/main.py",
        "/static/....//....//etc/passwd",
        "/static/",
        "/static/..",
        "/..%2f..%2f..%2fetc/passwd",
        "/../../../../etc/passwd",
        "//etc/passwd",
        "/api/v1/runs/../../../etc/passwd",
    ],
)
def test_files_of_the_machine_are_not_served(served: Outside, path: str) -> None:
    """No path leads to a file that is not one of the few that a page needs."""
    with Line(served.url) as line:
        answer = line.ask("GET", path, headers=served.by("boss").access)

    assert answer.status in (303, 400, 401, 404, 421)
    assert b"root:" not in answer.body
    assert b"import " not in answer.body
