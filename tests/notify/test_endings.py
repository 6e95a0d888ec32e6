"""From the end of a command to its message: each ending is reported once, whatever happens on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from presence_worker import __version__
from presence_worker.journal import target_lock
from tests.raw_server import HANG, Peer, Request, answer
from tests.run.given import Ended, Worker, away, raw_up, started, wait_until, write_csv

from .conftest import Receiver
from .receivers import GOOD

MEMBERS = [
    "id",
    "target",
    "run_id",
    "label",
    "state",
    "exit_code",
    "headline",
    "counts",
    "reasons",
    "since",
    "repeated",
    "link",
    "next",
    "version",
]


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers))


@contextmanager
def answering(receiver: Receiver, status: int) -> Iterator[None]:
    """Let the webhook answer with a status of trouble for a while."""
    receiver.act = answer(status)
    try:
        yield
    finally:
        receiver.act = GOOD


def heads(receiver: Receiver) -> list[tuple[str, int | None]]:
    """Give state and exit code of all messages."""
    return [(message["state"], message["exit_code"]) for message in receiver.messages]


def set_up(monkeypatch: pytest.MonkeyPatch, **notify: Any) -> None:
    """Set more of [notify]."""
    for name, value in notify.items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"PRESENCE_WORKER_NOTIFY__{name.upper()}", text)


def test_a_run_with_trouble_is_reported_and_the_first_good_one_after_it(
    worker: Worker, receiver: Receiver
) -> None:
    """A message has these members and no others; a good night after a good night has none."""
    good = job(worker, 1, 2)
    worker("run", good)
    bad = worker("run", write_csv(worker.folder / "bad.csv", away([1, 5000])), "--label", "HR-4711")
    again = worker("run", good)
    worker("run", good)

    first, second = receiver.messages
    run = str(bad.summary["run_id"])
    assert [*first] == MEMBERS
    assert first | {"since": None} == {
        "id": f"{run}.finished.1",
        "target": worker.url,
        "run_id": run,
        "label": "HR-4711",
        "state": "finished",
        "exit_code": 3,
        "headline": "1 of 2 rows done. 1 needs attention: CRM administrator 1.",
        "counts": bad.summary["counts"],
        "reasons": {"refused": 1},
        "since": None,
        "repeated": 0,
        "link": None,
        "next": bad.summary["next"],
        "version": __version__,
    }
    assert first["since"] == second["since"] == bad.summary["started_at"]
    assert (second["run_id"], second["exit_code"]) == (again.summary["run_id"], 0)
    assert second["headline"] == "Well again. All 2 rows done."


def test_a_run_that_goes_on_ends_again(worker: Worker, receiver: Receiver) -> None:
    """Its endings are counted in the id: held, then applied; a run with nothing left to do has no new one."""
    held = worker("run", job(worker, 1, 2), "--max-changes", "1")
    worker.follow(held)
    worker("resume", str(held.summary["run_id"]))

    run = held.summary["run_id"]
    assert [each["id"] for each in receiver.messages] == [f"{run}.held.1", f"{run}.finished.2"]


def test_a_plan_is_reported_only_when_it_is_held_or_refused(worker: Worker, receiver: Receiver) -> None:
    """Other plans, `check` and the sandbox send nothing."""
    file = job(worker, 1, 2)
    empty = write_csv(worker.folder / "empty.csv", [])
    worker("plan", file)
    worker("run", file, "--dry-run")
    worker("plan", file, "--max-failures", "x")
    worker.call("check", str(empty))
    worker.call("run", str(empty), "--sandbox", "--state-dir", str(worker.state))

    worker("plan", file, "--max-changes", "1")
    worker("run", empty, "--dry-run")

    assert heads(receiver) == [("held", 5), ("refused", 4)]


def test_what_ends_without_a_run_is_reported(worker: Worker, receiver: Receiver) -> None:
    """Usage errors, another run at work, a run that does not exist: with what to do next."""
    file = job(worker, 1)
    faulty = worker("run", file, "--delimiter", "too long")
    worker.call("run", *worker.options)
    with target_lock(worker.url, worker.state):
        worker("run", file)
    worker("apply", "20990101T000000Z-0000")

    assert heads(receiver) == [("refused", 2), ("refused", 7), ("refused", 2)]
    first, *_ = receiver.messages
    assert (first["target"], first["next"]) == (worker.url, faulty.summary["next"])
    assert first["id"].startswith(f"{worker.url}.2.")
    assert (first["run_id"], first["counts"], first["reasons"]) == (None, {}, {})


def test_a_faulty_configuration_is_reported_by_what_is_right_of_it(
    worker: Worker, receiver: Receiver
) -> None:
    """Unless [notify] itself is wrong: then no message can be sent."""
    config = worker.folder / "faulty.toml"
    config.write_text("[safety]\npercent_floor = 'low'\n")
    faulty = worker("run", job(worker, 1), "--config", config)
    config.write_text("[notify]\nrepeat = 'often'\n")
    silent = worker("run", job(worker, 1), "--config", config)

    assert (faulty.code, silent.code) == (2, 2)
    assert heads(receiver) == [("refused", 2)]


def test_a_message_that_was_not_delivered_goes_out_later(worker: Worker, receiver: Receiver) -> None:
    """With the next run's end, or with `notify`: with the same id, and once."""
    with answering(receiver, 500):
        bad = worker("run", write_csv(worker.folder / "bad.csv", away([5000])))
        waits = worker("notify")
    sent = worker("notify")
    nothing = worker("notify")

    first, second, third = receiver.messages
    assert first == second == third
    assert bad.code == 3
    assert [each["event"] for each in bad.events].count("notify.failed") == 1
    assert (waits.code, sent.code, nothing.code) == (6, 0, 0)
    assert waits.summary["undelivered"][0]["id"] == first["id"]
    assert sent.summary["message"] == "1 message delivered."
    assert nothing.summary["message"] == "No message waits."
    assert [each.name for each in (worker.state / "outbox").iterdir()] == ["messages.sqlite"]


def test_what_no_channel_takes_any_more_is_dropped(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that is gone, or a try after notify.keep_trying that fails as well: the log says so."""
    bad = write_csv(worker.folder / "bad.csv", away([5000]))
    with answering(receiver, 500):
        worker("run", bad)
        set_up(monkeypatch, keep_trying="0")
        late = worker("notify")
    with answering(receiver, 500):
        worker("run", bad, "--set", "notify.repeat=0", "--set", "notify.keep_trying=1d")
    set_up(monkeypatch, keep_trying="1d", webhook=[receiver.channel | {"name": "other"}])
    gone = worker("notify")

    dropped = [each for ended in (late, gone) for each in ended.events if each["event"] == "notify.dropped"]
    assert [each["detail"] for each in dropped] == ["too old", "no such channel"]
    assert (late.summary["exit_code"], len(late.summary["dropped"])) == (0, 1)
    assert len(receiver.messages) == 3


def test_what_waited_too_long_is_tried_once_more(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next night can end later than notify.keep_trying allows."""
    with answering(receiver, 500):
        worker("run", write_csv(worker.folder / "bad.csv", away([5000])))
    set_up(monkeypatch, keep_trying="0")

    late = worker("notify")

    assert (late.code, len(late.summary["delivered"]), late.summary["dropped"]) == (0, 1, [])


def test_no_job_is_late_right_after_the_first_one_failed(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own message was sent a moment ago; the next one is due after report.expected_every."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "1d")
    worker("run", worker.folder / "gone.csv")

    late = worker("notify", "--late")

    assert (late.code, len(receiver.messages)) == (0, 1)


def test_pings_begin_and_end_with_a_run(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run has both; an ending without a run has the second one; a plan and `notify` have none."""
    set_up(monkeypatch, ping=[{"url": f"{receiver.server.url}/ping"}], on="never")
    file = job(worker, 1)

    worker("run", file)
    worker("run", write_csv(worker.folder / "bad.csv", away([5000])))
    worker("run", file, "--max-failures", "x")
    worker("plan", file)
    worker("notify")

    assert receiver.pings == ["/start", "/0", "/start", "/3", "/2"]
    assert receiver.messages == []


def test_a_run_that_is_quicker_than_its_ping_has_begun_all_the_same(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ping of the begin that was cut short comes again before that of the end, and nothing failed."""
    set_up(monkeypatch, ping=[{"url": f"{receiver.server.url}/ping"}], on="never")

    async def first_hangs(peer: Peer, request: Request) -> None:
        await (HANG if len(receiver.pings) == 1 else GOOD)(peer, request)

    receiver.act = first_hangs
    ended = worker("run", worker.folder / "gone.csv")

    assert receiver.pings == ["/start", "/start", "/4"]
    assert "notify.failed" not in ended.err


def test_who_mistypes_a_command_at_a_terminal_is_alone_with_that(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error stands there already; the same error of a timer is sent."""
    for is_seen in (True, False):
        monkeypatch.setattr("presence_worker.cli.follow.is_terminal", lambda _, found=is_seen: found)
        worker("run", job(worker, 1), "--max-failures", "x")
        worker("apply", "nosuch")

    assert [each["exit_code"] for each in receiver.messages] == [2]


def test_a_run_that_died_is_reported_by_the_next_command(worker: Worker, receiver: Receiver) -> None:
    """Killed in the midst of it: `notify` says so, and knows how far it came."""
    with raw_up() as slow:
        worker.url = slow.url
        options = ("--rate", "1", "--read-before", "off", *worker.options[:4])
        with started("run", job(worker, 1, 2, 3), *options) as process:
            wait_until(lambda: bool(slow.requests))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        worker("notify")

    (message,) = receiver.messages
    assert (message["state"], message["exit_code"]) == ("stopped", 1)
    assert message["headline"].startswith("Stopped early.")


def test_a_signal_ends_the_sending(worker: Worker, receiver: Receiver) -> None:
    """A receiver that hangs cannot keep a program that is to end; its exit code stays, the message waits."""
    receiver.act = HANG
    options = (*worker.options, "--set", "notify.timeout=1h")
    with started("run", write_csv(worker.folder / "bad.csv", away([5000])), *options) as process:
        wait_until(lambda: bool(receiver.messages))
        process.terminate()
        code = process.wait()
    receiver.act = GOOD
    worker("notify")

    assert code == 3
    assert [each["exit_code"] for each in receiver.messages] == [3, 3]


def test_rejected_credentials_are_named(worker: Worker, receiver: Receiver) -> None:
    """What a person has to correct is in the headline, in words of ours."""
    with raw_up(answer(401, b"<html>no, kanarie")) as server:
        worker.url = server.url
        worker("run", job(worker, 1))

    (message,) = receiver.messages
    assert message["headline"].endswith("SuperOffice rejected the credentials.")


def test_a_crash_is_reported(worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug ends the program with exit code 1; the run it had begun is told of, once."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("presence_worker.run.commands.Session", fail)
        crashed = worker("run", job(worker, 1))

    assert crashed.code == 1
    assert [each["id"].split(".")[1:] for each in receiver.messages] == [["stopped", "1"]]


def test_a_test_message_goes_to_each_channel(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 6 names those that failed; nothing is queued, and no ping is sent."""
    broken = {"url": "http://127.0.0.1:1/", "name": "broken"}
    set_up(monkeypatch, webhook=[receiver.channel, broken], ping=[{"url": f"{receiver.server.url}/ping"}])

    all_of_them = worker("notify", "--test")
    one = worker("notify", "--test", "webhook")
    none = worker("notify", "--test", "mail")

    assert (all_of_them.code, one.code, none.code) == (6, 0, 2)
    assert [each["channel"] for each in all_of_them.summary["undelivered"]] == ["broken"]
    assert "Pings are not sent" in one.summary["message"]
    assert "Channels: webhook, broken" in none.summary["message"]
    assert [message["state"] for message in receiver.messages] == ["test", "test"]
    assert receiver.pings == []
    assert not (worker.state / "outbox").exists()


def test_a_message_can_be_read_before_it_is_sent(worker: Worker, receiver: Receiver) -> None:
    """`--dry-run` prints the message about a run, and sends nothing."""
    bad = worker("run", write_csv(worker.folder / "bad.csv", away([1, 5000])))
    (sent,) = receiver.messages

    printed = worker("notify", "--dry-run", "last")
    in_words = worker.call("notify", "--dry-run", str(bad.summary["run_id"]), *worker.options_of("notify"))

    assert printed.summary == sent
    headline = "1 of 2 rows done. 1 needs attention: CRM administrator 1."
    assert in_words.out.startswith(f"presence-worker {worker.url}: {headline}\n")
    assert len(receiver.messages) == 1


def test_a_late_job_is_reported_until_the_next_one(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 6 while it is late; what it says is sent once, and the next finished job ends it."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "0.1s")
    worker("run", job(worker, 1))
    wait_until(lambda: worker("notify", "--late").code == 6)
    began = worker("runs").summary["missing"]["since"]
    again = worker("notify", "--late")
    worker("run", job(worker, 2))
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "1d")
    well = worker("notify", "--late")
    monkeypatch.delenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY")
    unset = worker("notify", "--late")

    late, over = receiver.messages
    assert (late["id"], late["since"]) == (f"{worker.url}.late.{began}", began)
    assert (late["state"], late["run_id"], late["exit_code"]) == ("late", None, None)
    assert (over["since"], over["repeated"]) == (began, 1)
    assert over["headline"].startswith("Well again.")
    assert (again.code, well.code, unset.code) == (6, 0, 2)
    assert again.summary["late"][0]["since"] == began
    assert "report.expected_every" in unset.summary["message"]


def test_a_job_that_stays_late_is_told_again_with_another_id(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in notify.repeat, also with `all`: a receiver that keeps ids must not take it for the same."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "1d")
    set_up(monkeypatch, on="all")
    worker("notify", "--late")
    worker("notify", "--late")
    set_up(monkeypatch, repeat="0")
    worker("notify", "--late")
    worker("notify", "--late")

    first = f"{worker.url}.late.never"
    assert [each["id"] for each in receiver.messages] == [first, f"{first}.2", f"{first}.3"]


def test_details_are_numbers_of_rows_and_a_sentence_of_ours(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a refusal, what it quotes is left out; of rows, twenty are named."""
    set_up(monkeypatch, details="true")
    names = worker.folder / "names.csv"
    names.write_text("Sygdom Hansen,Kanarie\n1,2\n")
    worker("run", names)
    worker("run", write_csv(worker.folder / "bad.csv", away(range(5000, 5050))), "--max-failures", "none")

    refused, finished = receiver.messages
    assert refused["detail"].startswith("A column of the file is not certain. See line 1.")
    assert not any(word in json.dumps(refused) for word in ("Sygdom", "Hansen", "Kanarie"))
    assert finished["rows"] == [*range(1, 21)]
    assert "detail" not in finished


def test_a_quoted_name_is_neither_a_line_nor_a_kind(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column can be called as a place or a fault is, and what it says is the file's own."""
    set_up(monkeypatch, details="true")
    names = worker.folder / "line 4711.csv"
    names.write_text("line 123456789,date with a password\n1,2\n")
    worker("run", names)

    (refused,) = receiver.messages
    assert refused["detail"].startswith("A column of the file is not certain. See line 1.")
    assert not any(words in json.dumps(refused["detail"]) for words in ("123456789", "4711", "password"))


AWAY = ("--set", "target.proxy=http://127.0.0.1:9", "--set", "delivery.outage_patience=1ms")


def test_each_trouble_of_a_night_says_why(
    worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The headline names the cause in words of ours, and another cause is another trouble."""
    set_up(monkeypatch)
    (worker.folder / "empty.csv").touch()
    (worker.folder / "wrong.csv").write_text("name\nx\n")
    (worker.folder / "invalid.csv").write_text("associateId,status\n" + "x,StatusNormal\n" * 9)
    for name in ("gone.csv", "gone.csv", "empty.csv", "wrong.csv", "invalid.csv"):
        worker("run", worker.folder / name)
    worker("run", job(worker, 1), *AWAY)

    assert [each["headline"] for each in receiver.messages] == [
        "The file is refused. Nothing was sent. The file is missing.",
        "The file is refused. Nothing was sent. The file has no rows.",
        "The file is refused. Nothing was sent.",
        "The file is refused. Nothing was sent. Too many rows are invalid.",
        "Stopped early. 0 of 1 row done. 1 not sent yet. SuperOffice gave no useful answer.",
    ]
    assert {tuple(each["reasons"]) for each in receiver.messages[:3]} == {()}


def test_without_channels_nothing_of_it_is_loaded(worker: Worker) -> None:
    """A run without [notify] pays nothing, and keeps nothing."""
    code = f"""
import sys
from presence_worker.cli.main import execute
code = execute(["run", {str(job(worker, 1))!r}, *{list(worker.options)!r}, "-q"])
print(code, [name for name in sys.modules if name.startswith("presence_worker.notify")])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split(maxsplit=1) == ["0", "[]\n"]
    assert not (worker.state / "outbox").exists()


def test_secrets_of_channels_are_not_taken_from_the_command_line(worker: Worker) -> None:
    """Others can read a command line: lists of channels are refused, and never printed again."""
    secret = "https://hooks.example.com/s3cr3t"
    refused: Ended = worker("run", job(worker, 1), "--set", f"notify.webhook=[{{url = '{secret}'}}]")

    assert refused.code == 2
    assert "notify.webhook can have secrets" in refused.summary["message"]
    assert "s3cr3t" not in refused.out + refused.err
