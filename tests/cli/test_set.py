"""`--set` gives any setting but a secret, for one command and those that follow from it."""

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import pytest

from presence_worker.cli.options import printable
from presence_worker.cli.same_command import resume_instead, same_again
from presence_worker.journal import target_lock
from tests.run.given import Ended, Worker, away, next_words, write_csv


def job(worker: Worker) -> Path:
    return write_csv(worker.folder / "job.csv", away([1, 2, 3]))


def test_it_wins_over_variables_and_the_file(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line is the last word."""
    Path("presence-worker.toml").write_text("[safety]\nmax_changes = 3\n")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "3")

    ended = worker("run", job(worker), "--config", "presence-worker.toml", "--set", "safety.max_changes=2")

    assert ended.code == 5


def test_an_option_of_the_setting_s_own_wins_over_it(worker: Worker) -> None:
    """Whoever adds an option to a script gets what it says."""
    ended = worker("run", job(worker), "--set", "safety.max_changes=2", "--max-changes", "none")

    assert ended.code == 0


def test_the_next_command_repeats_it(worker: Worker) -> None:
    """It works as printed, from another directory."""
    settings = ("safety.protected_ids=[3]", "auth.username=night shift", "target.ca_file=ca.pem")
    options = [word for setting in settings for word in ("--set", setting)]

    ended = worker("run", job(worker), *options, "--max-changes", "1")

    kept = [word for word in next_words(ended) if word.partition("=")[0] in "".join(settings)]
    assert kept == [*settings[:2], f"target.ca_file={Path('ca.pem').absolute()}"]
    assert next_words(ended).count("--set") == len(settings)


@pytest.mark.parametrize("words", [("--set", "target.ca_file=ca.pem"), ("--set=target.ca_file=ca.pem",)])
def test_the_same_command_again_has_the_whole_path(words: tuple[str, ...], worker: Worker) -> None:
    """Where nothing was begun as well: it works from another directory."""
    with target_lock(worker.url, worker.state):
        ended = worker("run", job(worker), *words)

    assert ended.code == 7
    assert words[-1].replace("ca.pem", str(Path("ca.pem").absolute())) in next_words(ended)


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("input.message=Kommentar", 1),
        ("input.default_message=2026", 1),  # a number is a text where a text is wanted
        ('input.default_message="2026"', 1),
        ('input.statuses={ QQ2 = "StatusNotAvailable" }', 2),
        ("input.unused=['Note']", 1),
    ],
)
def test_a_value_is_toml_where_that_fits(words: str, rows: int, worker: Worker) -> None:
    """Else it is plain text; tables of the file are added to."""
    Path("more.toml").write_text("[input.statuses]\nQQ1 = 'StatusNotAvailable'\n")
    path = worker.folder / "job.csv"
    path.write_text("associateId,status,Kommentar\n1,QQ1,x\n2,QQ2,x\n")

    ended = worker("run", path, "--set", words, "--config", "more.toml", "--max-invalid", "none")

    assert ended.summary["counts"]["updated"] == rows


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("delivery.burst", "option --set: expected SECTION.KEY=VALUE, such as delivery.burst=5"),
        ("burst=5", "option --set: burst: expected SECTION.KEY=VALUE, such as delivery.burst=5"),
        ("delivery.brust=5", "delivery.brust: no such setting; did you mean delivery.burst?"),
        ("delivrey.burst=5", "delivrey.burst: no such setting; did you mean delivery.burst?"),
        ("auth.password=Kanarienvogel-7Q", "option --set: auth.password is a secret; others can read"),
        ("target.proxy=http://me:Kanarienvogel-7Q@proxy:1", "target.proxy: the address has a user name or"),
        (
            "delivery.burst=many",
            'option --set: delivery.burst: must be a whole number, such as 1; found "many"',
        ),
        ("safety.max_changes=5x", "option --set: safety.max_changes: must be a number, a percentage such as"),
    ],
)
def test_what_cannot_be_set_is_refused(words: str, told: str, worker: Worker) -> None:
    """With a sentence, without the secret, and before anything is read."""
    ended = worker("run", job(worker), "--set", words)

    assert (ended.code, next_words(ended)) == (2, ["run", "--help"])
    assert told in ended.summary["message"]
    assert "Kanarienvogel" not in ended.out + ended.err
    assert not (worker.state / "runs").exists()


def test_all_that_is_wrong_is_named_at_once(worker: Worker) -> None:
    """Nobody corrects one after the other."""
    ended = worker("run", job(worker), "--set", "a.b=1", "--set", "auth.token=x")

    assert len(ended.summary["message"].splitlines()) == 2


REASON = "Kreftbehandling"
OF_ABSENCE = {  # settings whose values can be reasons of absence
    "input.default_message": f"input.default_message=Syk: {REASON}",
    "input.message_template": f"input.message_template={REASON} {{status}}",
    "input.statuses": f'input.statuses={{ "{REASON}" = "StatusNotAvailable" }}',
    "input.only": f"input.only={{ status = ['StatusNotAvailable', '{REASON}'] }}",
}
FREE = ("journal.sqlite", "failed.csv", "unprocessed.csv")  # files that may have comments


def assert_kept(worker: Worker, *ended: Ended, free: Container[str] = FREE) -> None:
    """The reason was not printed, and stands in no file but those that have the rows."""
    assert not [each for each in ended if REASON in each.out + each.err]
    files = [path for path in worker.state.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name not in free and REASON.encode() in path.read_bytes()]


@pytest.mark.parametrize("name", OF_ABSENCE)
@pytest.mark.parametrize("command", ["plan", "run", "check"])
def test_a_reason_of_absence_is_not_repeated(command: str, name: str, worker: Worker) -> None:
    """Neither by the next command, nor on a page, nor in the list of runs; the message names the setting."""
    path = write_csv(worker.folder / "job.csv", [*away([1, 2]), ("x", "StatusNotAvailable", "")])
    more = ["--max-invalid", "none", "--set", OF_ABSENCE[name], "--set", "input.timezone=Europe/Oslo"]

    ended = worker(command, path, *more, *(["-vv"] if command != "check" else []))
    listed = worker("runs", "--html")

    free = (*FREE, "summary.json") if name == "input.statuses" else FREE  # its reading has the table
    shown = replace(ended, out="") if name == "input.statuses" else ended
    assert_kept(worker, shown, listed, free=free)
    assert REASON not in ended.summary["next"]
    assert "input.timezone=Europe/Oslo" in next_words(ended)
    is_read_again = next_words(ended)[0] in ("run", "plan", "check")
    assert (f"Add --set {name} to the next command." in ended.summary["message"]) is is_read_again


def test_a_later_session_remembers_what_to_add(worker: Worker) -> None:
    """`apply` has not the option any more; its failed.csv is read with it all the same."""
    path = write_csv(worker.folder / "job.csv", [*away([1]), ("x", "StatusNotAvailable", "")])
    planned = worker("plan", path, "--max-invalid", "none", "--set", OF_ABSENCE["input.default_message"])

    applied = worker.follow(planned)

    assert next_words(planned)[0] == "apply"
    assert "Add --set" not in planned.summary["message"]
    assert "Add --set input.default_message to the next command." in applied.summary["message"]
    assert next_words(applied)[0] == "run"


@pytest.mark.parametrize("how", [("--set",), ()])
def test_the_same_command_again_asks_for_it(how: tuple[str, ...], worker: Worker) -> None:
    """Where nothing was begun as well, however the option was written."""
    setting = OF_ABSENCE["input.default_message"]
    with target_lock(worker.url, worker.state):
        ended = worker("run", job(worker), *([*how, setting] if how else [f"--set={setting}"]))

    assert ended.code == 7
    assert_kept(worker, ended)
    assert not [word for word in next_words(ended) if "--set" in word]
    assert "Add --set input.default_message to the next command." in ended.summary["message"]


@pytest.mark.parametrize("name", ["target.base_url", "target.proxy", "auth.login_url"])
@pytest.mark.parametrize(
    "address", ["ann:hunter2@host", "//ann:hunter2@host:1", "http:/ann:hunter2@h", "h/x?key=hunter2"]
)
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_an_address_with_credentials_is_refused(
    command: str, address: str, name: str, worker: Worker
) -> None:
    """Also where it does not look like an address; it is not repeated."""
    words = [str(job(worker))] if command == "run" else []

    ended = worker.call(command, *words, "--set", f"{name}={address}", "--json")

    assert (ended.code, next_words(ended)) == (2, [command, "--help"])
    assert f"option --set: {name}: the address has an @, a ? or a #" in ended.summary["message"]
    assert "hunter2" not in ended.out + ended.err


def test_a_secret_is_not_repeated_before_options_are_read() -> None:
    """A signal may come at any moment: what may not be printed is left out of the command line as it is."""
    words = ["run", "job.csv", "--set", "auth.password=hunter2", "--set=target.proxy=ann:hunter2@p"]

    again = [same_again(words).words, resume_instead(words).words, printable(words)]

    assert [[word for word in each if "--set" in word or "hunter2" in word] for each in again] == [[]] * 3


def test_a_wrong_value_of_such_a_setting_is_not_quoted(worker: Worker) -> None:
    """It may be a reason of absence."""
    wrong = f'input.statuses={{ "{REASON}" = "{REASON}" }}'
    Path("wrong.toml").write_text(f'[input.statuses]\nA = "ignore"\n"{REASON}" = "{REASON}"\n')

    ended = [worker("run", job(worker), *more) for more in (["--set", wrong], ["--config", "wrong.toml"])]

    assert [each.code for each in ended] == [2, 2]
    assert_kept(worker, *ended)
    assert all("must be a status of SuperOffice" in each.summary["message"] for each in ended)
    assert "wrong.toml, line 3: input.statuses: must be" in ended[1].summary["message"]
