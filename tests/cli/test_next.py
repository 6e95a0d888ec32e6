"""The next command works as printed: from anywhere, in a shell, with all it needs."""

import os
import shlex
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from presence_worker.cli.lazy import COMMANDS
from presence_worker.command_options import USED
from presence_worker.journal import target_lock
from presence_worker.sandbox import Sandbox
from tests.run.given import FAST, Ended, Worker, away, called, next_words, wishes, write_csv
from tests.run.test_resume import age

ODD = 'it\'s "here" & $HOME'
EVERY = ("--rate", "99999", "--concurrency", "3", "--max-failures", "7", "--read-before", "off")


@pytest.fixture
def odd(worker: Worker, tmp_path: Path) -> Worker:
    """Somebody whose folders have names that a shell would take apart."""
    worker.folder = tmp_path / ODD
    worker.folder.mkdir()
    worker.state = worker.folder / "the state"
    return worker


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "the job.csv", away(numbers or [1, 2, 3]))


def half_wrong(worker: Worker) -> Path:
    return write_csv(worker.folder / "the job.csv", [("x", "Away", ""), (1, "Away", "")])


def held(worker: Worker) -> Ended:
    return worker("run", job(worker), "--max-changes", "1")


def refused(worker: Worker) -> Ended:
    return worker("run", half_wrong(worker), "--max-invalid", "0")


def incomplete(worker: Worker) -> Ended:
    return worker("run", job(worker, 1, 4711))


def stopped(worker: Worker) -> Ended:
    return worker("run", job(worker, 1, 4711, 2, 3), "--max-failures", "0", "--concurrency", "1")


def too_old(worker: Worker) -> Ended:
    age(worker.folder_of(stopped(worker)))
    return worker("resume")


def locked(worker: Worker) -> Ended:
    with target_lock(worker.url, worker.state):
        return worker("run", job(worker))


def checked(worker: Worker) -> Ended:
    return worker("check", half_wrong(worker), "--max-invalid", "none")


ENDINGS: dict[Callable[[Worker], Ended], tuple[int, int]] = {  # its exit code, and that of the next command
    held: (5, 0),
    refused: (4, 4),
    incomplete: (3, 3),
    stopped: (6, 3),
    too_old: (2, 3),
    locked: (7, 0),
    checked: (3, 3),
}


@pytest.mark.parametrize("end", ENDINGS)
def test_it_works_from_another_directory(
    end: Callable[[Worker], Ended], odd: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the ending, spaces and quotes in paths, and wherever we are by then."""
    code, then = ENDINGS[end]
    ended = end(odd)
    monkeypatch.chdir("/")

    following = odd.follow(ended)

    assert (ended.code, following.code) == (code, then)
    assert ended.err.splitlines()[-1] == f"Next: {ended.summary['next']}"


def test_it_works_in_a_real_shell(odd: Worker, sandbox: Sandbox) -> None:
    """The line as it stands on standard error, given to sh."""
    line = held(odd).err.splitlines()[-1].removeprefix("Next: ")
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["sh", "-c", line], env={**os.environ, "PATH": path}, cwd="/", capture_output=True, check=False
    )

    assert (done.returncode, len(wishes(sandbox))) == (0, 3)


def test_it_repeats_what_it_needs(odd: Worker) -> None:
    """Where and how to work is repeated, paths in full; what was said of the input or the output is not."""
    Path("settings.toml").write_text("[safety]\nmax_changes = 1\n")
    ended = odd.call(
        *("run", str(job(odd)), "--config", "settings.toml", "--state-dir", "here", "--base-url", odd.url),
        *(*EVERY, "--format", "csv", "--no-progress", "-v", "--json"),
    )

    words = next_words(ended)

    given = ["--config", str(Path("settings.toml").absolute()), "--state-dir", str(Path("here").absolute())]
    assert words == ["apply", ended.summary["run_id"], *given, "--base-url", odd.url, *EVERY]


@pytest.mark.parametrize("command", ["run", "check"])
def test_it_repeats_how_to_read_the_job(command: str, worker: Worker) -> None:
    """Where the same job is to be read again, it is read in the same way and by the same limit."""
    options = ["--format", "csv", "--delimiter", "tab", "--encoding", "cp1252", "--max-invalid", "0"]
    path = write_csv(worker.folder / "job.csv", [("x", "Away", "")], "\t")
    ended = worker(command, path, *options)

    again = worker.follow(ended)

    assert (ended.code, again.code) == (4, 4)
    assert next_words(ended)[0:2] == ["check", str(path)]
    assert set(options) <= set(next_words(ended))


def test_the_sandbox_stays_the_sandbox(worker: Worker) -> None:
    """Who rehearses is not sent to the real service by the next command."""
    options = ("--sandbox", "--state-dir", str(worker.state), *FAST, "--json")
    ended = worker.call("run", str(job(worker)), *options, "--max-changes", "1")

    following = worker.follow(ended)

    assert "--sandbox" in next_words(ended)
    assert (ended.code, following.code) == (5, 0)


def test_a_configuration_of_the_environment_is_named(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next command is perhaps typed where the scheduler's variable is not set."""
    Path("settings.toml").write_text(f"[target]\nbase_url = '{worker.url}'\n[safety]\nmax_changes = 1\n")
    monkeypatch.setenv("PRESENCE_WORKER_CONFIG", "settings.toml")
    ended = worker.call("run", str(job(worker)), *FAST, "--json")
    monkeypatch.delenv("PRESENCE_WORKER_CONFIG")
    monkeypatch.chdir("/")

    following = worker.follow(ended)

    assert (ended.code, following.code) == (5, 0)


@pytest.mark.parametrize("variable", ["PRESENCE_WORKER_STORAGE__STATE_DIR", "XDG_STATE_HOME"])
@pytest.mark.parametrize("place", ["the state", "relative/state"])
def test_a_state_directory_of_the_environment_is_named(
    variable: str, place: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is found from a shell, or a folder, in which the scheduler's variable is not set."""
    path = place if variable.startswith("PRESENCE") else str(worker.folder / place)
    monkeypatch.setenv(variable, path)
    where = ("--base-url", worker.url, *FAST, "--json")
    ended = worker.call("run", str(job(worker)), *where, "--max-changes", "1")
    monkeypatch.delenv(variable)
    monkeypatch.chdir("/")

    following = worker.follow(ended)

    assert (ended.code, following.code) == (5, 0)


def test_a_target_of_the_environment_is_named(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likewise the address; a rehearsal stays one."""
    monkeypatch.setenv("presence_worker_target__BASE_URL", worker.url)
    where = ("--state-dir", str(worker.state), *FAST, "--json", "--max-changes", "1")
    ended = worker.call("run", str(job(worker)), *where)
    rehearsed = worker.call("run", str(job(worker)), *where, "--sandbox")
    monkeypatch.delenv("presence_worker_target__BASE_URL")

    following = worker.follow(ended)

    assert (ended.code, following.code, len(wishes(sandbox))) == (5, 0, 3)
    assert "--base-url" not in next_words(rehearsed)


def test_the_same_command_works_from_elsewhere(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are given in full, and what came from the environment is named."""
    write_csv(Path("job.csv"), away([1, 2]))
    Path("etc").mkdir()
    Path("etc/settings.toml").write_text(f"[target]\nbase_url = '{worker.url}'\n")
    monkeypatch.setenv("PRESENCE_WORKER_CONFIG", "etc/settings.toml")
    with target_lock(worker.url, worker.state):
        ended = worker.call("run", "job.csv", "--state-dir", "state", *FAST, "--json")
    monkeypatch.delenv("PRESENCE_WORKER_CONFIG")
    monkeypatch.chdir("/")

    following = worker.call(*next_words(ended))

    assert (ended.code, following.code) == (7, 0)


def test_the_same_command_after_a_fault_of_the_configuration(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the file is corrected it works, wherever it is typed."""
    write_csv(Path("-job.csv"), away([1, 2]))
    config = worker.folder / "settings.toml"
    config.write_text(f"[target]\nbase_ulr = '{worker.url}'\n")
    monkeypatch.setenv("PRESENCE_WORKER_CONFIG", str(config))
    monkeypatch.setenv("PRESENCE_WORKER_STORAGE__STATE_DIR", "state")
    ended = worker.call("run", *FAST, "--json", "--", "-job.csv")
    monkeypatch.delenv("PRESENCE_WORKER_CONFIG")
    monkeypatch.delenv("PRESENCE_WORKER_STORAGE__STATE_DIR")
    monkeypatch.chdir("/")
    config.write_text(f"[target]\nbase_url = '{worker.url}'\n")

    following = worker.call(*next_words(ended))

    assert (ended.code, following.code) == (2, 0)
    assert f"{config}, line 2: target.base_ulr: no such setting" in ended.summary["message"]
    assert (worker.folder / "state" / "runs").is_dir()


def test_a_configuration_below_xdg_config_home_is_named(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That variable, too, may be set in this shell alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(worker.folder / "etc"))
    config = worker.folder / "etc" / "presence-worker" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[target]\nbase_url = '{worker.url}'\n[safety]\nmax_changes = 1\n")
    ended = worker.call("run", str(job(worker)), "--state-dir", str(worker.state), *FAST, "--json")
    monkeypatch.delenv("XDG_CONFIG_HOME")

    following = worker.follow(ended)

    assert (ended.code, following.code) == (5, 0)


def test_a_configuration_in_its_usual_place_need_not_be_named(worker: Worker) -> None:
    """Found from everywhere, it only makes the line longer."""
    config = Path.home() / ".config" / "presence-worker" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[safety]\nmax_changes = 1\n")
    ended = worker("run", job(worker))

    following = worker.follow(ended)

    assert (ended.code, following.code) == (5, 0)
    assert "--config" not in ended.summary["next"]


@pytest.mark.parametrize(
    ("command", "text", "words"),
    [("check", "associateId,status\nx,Away\n", ("--max-invalid", "0")), ("run", "", ())],
)
def test_what_came_through_a_pipe_is_to_be_fed_again(
    command: str, text: str, words: tuple[str, ...], worker: Worker
) -> None:
    """There is no file to name: the message says what to do, and the command waits for it."""
    ended = called(command, "-", *worker.options_of(command), *words, "--json", text=text)

    assert ended.code == 4
    assert ended.summary["message"].endswith(". Feed the corrected job on standard input again.")
    assert next_words(ended)[:2] == ["check", "-"]


def test_who_was_locked_out_feeds_it_again(worker: Worker) -> None:
    """The pipe is empty by then."""
    with target_lock(worker.url, worker.state):
        ended = worker("run", "-")

    assert ended.code == 7
    assert ended.summary["message"].endswith(". Feed the job on standard input again.")
    assert next_words(ended)[:2] == ["run", "-"]


def test_a_job_whose_name_looks_like_an_option(worker: Worker) -> None:
    """It is named in full, so that the next command does not take it for one."""
    Path("--json.csv").write_text("associateId,status\nx,Away\n")
    ended = worker.call("run", *worker.options, "--max-invalid", "0", "--json", "--", "--json.csv")

    following = worker.follow(ended)

    assert (ended.code, following.code) == (4, 4)
    assert shlex.quote(str(Path("--json.csv").absolute())) in ended.summary["next"]


@pytest.mark.parametrize(
    "option", [("--concurrency", "many"), ("--max-changes", "5x"), ("--encoding", "utf-99")], ids=str
)
def test_an_option_that_cannot_work_is_not_named_again(option: tuple[str, str], worker: Worker) -> None:
    """The same command again would end the same way: its help says what an option takes."""
    ended = worker("run", job(worker), *option)

    assert (ended.code, ended.summary["next"]) == (2, "presence-worker run --help")
    assert ended.summary["message"].startswith(f"option {option[0]}: ")


@pytest.mark.parametrize("command", ["run", "plan", "schedule", "doctor", "resume"])
def test_no_password_in_an_address_is_repeated(command: str, worker: Worker) -> None:
    """It does not belong there, and must not get into the mail that a scheduler sends."""
    words = [job(worker)] if command in ("run", "plan") else []

    refused = worker.call(
        command, *map(str, words), "--base-url", "https://u:hunter2@x.example/a@b", "--json"
    )

    assert refused.code == 2
    assert "hunter2" not in refused.out + refused.err
    assert "https://x.example/a@b" in refused.summary["next"]


ADDRESSES = (
    "https://crm.example/SO?token=s3cr3t",
    "https://crm.example/SO#s3cr3t",
    "https://s3cr3t@crm.example/SO",
    "https://me:s3cr3t@crm.example/SO",
    "crm.example/SO?token=s3cr3t",
    "me:s3cr3t@crm.example",
)
ON_A_TARGET = [name for name in COMMANDS if name in USED]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("command", ON_A_TARGET)
@pytest.mark.parametrize("json", [("--json",), ()], ids=["json", "words"])
def test_no_secret_in_an_address_is_printed(
    command: str, address: str, json: tuple[str, ...], worker: Worker
) -> None:
    """It is refused before anything happens, and what is printed has neither query nor user."""
    words = [str(job(worker))] if command in ("run", "plan", "check") else []
    words = ["last"] if command in ("apply", "undo", "report") else words
    words = ["status"] if command == "fleet" else words

    refused = worker.call(command, *words, "--base-url", address, *json)
    joined = worker.call(command, *words, f"--base-url={address}", *json)

    assert (refused.code, joined.code) == (2, 2)
    assert "target.base_url: give only host and path there" in refused.out + refused.err
    assert "s3cr3t" not in refused.out + refused.err + joined.out + joined.err


@pytest.mark.parametrize("name", ["TARGET__BASE_URL", "AUTH__LOGIN_URL", "TARGET__PROXY"])
@pytest.mark.parametrize("command", ["run", "check", "doctor", "runs"])
def test_wherever_the_address_comes_from(
    name: str, command: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused by the setting's name; the same command works once that is corrected."""
    monkeypatch.setenv(f"PRESENCE_WORKER_{name}", "https://crm.example/?token=s3cr3t")
    setting = name.lower().replace("__", ".")
    words = [str(job(worker))] if command in ("run", "check") else []

    refused = worker.call(command, *words, "--json")

    assert refused.code == 2
    assert f"{setting}: give only " in refused.out
    assert "s3cr3t" not in refused.out + refused.err
    assert next_words(refused)[0] == command


@pytest.mark.parametrize(
    "words",
    [
        ("run", "job.csv", "https://crm.example/?token=s3cr3t"),
        ("https://crm.example/?token=s3cr3t",),
        ("run", "job.csv", "--bse-url=https://crm.example/?token=s3cr3t"),
        ("run", "--config", "https://me:s3cr3t@crm.example/", "job.csv"),
    ],
    ids=str,
)
def test_an_address_in_the_wrong_place_is_not_repeated(words: tuple[str, ...], worker: Worker) -> None:
    """A misplaced word is quoted in the error, but for what may be a secret in it."""
    refused = worker.call(*words, "--json")

    assert refused.code == 2
    assert "s3cr3t" not in refused.out + refused.err


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_an_address_that_is_none_is_not_named_again(command: str, worker: Worker) -> None:
    """The same option cannot work."""
    words = [str(job(worker))] if command == "run" else []

    refused = worker.call(command, *words, "--base-url", "crm.example", "--json")

    assert (refused.code, refused.summary["next"]) == (2, f"presence-worker {command} --help")


@pytest.mark.parametrize("command", ["run", "plan", "check"])
def test_an_address_is_no_job_and_is_not_repeated(command: str, worker: Worker) -> None:
    """It is said to be none before anything is read or kept: it may have a key to the file in it."""
    ended = worker(command, "https://files.example.com/leave.csv?sig=s3cr3t")

    assert (ended.code, ended.summary["next"]) == (2, f"presence-worker {command} --help")
    assert ended.summary["message"].startswith("JOB: an address, where a file is expected; fetch it first")
    assert "s3cr3t" not in ended.out + ended.err
    assert not (worker.state / "runs").exists()
