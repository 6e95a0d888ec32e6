"""Messages of several targets: each has its own trouble, and one that is broken stops no other."""

from pathlib import Path

import pytest

from tests.run.given import Worker, away, write_csv

from .conftest import Receiver


def configure(worker: Worker, monkeypatch: pytest.MonkeyPatch, **targets: str) -> Path:
    """Write a configuration with these targets; each has the text of its file."""
    for name in ("USERNAME", "PASSWORD"):  # such a variable would hold for all targets
        monkeypatch.delenv(f"PRESENCE_WORKER_AUTH__{name}")
    folder = worker.folder / "targets"
    folder.mkdir()
    for name, text in targets.items():
        (folder / f"{name}.toml").write_text(text)
    config = worker.folder / "common.toml"
    config.write_text(f'targets = "targets"\n[storage]\nstate_dir = "{worker.state}"\n')
    return config


def at(url: str) -> str:
    """Give the file of a target at an address."""
    return f'[target]\nbase_url = "{url}"\n[auth]\nscheme = "bearer"\ntoken_file = "token"\n'


@pytest.fixture
def bad_job(tmp_path: Path) -> Path:
    """A job with a row that is rejected."""
    return write_csv(tmp_path / "bad.csv", away([5000]))


def test_each_target_has_its_own_trouble(
    worker: Worker, receiver: Receiver, bad_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two targets of one SuperOffice: what was sent of one says nothing of the other."""
    config = str(configure(worker, monkeypatch, acme=at(worker.url), beta=at(worker.url)))
    (worker.folder / "targets" / "token").write_text("secret")
    (worker.folder / "targets" / "token").chmod(0o600)
    for name in ("acme", "beta", "acme"):
        worker.call("run", str(bad_job), "--config", config, "--target", name, "-q")
    worker.call("run", str(bad_job), "--config", config, "-q")

    found = [(each["target"], each["exit_code"]) for each in receiver.messages]
    assert found == [("acme", 3), ("beta", 3), ("unknown", 2)]


def test_a_broken_target_stops_no_other(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`notify` works on the others, reports it, and ends with 2; its own failed run is reported, too."""
    broken = f"{at(worker.url)}[delivery]\nrate = 'fast'\n"
    config = str(configure(worker, monkeypatch, acme=at(worker.url), beta=broken))
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "1d")

    ended = worker.call("notify", "--late", "--config", config)
    worker.call("run", "job.csv", "--config", config, "--target", "beta")

    assert ended.code == 2
    assert "target beta:" in ended.err
    found = [(each["target"], each["state"]) for each in receiver.messages]
    assert found == [("acme", "late"), ("beta", "refused")]


def test_trouble_from_before_the_address_was_set_is_over_with_it(worker: Worker, receiver: Receiver) -> None:
    """An ending of no known target belongs to the only one there is, as soon as it is known."""
    job = write_csv(worker.folder / "job.csv", away([1]))
    state = ("--state-dir", str(worker.state))
    worker.call("run", str(job), *state)
    worker("run", job)

    first, second = receiver.messages
    assert (first["target"], first["exit_code"]) == ("unknown", 2)
    assert second["headline"].startswith("Well again.")
    assert (second["target"], second["since"]) == (worker.url, first["since"])
