"""Several targets in one configuration: which of them a command works on."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from presence_worker.journal import JOURNAL
from presence_worker.sandbox import Sandbox
from tests.run.given import FAST, PASSWORD, Ended, Worker, away, next_words, wishes, write_csv

NAMES = ("acme", "beta", "gamma")
Targets = Callable[..., Ended]


@pytest.fixture
def common(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with three targets on one SuperOffice, each with its own file and password."""
    for name in list(os.environ):
        if name.startswith(("PRESENCE_WORKER_AUTH__", "PRESENCE_WORKER_TARGET__")):
            monkeypatch.delenv(name)
    customers = worker.folder / "customers"
    customers.mkdir()
    for name in NAMES:
        add(customers, name, worker.url)
    file = worker.folder / "common.toml"
    text = f'targets = "customers"\n[storage]\nstate_dir = "{worker.state}"\n[auth]\nusername = "hr"\n'
    file.write_text(text)
    monkeypatch.setenv("PRESENCE_WORKER_CONFIG", str(file))
    return file


def add(customers: Path, name: str, url: str) -> Path:
    file = customers / f"{name}.toml"
    file.write_text(
        f'[target]\nbase_url = "{url}"\n[auth]\npassword_file = "{name}.pw"\n[job]\nsource = "{name}/*.csv"\n'
    )
    file.with_suffix(".pw").write_text(PASSWORD)
    file.with_suffix(".pw").chmod(0o600)
    file.with_suffix("").mkdir(exist_ok=True)
    return file


def break_one(common: Path, name: str = "beta") -> None:
    (common.parent / "customers" / f"{name}.toml").write_text("[delivery]\nburst = 0\n")


def give(common: Path, name: str, *numbers: int) -> Path:
    return write_csv(common.parent / "customers" / name / "job.csv", away(numbers))


def sent(worker: Worker, name: str) -> Ended:
    return worker.call("run", "--target", name, *FAST, "--json")


@pytest.mark.parametrize(
    "words",
    [
        ["run", "job.csv"],
        ["run"],
        ["plan", "job.csv"],
        ["check", "job.csv"],
        ["schedule"],
        ["report", "last"],
        ["apply", "last"],
        ["undo", "last"],
        ["resume"],
    ],
    ids=" ".join,
)
def test_what_is_about_one_target_refuses_without_its_name(
    words: list[str], worker: Worker, common: Path
) -> None:
    """The error has all names; the next command shows the targets, for only a person knows which is meant."""
    ended = worker.call(*words, "--json")

    assert (ended.code, ended.summary["exit_code"]) == (2, 2)
    assert "acme, beta and gamma" in ended.summary["message"]
    assert next_words(ended) == ["runs", "--config", str(common)]
    assert not worker.state.exists()


@pytest.mark.parametrize("command", ["run", "runs", "doctor", "prune", "schedule"])
def test_an_unknown_name_is_refused(command: str, worker: Worker, common: Path) -> None:
    """With all names, but without a guess: the nearest name is that of another customer."""
    ended = worker.call(command, "--target", "acmee", "--json")

    assert (ended.code, common.exists()) == (2, True)
    assert ended.summary["message"] == (
        "option --target: acmee is not a target. The targets are acme, beta and gamma"
    )


@pytest.mark.parametrize(
    "words",
    [
        "run --target acme --target beta",
        "runs --target acme --target beta",
        "doctor --target acme --target acme",
        "schedule --target acme cancel nothing.1 --target beta",
    ],
)
def test_two_names_are_refused(words: str, worker: Worker, common: Path) -> None:
    """The last one alone would be sent, and nobody would hear of the first."""
    ended = worker.call(*words.split(), "--json")

    assert (ended.code, common.exists(), worker.state.exists()) == (2, True, False)
    assert ended.summary["message"] == "option --target: it is given twice. Name one target"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "option --target: no configuration file is found. Name it with --config"),
        ("", "option --target: FILE has only one target. Leave the option out"),
        ("targets = \n", "FILE: not valid TOML: "),
    ],
)
@pytest.mark.parametrize("command", ["runs", "doctor"])
def test_a_configuration_with_one_target_has_no_names(
    command: str, text: str | None, words: str, worker: Worker
) -> None:
    """The option would do nothing there, and so it is refused; a file that is broken is told first."""
    file = worker.folder / "my.toml"
    if text is not None:
        file.write_text(text)
    config = [] if text is None else ["--config", str(file)]

    ended = worker.call(command, "--target", "acme", *config, "--json")

    assert (ended.code, ended.out.count("\n")) == (2, 1)
    assert ended.summary["message"].replace(str(file), "FILE").startswith(words)


def test_each_target_is_sent_with_its_own_settings(worker: Worker, sandbox: Sandbox, common: Path) -> None:
    """`run --target` signs in as that target says, takes its file, and keeps its name with the run."""
    give(common, "acme", 1, 2)
    give(common, "beta", 3)

    ended = [sent(worker, name) for name in ("acme", "beta")]

    assert [each.code for each in ended] == [0, 0]
    assert [each.summary["target_name"] for each in ended] == ["acme", "beta"]
    assert sorted(number for number, *_ in wishes(sandbox)) == [1, 2, 3]


def test_each_command_takes_a_name(worker: Worker, common: Path) -> None:
    """Those that look at a file, at what is planned, or at old runs, too."""
    job = str(give(common, "acme", 1))

    codes = {
        words[0]: worker.call(*words, "--target", "acme", "--json").code
        for words in (["check", job], ["plan", job], ["schedule"], ["prune"], ["report", "last"], ["resume"])
    }

    assert codes == {"check": 0, "plan": 0, "schedule": 0, "prune": 0, "report": 0, "resume": 0}


def test_the_last_run_is_that_of_the_target(worker: Worker, common: Path) -> None:
    """Two targets on one SuperOffice have each a history of their own."""
    for name in ("acme", "beta"):
        give(common, name, 1)
        sent(worker, name)

    ended = {
        name: worker.call("report", "last", "--target", name, "--json") for name in ("acme", "beta", "gamma")
    }

    assert [ended[name].summary["target_name"] for name in ("acme", "beta")] == ["acme", "beta"]
    assert ended["gamma"].code == 2
    assert ended["gamma"].summary["message"].startswith("gamma has no run yet")


def test_options_may_stand_before_the_name_of_a_command_below(worker: Worker, common: Path) -> None:
    """`schedule --target NAME cancel` means what `schedule cancel --target NAME` means."""
    ended = worker.call("schedule", "--target", "acme", "cancel", "nothing.1", "--json")

    assert (ended.code, common.exists()) == (2, True)
    assert ended.summary["message"].startswith("nothing.1: no planned absence")
    assert next_words(ended)[-2:] == ["--target", "acme"]


def test_a_wrong_value_names_its_file(worker: Worker, common: Path) -> None:
    """What only shows when a run is to begin has its place, too: a secret file that is gone, an address."""
    (common.parent / "customers" / "acme.pw").unlink()
    beta = common.parent / "customers" / "beta.toml"
    beta.write_text('[auth]\npassword_file = "beta.pw"\n[target]\nbase_url = "crm"\n[job]\nsource = "x"\n')

    ended = [sent(worker, name) for name in ("acme", "beta")]

    assert [each.code for each in ended] == [2, 2]
    assert ended[0].summary["message"].startswith(f"{common.parent}/customers/acme.toml, line 4: auth.")
    assert ended[1].summary["message"].startswith(f"{beta}, line 4: target.base_url: must be")


def test_next_commands_repeat_the_target(worker: Worker, common: Path) -> None:
    """What is printed to be run next works as it is printed."""
    give(common, "acme", 1, 2, 3)
    held = worker.call("run", "--target", "acme", "--max-changes", "1", *FAST, "--json")

    applied = worker.follow(held)

    assert (held.code, applied.code) == (5, 0)
    assert next_words(held)[:6] == [
        "apply",
        held.summary["run_id"],
        "--config",
        str(common),
        "--target",
        "acme",
    ]


@pytest.mark.parametrize("command", ["apply", "report", "resume"])
def test_a_run_leads_to_its_target(command: str, worker: Worker, common: Path) -> None:
    """Whoever names a run need not name its target."""
    give(common, "beta", 1, 2, 3)
    held = worker.call("run", "--target", "beta", "--max-changes", "1", *FAST, "--json")

    ended = worker.call(command, held.summary["run_id"], "--json")

    assert (ended.code, ended.summary["target_name"]) == (0 if command != "resume" else 5, "beta")


def test_an_undo_is_of_the_same_target(worker: Worker, common: Path) -> None:
    """The new run has the name of the target whose run it puts back."""
    give(common, "gamma", 1)
    done = worker.call("run", "--target", "gamma", "--rate", "100000", "--json")

    undone = worker.call("undo", done.summary["run_id"], "--rate", "100000", "--json")

    assert (undone.code, undone.summary["target_name"]) == (0, "gamma")


@pytest.mark.parametrize("command", ["apply", "resume", "undo"])
def test_a_run_of_one_target_is_never_carried_out_as_another(
    command: str, worker: Worker, sandbox: Sandbox, common: Path
) -> None:
    """Both lead to one SuperOffice, but each has its own user, settings and receivers."""
    give(common, "beta", 1, 2, 3)
    held = worker.call("run", "--target", "beta", "--max-changes", "1", *FAST, "--json")

    ended = worker.call(command, held.summary["run_id"], "--target", "acme", "--json")

    assert (ended.code, list(wishes(sandbox))) == (2, [])
    assert ended.summary["message"].endswith("is for the target beta, not for acme")


def test_a_run_without_a_name_goes_by_its_address(worker: Worker, common: Path) -> None:
    """A run from before there were targets is of the only one that leads there, else nobody guesses."""
    config, password = str(common.with_name("single.toml")), common.parent / "customers" / "acme.pw"
    Path(config).write_text(
        f'[auth]\nusername = "hr"\npassword_file = "{password}"\n[storage]\nstate_dir = "{worker.state}"\n'
    )
    job = str(give(common, "acme", 1, 2))
    old = worker.call("plan", job, "--config", config, "--base-url", worker.url, "--json")
    several = worker.call("apply", old.summary["run_id"], "--json")
    for name in ("beta", "gamma"):
        add(common.parent / "customers", name, "https://other.example")

    applied = worker.call("apply", old.summary["run_id"], *FAST, "--json")

    assert (several.code, "acme, beta and gamma" in several.summary["message"]) == (2, True)
    assert (applied.code, next_words(old)[0]) == (0, "apply")


def test_a_run_of_a_target_that_is_gone_can_only_be_reported(worker: Worker, common: Path) -> None:
    """Its settings are gone, so nothing can be sent; its report needs none."""
    give(common, "acme", 1, 2, 3)
    held = worker.call("run", "--target", "acme", "--max-changes", "1", *FAST, "--json")
    for name in NAMES:
        add(common.parent / "customers", name, f"https://{name}.example")
    (common.parent / "customers" / "acme.toml").unlink()

    applied, reported = (worker.call(each, held.summary["run_id"], "--json") for each in ("apply", "report"))

    assert (applied.code, reported.code) == (2, 0)
    assert "is for acme, and no target is called so" in applied.summary["message"]


@pytest.mark.parametrize("command", ["apply", "report", "resume", "undo"])
def test_a_run_that_has_just_begun_is_refused(command: str, worker: Worker, common: Path) -> None:
    """Nothing is known of it yet, not even its target."""
    run = "20261201T020000Z-7f3a"
    (worker.state / "runs" / run).mkdir(parents=True)

    ended = worker.call(command, run, "--json")

    assert (ended.code, common.exists()) == (2, True)
    assert run in ended.summary["message"]


@pytest.mark.parametrize("option", [["--sandbox"], ["--base-url", "https://a.example"]])
@pytest.mark.parametrize("command", [["runs"], ["doctor"], ["run", "job.csv"]], ids=" ".join)
def test_some_options_need_a_name(
    command: list[str], option: list[str], worker: Worker, common: Path
) -> None:
    """They say something of one target."""
    ended = worker.call(*command, *option, "--json")

    assert (ended.code, common.exists()) == (2, True)
    assert "--target" in ended.summary["message"]


@pytest.mark.parametrize("name", ["PRESENCE_WORKER_AUTH__PASSWORD", "presence_worker_target__base_url"])
@pytest.mark.parametrize("words", [["runs"], ["run", "--target", "acme"], ["doctor"]], ids=" ".join)
def test_a_variable_must_not_hold_for_all(
    words: list[str], name: str, worker: Worker, common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One password for all customers, or one address, would be a mistake."""
    monkeypatch.setenv(name, "canary")

    ended = worker.call(*words, "--json")

    assert (ended.code, common.exists()) == (2, True)
    assert ended.summary["message"].startswith(f"{name}: this variable would hold for all targets")
    assert "canary" not in ended.out + ended.err


def test_one_broken_file_stops_no_other(worker: Worker, sandbox: Sandbox, common: Path) -> None:
    """Three targets on one SuperOffice, one file broken: two nights work, and the third is named."""
    give(common, "acme", 1)
    give(common, "gamma", 2)
    break_one(common)

    ended = {name: sent(worker, name) for name in NAMES}
    pruned = worker.call("prune", "--json")

    assert {name: each.code for name, each in ended.items()} == {"acme": 0, "beta": 2, "gamma": 0}
    assert ended["beta"].summary["message"].startswith(f"{common.parent}/customers/beta.toml, line 2: ")
    assert sorted(number for number, *_ in wishes(sandbox)) == [1, 2]
    assert (pruned.code, json.loads(pruned.out)["kept"]) == (2, 2)
    assert "target beta: " in pruned.err


def test_a_target_without_an_address_is_broken(worker: Worker, common: Path) -> None:
    """Its nights cannot happen, so no list and no monitor may leave it out."""
    for name in ("acme", "gamma"):
        give(common, name, 1)
        sent(worker, name)
    (common.parent / "customers" / "beta.toml").write_text('[auth]\nusername = "hr"\n')

    listed, watched = worker.call("runs"), worker.call("runs", "--monitor")

    assert (listed.code, watched.code > 0) == (2, True)
    assert "beta" in listed.out
    assert "target beta: " in listed.err


def test_doctor_checks_all(worker: Worker, common: Path) -> None:
    """One line a target, those with errors first; the exit code is the worst, the next command is for it."""
    break_one(common, "gamma")
    add(common.parent / "customers", "beta", "http://127.0.0.1:9")
    (common.parent / "customers" / "Wrong.toml").touch()

    shown, data = worker.call("doctor"), worker.call("doctor", "--all", "--json")

    lines = shown.out.splitlines()
    assert [line.split()[:2] for line in lines[:4]] == [
        ["error", "Wrong"],
        ["error", "gamma"],
        ["error", "beta"],
        ["ok", "acme"],
    ]
    assert all(len(line) <= 80 for line in lines)
    assert lines[2].startswith("error    beta   version: cannot connect")
    assert (shown.code, data.code) == (2, 2)
    assert [(each["target"], each["exit_code"]) for each in data.summary["targets"]] == [
        ("Wrong", 2),
        ("gamma", 2),
        ("beta", 6),
        ("acme", 0),
    ]
    assert next_words(data) == ["doctor", "--config", str(common), "--target", "gamma"]


def test_doctor_shows_warnings_before_what_is_well(worker: Worker, common: Path) -> None:
    """A target with a warning can start; its line says what to look at."""
    (common.parent / "customers" / "gamma.pw").chmod(0o644)

    lines = worker.call("doctor").out.splitlines()

    assert [line.split()[:3] for line in lines[:3]] == [
        ["warning", "gamma", "secret"],
        ["ok", "acme", "A"],
        ["ok", "beta", "A"],
    ]
    assert lines[-2:] == [
        "A run can start for each of 3 targets. acme, beta and gamma send to the same",
        "SuperOffice.",
    ]


def test_doctor_checks_the_service_once(worker: Worker, common: Path) -> None:
    """One service works for all targets: its port, queue and folders have lines of their own."""
    token = f'import = {{ sha256 = "{"0" * 64}", roles = ["submit"] }}'
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        number = other.getsockname()[1]
        with common.open("a") as file:
            file.write(f'\n[serve]\nlisten = "127.0.0.1:{number}"\n[serve.tokens]\n{token}\n')

        taken = worker.call("doctor", "--json")
    free = worker.call("doctor")

    assert (taken.code, free.code) == (2, 0)
    assert [check["name"] for check in taken.summary["checks"]] == ["service", "queue"]
    assert {each["exit_code"] for each in taken.summary["targets"]} == {0}
    assert "The service cannot start" in taken.summary["message"]
    assert f"ok       service  127.0.0.1:{number} is free" in free.out.splitlines()


def test_doctor_names_targets_with_one_address(worker: Worker, common: Path) -> None:
    """Only a person knows whether it is one customer with two files, or an address copied by mistake."""
    add(common.parent / "customers", "beta", worker.url.replace("127.0.0.1", "localhost"))

    ended = worker.call("doctor", "--json")

    assert ended.code == 0
    assert ended.summary["message"] == (
        "A run can start for each of 3 targets. acme and gamma send to the same SuperOffice"
    )


def test_doctor_checks_one_in_full(worker: Worker, common: Path) -> None:
    """With a name it is as in a configuration with one target."""
    ended = worker.call("doctor", "--target", "acme", "--json")

    assert (ended.code, ended.summary["target"], common.exists()) == (0, worker.url, True)
    checks = {check["name"]: check["words"] for check in ended.summary["checks"]}
    assert "sign-in" in checks
    assert checks["configuration"] == f"{common} and {common.parent}/customers/acme.toml"


def test_the_only_target_needs_no_name(worker: Worker, common: Path) -> None:
    """The first customer of a folder is not several."""
    for name in ("beta", "gamma"):
        (common.parent / "customers" / f"{name}.toml").unlink()
    give(common, "acme", 1)

    ended = worker.call("run", *FAST, "--json")

    assert (ended.code, ended.summary["target_name"]) == (0, "acme")


# -- old runs ------------------------------------------------------------------------------------------------


@pytest.fixture
def old(worker: Worker, common: Path) -> dict[str, str]:
    """A run of each target, 40 days old; acme keeps its runs for 30 days."""
    for number, name in enumerate(NAMES, 1):
        give(common, name, number)
        sent(worker, name)
    acme = common.parent / "customers" / "acme.toml"
    acme.write_text(acme.read_text() + '[storage]\nkeep = "30d"\n')
    found = {}
    for number, folder in enumerate(sorted((worker.state / "runs").iterdir())):
        began = datetime.now(UTC) - timedelta(days=40, minutes=-number)
        run = folder.rename(folder.with_name(f"{began:%Y%m%dT%H%M%SZ}-000{number}"))
        query = "UPDATE run SET created_at = ?, run_id = ?"
        with closing(sqlite3.connect(run / JOURNAL, isolation_level=None)) as journal:
            journal.execute(query, (began.isoformat(), run.name))
        found[NAMES[number]] = run.name
    return found


def test_prune_judges_each_run_by_its_target(worker: Worker, common: Path, old: dict[str, str]) -> None:
    """One target keeps its runs for a month, the others as long as the common file says."""
    pruned = worker.call("prune", "--json")

    assert (pruned.code, common.exists()) == (0, True)
    assert (pruned.summary["pruned"], pruned.summary["kept"]) == ([old["acme"]], 2)


def test_prune_with_a_name_leaves_the_others_alone(worker: Worker, common: Path, old: dict[str, str]) -> None:
    """Neither deleted nor counted: the runs of the others."""
    beta = common.parent / "customers" / "beta.toml"
    beta.write_text(beta.read_text() + '[storage]\nkeep = "30d"\n')

    pruned = worker.call("prune", "--target", "beta", "--json")

    assert (pruned.summary["pruned"], pruned.summary["kept"]) == ([old["beta"]], 0)


def test_prune_leaves_the_runs_of_a_broken_target(worker: Worker, common: Path, old: dict[str, str]) -> None:
    """How long it keeps them is not known; one that is gone is judged by the common file."""
    break_one(common, "acme")
    text = common.read_text().replace("[storage]", '[storage]\nkeep = "30d"')
    common.write_text(text)

    broken = worker.call("prune", "--json")
    (common.parent / "customers" / "acme.toml").unlink()
    gone = worker.call("prune", "--json")

    assert (broken.code, broken.summary["pruned"]) == (2, [old["beta"], old["gamma"]])
    assert (gone.code, gone.summary["pruned"]) == (0, [old["acme"]])


# -- the file of `run` without JOB ---------------------------------------------------------------------------


def test_run_takes_the_newest_match(worker: Worker, sandbox: Sandbox, common: Path) -> None:
    """By the time of change; of several with the same time, the last one in the alphabet."""
    folder = common.parent / "customers" / "acme"
    for number, (name, changed) in enumerate({"a.csv": 9, "b.csv": 9, "c.csv": 2, "d.txt": 10}.items(), 1):
        write_csv(folder / name, away([number]))
        os.utime(folder / name, (changed, changed))

    ended = sent(worker, "acme")

    assert (ended.code, ended.summary["input"]["name"]) == (0, str(folder / "b.csv"))
    assert [number for number, *_ in wishes(sandbox)] == [2]


def test_a_file_that_is_missing_is_refused(worker: Worker, common: Path) -> None:
    """Like any file that is not there, with the pattern; the next command looks for it once more."""
    ended = sent(worker, "acme")
    give(common, "acme", 1)

    again = worker.follow(ended)

    pattern = common.parent / "customers" / "acme" / "*.csv"
    assert (ended.code, again.code) == (4, 0)
    assert ended.summary["message"].startswith(f"{pattern}: ")


def test_without_a_source_the_file_must_be_named(worker: Worker) -> None:
    """The usage error as it always was."""
    ended = worker.call("run", "--json")

    assert (ended.code, ended.summary["message"]) == (2, "Missing argument 'JOB'.")
