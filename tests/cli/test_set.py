"""`--set` gives any setting but a secret, for one command and those that follow from it."""

from pathlib import Path

import pytest

from presence_worker.journal import target_lock
from tests.run.given import Worker, away, next_words, write_csv


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
