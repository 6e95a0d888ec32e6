"""The samples of the page on the HTTP API work, in bash and in Python, against a real service."""

import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from typing import NamedTuple

import pytest

from presence_worker.settings.origin import PREFIX
from tests.manual.documents import ROOT, blocks, table
from tests.manual.http_samples import PAGE, sample, samples
from tests.serve.outside.served import sandboxed

SECRET = "whsec_c2FtcGxlIG9mIHRoZSBtYW51YWwsIDMyIGI="
SETTINGS = {  # nobody waits for a test
    f"{PREFIX}SERVE__WEBHOOK_SECRET": SECRET,
    f"{PREFIX}DELIVERY__RATE": "1000",
    f"{PREFIX}DELIVERY__BURST": "100",
}
COMMENT = "Back on 4 January"  # of the file on the page
KEY = "import-47"  # how all keys of the samples begin
JOBS, RUNS = re.compile(r"job \S+$", re.MULTILINE), re.compile(r"run \S+$", re.MULTILINE)
NEEDED = [name for name in ("curl", "jq", "openssl") if shutil.which(name) is None]
with_programs = pytest.mark.skipif(bool(NEEDED), reason=f"{NEEDED} are not installed")


class Served(NamedTuple):
    """Where a service is, what lets one in, and its folder."""

    url: str
    token: str
    folder: Path


class Step(NamedTuple):
    """A sample that a reader types, with what the text asks to change in it."""

    name: str
    changes: Sequence[tuple[str, str]] = ()


WAY = (  # of a reader through the page
    Step("send"),
    Step("wait"),
    Step("send", (("changes.csv", "config/examples/messy.csv"), ("Onboarding", "Onboarding&plan=true"))),
    Step("wait"),
    Step("approve"),
    Step("wait"),
    Step("rows"),
    Step("signed"),
)
EXPECTED = [
    "job J",
    "finished, exit code 0, run R",
    "All 2 rows done.",
    "job J",
    "planned, exit code 0, run R",
    "",
    "",
    "job J",
    "finished, exit code 3, run R",
    "85 of 94 rows done. 9 need attention",
    "job J",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service as the first lines of the page start it."""
    folder = tmp_path_factory.mktemp("service")
    with sandboxed(folder, SETTINGS) as (url, token):
        yield Served(url, token, folder)


@pytest.fixture
def desk(service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the reader has it, and a terminal with the variables of the page."""
    (tmp_path / "changes.csv").write_text(blocks(PAGE, "csv")[0].text)
    shutil.copytree(ROOT / "config" / "examples", tmp_path / "config" / "examples")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sleep").write_text("#!/bin/sh\nexec /bin/sleep 0.05\n")  # nobody waits for a test
    (tmp_path / "bin" / "sleep").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRESENCE_URL", service.url)
    monkeypatch.setenv("PRESENCE_TOKEN", service.token)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(text: str, step: Step, number: int, language: str) -> str:
    """Return a sample as a reader types it at this step: with a key of its own."""
    for was, now in step.changes:
        text = text.replace(was, now)
    return re.sub(rf"{KEY}\d+", f"{language}-{number}", text)


def shown(output: str) -> list[str]:
    """Return what was printed, without IDs, as far as it is expected."""
    lines = RUNS.sub("run R", JOBS.sub("job J", output)).splitlines()
    return [line[: len(wanted)] for line, wanted in zip(lines, EXPECTED, strict=True)]


def printed_by(*command: str) -> str:
    """Run a program that must succeed without a word on standard error; return what it printed."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@with_programs
def test_bash_samples_work(desk: Path) -> None:
    """All samples, typed one after another in one terminal, do what the page says."""
    script = "".join(changed(sample(step.name).bash, step, number, "bash") for number, step in enumerate(WAY))

    said = printed_by("bash", "-euo", "pipefail", "-c", script)

    assert shown(said) == EXPECTED
    assert "_reason" in (desk / "failed.csv").read_text("utf-8-sig")


def test_python_samples_work(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The samples in Python do the same, each as a program that gets JOB or RUN."""
    printed = ""
    for number, step in enumerate(WAY):
        text = changed(sample(step.name).python, step, number, "python").replace("sleep(5)", "sleep(0.05)")
        (desk / "sample.py").write_text(text)
        runpy.run_path("sample.py")
        printed += capsys.readouterr().out
        for name, value in re.findall(r"\b(job|run) (\S+)$", printed, re.MULTILINE):
            monkeypatch.setenv(name.upper(), value)

    assert shown(printed) == EXPECTED
    assert "_reason" in (desk / "failed.csv").read_text("utf-8-sig")


@with_programs
def test_events_are_sent(service: Served, desk: Path) -> None:
    """The command that watches shows the state at once, and is the only one without a twin."""
    known = {each.bash for each in samples()}
    (alone,) = [text for _, text in blocks(PAGE, "bash") if text not in known and "curl" in text]

    auth = 'auth="Authorization: Bearer $PRESENCE_TOKEN"'
    said = printed_by("bash", "-c", f"{auth}\n{alone.replace('--max-time 3', '--max-time 0.3')}")

    assert "event: state" in said
    assert service.token not in said
    assert desk.exists()


@with_programs
def test_what_is_stored_and_logged_stands_on_the_page(service: Served, desk: Path) -> None:
    """Each folder of the state directory has its line on the page security; no one else reads it."""
    printed_by("bash", "-euo", "pipefail", "-c", sample("send").bash + sample("wait").bash)
    places = " ".join(cells[0] for cells in table("security", "place | has | until"))
    named = {*re.findall(r"`(\S+?)[/`]", places)}

    state = service.folder / "state"
    loose = [path for path in state.rglob("*") if path.stat().st_mode & (S_IRWXG | S_IRWXO)]
    unnamed = {path.name for path in state.iterdir() if path.suffix != ".lock"} - named
    log = (service.folder / "serve.log").read_text()

    assert (loose, unnamed) == ([], set())
    assert "job.ended" in log
    assert [words for words in (service.token, SECRET, COMMENT) if words in log] == []
    assert COMMENT in (desk / "changes.csv").read_text()
