"""Help, version and completion: each example runs as printed, and nobody waits for help."""

import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from pathlib import Path

import pytest

from presence_worker import __version__
from presence_worker.cli.lazy import COMMANDS
from presence_worker.errors import EXIT_CODES
from presence_worker.sandbox import Sandbox
from tests.run.given import WORKER, Worker, away, ended, started, wishes, write_csv

EXAMPLE = re.compile(r"^\s+presence-worker (.+)$", re.MULTILINE)
THAT_RUN = "20261123T020000Z-7f3a"  # of which help speaks
OFFERED = {  # what was typed so far: what is offered
    "": set(COMMANDS),
    "re": {"resume", "report"},
    "run --": {"--config", "--state-dir", "--base-url", "--sandbox", "--json", "--max-changes", "--help"},
    "resume --any": {"--any-age"},
    "sandbox --p": {"--port", "--people"},
}
LOADED = (
    "import sys; from presence_worker.cli.main import execute; execute(sys.argv[1:]); print(*sys.modules)"
)
HEAVY = {"aiohttp", "asyncio", "pydantic", "rich", "markupsafe", "sqlite3", "uvloop", "structlog", "tenacity"}
ELSEWHERE = {  # what few jobs need, and other commands do
    *("aiohttp.web", "babel", "cryptography", "defusedxml", "jwt", "spnego", "xml.etree.ElementTree"),
    *("presence_worker.doctor", "presence_worker.sandbox", "presence_worker.cli.progress"),
    *("presence_worker.intake.json.open_json", "presence_worker.intake.xlsx"),
}
SENDING = {"presence_worker.run.session", "uvloop"}
READING = {"presence_worker.intake", "presence_worker.check", "tenacity"}
UNUSED = {  # command: modules that it must not load
    "run": ELSEWHERE | {"presence_worker.check"},
    "check": ELSEWHERE | SENDING,
    "runs": ELSEWHERE | SENDING | READING,
    "schedule": ELSEWHERE | SENDING | READING | {"markupsafe"},
}
LIMITS = {  # command: options that leave a run for it to work on
    "resume": ("--max-failures", "0", "--concurrency", "1"),
    "report": (),
    "apply": ("--max-changes", "1"),
}


def examples(worker: Worker, command: str) -> list[str]:
    """Give the examples of a command's help, without the program's name."""
    return EXAMPLE.findall(worker.call(command, "--help").out)


@pytest.fixture
def that_run(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A target in the environment, and the files of which help speaks."""
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__BASE_URL", worker.url)
    monkeypatch.setenv("PRESENCE_WORKER_STORAGE__STATE_DIR", str(worker.state))
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_RESUME_AGE", "9999d")
    write_csv(Path("changes.csv"), away([1, 4711, 2, 3]))
    Path("changes.jsonl").write_text('{"associateId": 1, "status": "Away"}\n')
    return worker


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command: str, worker: Worker) -> None:
    """In 80 columns, with an example of that command; -h is the same."""
    helped, short = worker.call(command, "--help"), worker.call(command, "-h")

    found = EXAMPLE.findall(helped.out)
    assert (helped.code, helped.err) == (0, "")
    assert helped.out == short.out
    assert max(map(len, helped.out.splitlines())) <= 80
    assert {example.split()[0] for example in found} == {command}


def test_the_list_of_commands_tells_the_exit_codes(worker: Worker) -> None:
    """What a scheduler's author looks for is on the first page."""
    helped = worker.call("--help").out

    assert all(re.search(rf"^  {int(code)} ", helped, re.MULTILINE) for code in EXIT_CODES)
    assert all(f"\n  {name} " in helped for name in COMMANDS)
    assert max(map(len, helped.splitlines())) <= 80


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        ("run", [3, 3]),
        ("check", [0, 0]),
        ("resume", [3, 3]),
        ("report", [0, 0, 0]),
        ("runs", [0, 0, 6]),
        ("apply", [3]),
    ],
)
def test_examples_run_as_printed(command: str, codes: list[int], that_run: Worker) -> None:
    """Each of them, where there are such files and such a run."""
    if command in LIMITS:
        left = that_run("run", "changes.csv", *LIMITS[command])
        that_run.folder_of(left).rename(that_run.state / "runs" / THAT_RUN)
    found = [example for example in examples(that_run, command) if "<" not in example]

    ended = [that_run.call(*shlex.split(example)) for example in found]

    assert [each.code for each in ended] == codes


def test_an_example_with_a_pipe_runs_as_printed(that_run: Worker, sandbox: Sandbox) -> None:
    """It is a line for a shell."""
    (example,) = [example for example in examples(that_run, "run") if "<" in example]
    env = {**os.environ, "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"}

    done = subprocess.run(
        ["sh", "-c", f"presence-worker {example}"], env=env, capture_output=True, check=False
    )

    assert (done.returncode, wishes(sandbox)) == (0, [(1, "StatusNotAvailable", "")])


@pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")
def test_the_sandbox_s_examples_run_as_printed(worker: Worker) -> None:
    """Each comes up, says where it is, and leaves when told; only the port may be taken here."""
    found = [example.replace("--port 8100", "--port 0") for example in examples(worker, "sandbox")]

    with ExitStack() as up:
        processes = [up.enter_context(started(*shlex.split(example))) for example in found]
        first_lines = [process.stdout.readline() for process in processes if process.stdout]
        for process in processes:
            process.send_signal(signal.SIGINT)
        codes = [ended(process).code for process in processes]

    assert all(line.startswith("http://127.0.0.1:") for line in first_lines)
    assert len(first_lines) == len(found) > 1
    assert codes == [0] * len(found)


@pytest.mark.parametrize("start", [WORKER, (f"{sysconfig.get_path('scripts')}/presence-worker",)])
def test_it_starts_by_either_name(start: tuple[str, ...]) -> None:
    """`python -m presence_worker` is `presence-worker`, and says so."""
    done = subprocess.run([*start, "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"presence-worker, version {__version__}\n"


@pytest.mark.parametrize("typed", OFFERED)
def test_completion_offers_what_there_is(typed: str, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and options, as the shell asks for them."""
    words = f"presence-worker {typed}"
    monkeypatch.setenv("_PRESENCE_WORKER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - (not words.endswith(" "))))

    ended = worker.call()

    offered = {line.partition(",")[2] for line in ended.out.splitlines()}
    assert ended.code == 0
    assert offered >= OFFERED[typed]
    assert all(word.startswith(typed.rsplit(maxsplit=1)[-1] if typed else "") for word in offered)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_set_up_by_one_line(
    shell: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script a shell is given calls this program by its name."""
    monkeypatch.setenv("_PRESENCE_WORKER_COMPLETE", f"{shell}_source")

    ended = worker.call()

    assert ended.code == 0
    assert f"_PRESENCE_WORKER_COMPLETE={shell}_complete" in ended.out
    assert "presence-worker" in ended.out


def loaded(*words: str) -> set[str]:
    """Call a command in a process of its own; give the modules it has loaded."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", LOADED, *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["runn"]])
def test_nobody_waits_for_help(words: list[str]) -> None:
    """What only a run needs is not loaded for help, for the version, or to say that a command is none."""
    modules = loaded(*words)

    assert not modules & HEAVY
    assert "presence_worker.cli.run" not in modules


@pytest.mark.parametrize(("command", "unused"), UNUSED.items())
def test_nobody_waits_for_what_a_command_does_not_use(
    command: str, unused: set[str], worker: Worker, tmp_path: Path
) -> None:
    """Other formats, ways to sign in, languages and commands are loaded where they are used."""
    job = [str(write_csv(tmp_path / "job.csv", away([1, 2])))] if command in ("run", "check") else []

    modules = loaded(command, *job, *worker.options, "-q")

    assert f"presence_worker.cli.{command}" in modules
    assert not modules & unused
