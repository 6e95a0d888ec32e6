"""Completion: what a shell offers, for real in bash, and with little to load."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

from presence_worker.cli.light_commands import TABLE
from presence_worker.cli.shells import SHELLS
from tests.completion import table
from tests.run.given import Worker, away, write_csv

SCRIPTS = sysconfig.get_path("scripts")
PROGRAM = f"{SCRIPTS}/presence-worker"
LOADED = """
import sys
from presence_worker.cli.main import main
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""
HEAVY = {  # what no TAB may load
    "aiohttp",
    "anyio",
    "presence_worker.cli.run",
    "presence_worker.journal",
    "presence_worker.settings",
    "pydantic",
    "structlog",
}
INTERRUPTED = """
import os, signal, sys
from presence_worker.cli import main, signals
signals.note_signals()
answer = main._answer_shell
def interrupted():
    for _ in range({signals}):
        os.kill(os.getpid(), signal.SIGINT)
    return answer()
main._answer_shell = interrupted
main.main()
"""
AT_ONCE = {  # shell: a TAB behind TYPED, which has PLACE words
    "bash": """
source <(presence-worker completion bash)
COMP_WORDS=(TYPED) COMP_CWORD=$((PLACE - 1))
_presence_worker_completion presence-worker
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "zsh": """
compdef() { : }
_describe() { print -l -- $completions_with_descriptions }
compadd() { print -l -- $completions }
eval "$(presence-worker completion zsh)"
words=(TYPED) CURRENT=PLACE
_presence_worker_completion
""",
    "fish": """
presence-worker completion fish | source
complete --do-complete 'TYPED'
""",
}
ALONE = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}  # without anybody's own configuration
SILENT = {  # shell: how its script calls the program
    "bash": "=bash_complete $1 2>/dev/null)",
    "zsh": "=zsh_complete presence-worker 2>/dev/null)",
    "fish": "COMP_CWORD=(commandline -t) presence-worker 2>/dev/null)",
    "powershell": "& presence-worker 2>$null | Where-Object { $_ } |",  # an empty value is an error there
}


def offered(worker: Worker, monkeypatch: pytest.MonkeyPatch, typed: str, shell: str = "bash") -> list[str]:
    """Give the answer to TAB behind what was typed, line by line."""
    words = f"presence-worker {typed}".split(" ")
    monkeypatch.setenv("_PRESENCE_WORKER_COMPLETE", f"{shell}_complete")
    is_power = shell == "powershell"
    monkeypatch.setenv("COMP_WORDS", "\n".join(filter(None, words)) if is_power else " ".join(words))
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    monkeypatch.setenv("COMP_INCOMPLETE", words[-1])
    ended = worker.call()
    assert (ended.code, ended.err) == (0, "")
    return ended.out.splitlines()


@pytest.fixture
def runs(worker: Worker) -> list[str]:
    """Two runs, newest first."""
    ended = [worker("run", write_csv(worker.folder / "job.csv", away([number]))) for number in (1, 2)]
    return [str(each.summary["run_id"]) for each in reversed(ended)]


def test_the_table_is_that_of_the_commands() -> None:
    """`python -m tests.completion` writes it."""
    assert TABLE.read_text("utf-8") == table()


@pytest.mark.parametrize("command", ["report", "apply", "undo", "resume"])
def test_runs_are_offered_newest_first(
    command: str, runs: list[str], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `last` before them, and those of the state directory that was typed."""
    found = offered(worker, monkeypatch, f"{command} --state-dir {worker.state} ")

    assert [line.removeprefix("plain,") for line in found] == ["last", *runs]


def test_the_configuration_may_say_where_they_are(
    runs: list[str], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for the command itself; fish shows their states, also of a run that has just ended."""
    config = worker.folder / "my.toml"
    config.write_text(f"[storage]\nstate_dir = '{worker.state}'\n")

    found = offered(worker, monkeypatch, f"report --config {config} 2", "fish")

    assert found == [f"plain,{run}\tfinished" for run in runs]


def test_targets_are_offered_by_name(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the configuration that was typed; a name that no target can have is none."""
    config = worker.folder / "my.toml"
    config.write_text("targets = 'customers'\n")
    for name in ("acme", "beta", "Beta"):
        (worker.folder / "customers").mkdir(exist_ok=True)
        (worker.folder / "customers" / f"{name}.toml").touch()

    found = [offered(worker, monkeypatch, f"run --config {config} --target {typed}") for typed in ("", "b")]

    assert found == [["plain,acme", "plain,beta"], ["plain,beta"]]


@pytest.mark.parametrize("text", ["targets = 1", "[", "storage = 1", "[storage]\nstate_dir = 'nowhere'\n"])
def test_a_broken_configuration_is_no_matter(
    text: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wants an error amid what is typed."""
    config = worker.folder / "my.toml"
    config.write_text(text)

    assert offered(worker, monkeypatch, f"report --config {config} 2") in ([], [""])


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("run --read-before ", ["plain,auto", "plain,each", "plain,query", "plain,off"]),
        ("run --sandbox --forma", ["plain,--format"]),
        ("run cha", ["file,cha"]),
        ("check --config x", ["file,x"]),
        ("apply --state-dir x", ["dir,x"]),
        ("runs --state sto", ["plain,stopped"]),
        ("manual sig", ["plain,sign-in"]),
        ("completion p", ["plain,powershell"]),
        ("schedule c", ["plain,cancel"]),
        ("undo --an", []),
    ],
)
def test_what_fits_is_offered(
    typed: str, lines: list[str], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choices of values, files, pages of the manual; no option that a command hides."""
    assert [line for line in offered(worker, monkeypatch, typed) if line] == lines


def test_powershell_gets_value_and_tooltip(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each; for files it gets nothing, and offers them itself."""
    found = offered(worker, monkeypatch, "re", "powershell")

    assert [line.split("\t")[0] for line in found] == ["resume", "report"]
    assert all(line.split("\t")[1] for line in found)
    assert offered(worker, monkeypatch, "run cha", "powershell") == [""]


@pytest.mark.parametrize("typed", ["ea", "'ea", '"ea'])
def test_powershell_says_apart_what_is_being_typed(
    typed: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last word is no value yet; it may be in quotes."""
    (found,) = offered(worker, monkeypatch, f"run --read-before {typed}", "powershell")

    assert found.split("\t")[0] == "each"


@pytest.mark.parametrize(("signals", "code"), [(1, 0), (2, 130)])
def test_ctrl_c_prints_nothing(signals: int, code: int) -> None:
    """A person who does not want to wait sees no error amid what is typed."""
    env = {**os.environ, "_PRESENCE_WORKER_COMPLETE": "bash_complete", "COMP_WORDS": "presence-worker re"}

    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(signals=signals)],
        env={**env, "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str, worker: Worker) -> None:
    """It names the program, and the variable by which the program knows what is asked."""
    ended = worker.call("completion", shell)

    assert ended.code == 0
    assert re.search(rf"_PRESENCE_WORKER_COMPLETE ?= ?'?{shell}_complete", ended.out)
    assert "presence-worker" in ended.out


@pytest.mark.parametrize(("shell", "silent"), SILENT.items())
def test_an_interrupted_tab_prints_nothing(shell: str, silent: str, worker: Worker) -> None:
    """Ctrl-C may come before the program can listen: the shell drops what Python says then."""
    assert silent in worker.call("completion", shell).out


def test_the_script_for_powershell_is_whole(worker: Worker) -> None:
    """Its parts are those that Register-ArgumentCompleter documents; brackets are closed."""
    script = worker.call("completion", "powershell").out

    assert script.startswith(
        "Register-ArgumentCompleter -Native -CommandName presence-worker -ScriptBlock {\n"
    )
    assert "param($wordToComplete, $commandAst, $cursorPosition)" in script
    assert "::new($value, $value, 'ParameterValue', $help)" in script
    assert all(script.count(left) == script.count(right) for left, right in ("{}", "()", "[]"))


@pytest.mark.parametrize("shell", AT_ONCE)
@pytest.mark.parametrize(
    ("words", "expected"),
    [("presence-worker re", {"resume", "report"}), ("presence-worker run --read-before ea", {"each"})],
)
def test_a_shell_for_real(shell: str, words: str, expected: set[str]) -> None:
    """The script is loaded, and its function called as the shell calls it."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell} there")
    script = AT_ONCE[shell].replace("TYPED", words).replace("PLACE", str(len(words.split())))
    env = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}

    command = [shell, ALONE[shell], "-c", script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert {re.split("[:\t]", line)[0] for line in done.stdout.splitlines() if line} == expected
    assert done.stderr == ""


@pytest.mark.parametrize("typed", ["", "run --", "report 2"])
def test_a_tab_loads_little(typed: str, runs: list[str], worker: Worker) -> None:
    """No command, and no library that takes long; the benchmark `earlier` has the seconds."""
    words = f"presence-worker {typed}"
    env = {"_PRESENCE_WORKER_COMPLETE": "bash_complete", "COMP_WORDS": words}
    env |= {
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "PRESENCE_WORKER_STORAGE__STATE_DIR": str(worker.state),
    }
    command = [sys.executable, "-c", LOADED]

    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=True)

    loaded = set(done.stderr.split())
    assert done.stdout.count("\n") >= len(runs)
    assert "presence_worker.cli.light_commands" in loaded
    assert loaded & HEAVY == set()
