"""`--json`: exactly one object on standard output, whatever comes of the command."""

import json
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.run.given import PASSWORD, Worker, away, wishes, write_csv

USAGE = {  # words: what is said of them
    ("run",): "Missing argument 'JOB'",
    ("run", "a.csv", "b.csv"): "unexpected extra argument",
    ("run", "a.csv", "--nonsense"): "No such option '--nonsense'",
    ("check",): "Missing argument 'JOB'",
    ("apply",): "Missing argument 'RUN'",
    ("report",): "Missing argument 'RUN'",
    ("resume", "a", "b"): "unexpected extra argument",
    ("runs", "all"): "unexpected extra argument",
    ("runn", "a.csv"): "No such command 'runn'",
    ("sandbox", "--port", "1"): "No such option '--json'",
    ("run", "a.csv", "--quiet=yes"): "does not take a value",
    (): "No such option '--json'",
}
EVENTS = ["run.staging", "run.delivering", "row.rejected", "run.ended"]
SETTINGS = {  # of a configuration file: what is said of it
    "": "no SuperOffice is set",
    "[target]\nbase_url = 'http://crm.example.com'\n": "readable for others on the network",
    "[target\n": "not valid TOML",
    "[delivery]\nrate = 0\nspeed = 1\n[x]\n": "delivery.speed: no such setting",
    "[storage]\nkeep = 'long'\n": "storage.keep",
    "[auth]\nscheme = 'bearer'\n[target]\nbase_url = 'https://x.example.com'\n": "auth.token: not set",
    "[target]\nca_file = 'nowhere'\nbase_url = 'https://x.example.com'\n": "target.ca_file",
}


@pytest.mark.parametrize("words", USAGE)
def test_a_command_that_cannot_be_meant(words: tuple[str, ...], worker: Worker) -> None:
    """Exit 2 with one object; the next command shows what can be meant, and is also on standard error."""
    ended = worker.call(*words, "--json")

    summary = ended.summary
    helped = worker.call(*summary["next"].split()[1:])
    assert (ended.code, summary["exit_code"], summary["state"], summary["run_id"]) == (2, 2, "refused", None)
    assert USAGE[words] in summary["message"]
    assert ended.err.splitlines()[-1] == f"Next: {summary['next']}"
    assert summary["next"].endswith(" --help")
    assert (helped.code, helped.out.startswith("Usage: presence-worker ")) == (0, True)


def test_without_any_command_help_is_shown(worker: Worker) -> None:
    """For people, on standard error, for nothing was done; it is a usage error all the same."""
    ended = worker.call()

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: presence-worker ")
    assert ended.err.endswith(
        "presence-worker: no command given\n"
        "Help: presence-worker manual commands\n"
        "Next: presence-worker --help\n"
    )


@pytest.mark.parametrize("text", SETTINGS)
@pytest.mark.parametrize("command", ["run", "resume"])
def test_settings_that_cannot_work(command: str, text: str, worker: Worker) -> None:
    """Exit 2, telling the setting and its place; nothing is stored."""
    config = worker.folder / "settings.toml"
    config.write_text(text)
    words = [*{"run": ["run", "x"]}.get(command, [command]), "--config", str(config)]
    words += ["--state-dir", str(worker.state), "--json"]

    ended = worker.call(*words)

    assert (ended.code, ended.summary["state"]) == (2, "refused")
    assert SETTINGS[text] in ended.summary["message"]
    assert ended.summary["next"] == f"presence-worker {' '.join(words)}"
    assert not worker.state.exists()


def test_all_problems_are_told_at_once(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options, variables and the file: whoever mends them sees them all, each with its place."""
    config = worker.folder / "settings.toml"
    config.write_text("[delivery]\nattempts = 0\n[input]\nstatuses = { Sjuk = 'Away' }\n")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "half")

    ended = worker("run", "job.csv", "--config", config, "--max-invalid", "some")

    places = {line.partition(": ")[0] for line in ended.summary["message"].splitlines()}
    assert places == {
        f"{config}, line 2",
        f"{config}, line 4",
        "PRESENCE_WORKER_SAFETY__MAX_CHANGES",
        "option --max-invalid",
    }


def test_a_configuration_file_that_is_named_must_exist(worker: Worker) -> None:
    """It is not looked for elsewhere in silence."""
    ended = worker("runs", "--config", "nowhere.toml")

    assert (ended.code, ended.summary["message"]) == (2, "configuration file nowhere.toml: no such file")


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_job_that_cannot_be_read(command: str, worker: Worker) -> None:
    """A refusal is an object like any other."""
    ended = worker(command, "nowhere.csv")

    assert (ended.code, ended.summary["state"], ended.summary["exit_code"]) == (4, "refused", 4)


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_everything_else_is_on_standard_error(words: tuple[str, ...], worker: Worker) -> None:
    """The log beside the object, and beside the words for people, does not mix with them."""
    job = write_csv(worker.folder / "job.csv", away([1, 4711]))

    ended = worker.call("run", str(job), *worker.options, *words)

    *log, page, following = ended.err.splitlines()
    events = [json.loads(line)["event"] for line in log]
    assert ended.out.startswith("{" if words else "1 of 2 ")
    assert [event for event in events if event in EVENTS] == EVENTS
    assert following.startswith("Next: presence-worker run ")
    assert page == "Help: presence-worker manual results-and-reasons"


def test_a_run_that_is_done_leaves_only_the_log(worker: Worker) -> None:
    """Under a scheduler, standard error has JSON lines and nothing else; with -q it has nothing."""
    job = write_csv(worker.folder / "job.csv", away([1, 2]))

    ended = worker("run", job)
    quiet = worker.call("run", str(job), *worker.options, "-q")

    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {line["level"] for line in lines} <= {"info", "warning"}
    assert [line["event"] for line in lines][-1] == "run.ended"
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_runs_are_one_object_too(worker: Worker, sandbox: Sandbox) -> None:
    """The list of runs is one object, whose entries are summaries."""
    worker("run", write_csv(worker.folder / "job.csv", away([1])))

    ended = worker("runs")

    (run,) = ended.summary["runs"]
    assert (run["state"], run["exit_code"], run["counts"]["updated"]) == ("finished", 0, 1)
    assert (run["target"], len(wishes(sandbox))) == (sandbox.url, 1)


def test_an_object_is_one_line_of_readable_text(worker: Worker, tmp_path: Path) -> None:
    """Plain JSON, in which other letters are letters, and no secret is."""
    job = write_csv(tmp_path / "blåbær.csv", away([1]))

    ended = worker("run", job)

    assert ended.out.count("\n") == 1
    assert f'"name":"{job}"' in ended.out
    assert PASSWORD not in ended.out
