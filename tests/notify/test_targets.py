"""Messages of several targets: each has its own trouble, and one that is broken stops no other."""

import json
from pathlib import Path

import pytest

from tests.raw_server import answer
from tests.run.given import Worker, away, write_csv

from .conftest import Receiver
from .receivers import GOOD


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
    assert sorted(found[:2]) == [("acme", "late"), ("beta", "late")]  # side by side
    assert found[2:] == [("beta", "refused")]


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


def test_a_message_of_a_target_that_is_gone_goes_out(
    worker: Worker, receiver: Receiver, bad_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the common channel of that name; without one it is counted until it is too old."""
    receiver.act = answer(500)
    worker("run", bad_job)
    receiver.act = GOOD
    worker.url = worker.url.replace("127.0.0.1", "localhost")
    webhook = [receiver.channel]
    monkeypatch.setenv("PRESENCE_WORKER_NOTIFY__WEBHOOK", json.dumps([receiver.channel | {"name": "other"}]))
    waits = worker("notify")
    monkeypatch.setenv("PRESENCE_WORKER_NOTIFY__WEBHOOK", json.dumps(webhook))
    sent = worker("notify")

    assert (waits.code, waits.summary["message"]) == (6, "1 message not delivered yet.")
    assert (sent.code, sent.summary["message"]) == (0, "1 message delivered.")
    first, second = receiver.messages
    assert first == second


def test_a_message_of_a_target_that_is_gone_is_dropped_in_the_end(
    worker: Worker, receiver: Receiver, bad_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After notify.keep_trying: the log names it."""
    receiver.act = answer(500)
    worker("run", bad_job)
    worker.url = worker.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("PRESENCE_WORKER_NOTIFY__KEEP_TRYING", "0")
    ended = worker("notify")

    assert [each["event"] for each in ended.events] == ["notify.dropped"]
    assert ended.summary["message"] == "1 message dropped."


def test_a_run_of_a_target_that_is_gone_is_reported(
    worker: Worker, receiver: Receiver, bad_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ending was noted, but not reported: the common channels do it."""
    with monkeypatch.context() as patch:
        patch.setattr("presence_worker.notify.notifier.Notifier.end", lambda *_: None)
        ended = worker("run", bad_job)
    gone = worker.url
    worker.url = worker.url.replace("127.0.0.1", "localhost")
    worker("notify")
    worker("notify")

    assert [(each["target"], each["run_id"]) for each in receiver.messages] == [
        (gone, ended.summary["run_id"])
    ]
