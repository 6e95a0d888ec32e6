"""The samples of the page on the HTTP API outlive a restart of the service, also behind a proxy."""

import json
import runpy
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from tests.manual.documents import blocks
from tests.manual.http_samples import PAGE, sample
from tests.manual.test_http_samples import with_programs

PAGE_OF_NGINX = "<html>Bad Gateway</html>"
LAST = next(block.text for block in blocks(PAGE, "bash") if block.text.startswith("exit "))
SCRIPT = f"set -e\n{sample('send').bash}{sample('wait').bash}{LAST}"


class Said(NamedTuple):
    """What the other side says to one request; without a status it breaks the connection off."""

    status: int | None = None
    body: str = ""


def job(state: str, exit_code: int | None = None) -> Said:
    """Give the answer about a job."""
    form = {"job": "000001-a", "state": state, "exit_code": exit_code, "run_id": "R", "headline": "Done."}
    return Said(202 if state == "waiting" else 200, json.dumps(form))


AWAY = [Said(), Said(502, PAGE_OF_NGINX), Said(503, "{}"), Said(504, PAGE_OF_NGINX)]
RESTART = [*AWAY, job("waiting"), job("working"), *AWAY, job("finished", 3)]
TURNED_AWAY = Said(401, '{"detail": "The token is missing or wrong"}')


@contextmanager
def saying(answers: list[Said]) -> Iterator[str]:
    """Serve these answers, one after another."""
    rest = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = next(rest)
            if said.status:
                self.send_response(said.status)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
    assert next(rest, None) is None  # all were asked for


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a job, and a token."""
    (tmp_path / "changes.csv").write_text(blocks(PAGE, "csv")[0].text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESENCE_TOKEN", "pw_x")
    monkeypatch.setenv("JOB", "000001-a")
    return tmp_path


def script(url: str) -> "subprocess.CompletedProcess[str]":
    """Run the script of the page; nobody waits for a test."""
    command = f"export PRESENCE_URL={url}\nsleep() {{ :; }}\n{SCRIPT}"
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)


@with_programs
@pytest.mark.usefixtures("desk")
def test_the_script_goes_on_after_a_restart() -> None:
    """It sends until the job is taken, asks until it has ended, and gives the exit code of the run."""
    with saying(RESTART) as url:
        ended = script(url)

    assert ended.returncode == 3
    assert ended.stdout.splitlines() == ["job 000001-a", "finished, exit code 3, run R", "Done."]


@with_programs
@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("answers", [[TURNED_AWAY], [job("waiting"), TURNED_AWAY]])
def test_the_script_has_no_false_exit_code(answers: list[Said]) -> None:
    """A refused request is shown, nothing is asked for again, and 99 is the exit code of no run."""
    with saying(answers) as url:
        ended = script(url)

    assert ended.returncode == 99
    assert "The token is missing or wrong" in ended.stderr
    assert "null" not in ended.stdout


@with_programs
@pytest.mark.usefixtures("desk")
def test_a_cancelled_job_has_no_exit_code() -> None:
    """The script does not take it for a success."""
    with saying([job("waiting"), job("cancelled")]) as url:
        assert script(url).returncode == 99


@pytest.fixture
def program(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Give a way to run a sample in Python; nobody waits for a test."""

    def run(name: str, url: str) -> None:
        monkeypatch.setenv("PRESENCE_URL", url)
        text = sample(name).python.replace("sleep(10)", "sleep(0)").replace("sleep(5)", "sleep(0)")
        (desk / "sample.py").write_text(text)
        runpy.run_path("sample.py")

    return run


def test_python_goes_on_after_a_restart(
    program: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both programs ask again."""
    with saying(RESTART) as url:
        program("send", url)
        program("wait", url)

    assert capsys.readouterr().out.splitlines() == [
        "job 000001-a",
        "finished, exit code 3, run R",
        "Done.",
    ]


def test_python_does_not_repeat_what_is_refused(program: Callable[[str, str], None]) -> None:
    """A wrong token stays wrong."""
    with saying([TURNED_AWAY]) as url, pytest.raises(OSError, match="401"):
        program("send", url)


@pytest.mark.parametrize("name", ["send", "wait"])
def test_each_language_repeats_the_same(name: str) -> None:
    """The same status codes, as often, after the same pause; each request of PowerShell is repeated."""
    ours = sample(name)
    parts = ("408", "429", "502", "503", "504", "60", "10")

    assert all(part in sample("send").bash and part in ours.python for part in parts)
    assert all(part in sample("send").powershell for part in parts)
    assert ours.powershell.count("Invoke-RestMethod") == ours.powershell.count("Invoke-Again {")
