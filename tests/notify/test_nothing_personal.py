"""Canaries: whatever way a command ends, nothing personal and no secret leaves the machine in a message."""

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from presence_worker.journal import target_lock
from tests.raw_server import HANG, Act, RawServer, answer
from tests.run.given import (
    Ended,
    Worker,
    for_associates,
    raw_up,
    started,
    wait_until,
    write_csv,
)
from tests.run.given import ended as wait_for_end

from .conftest import Receiver

PERSON = 918273  # an associateId
LOGIN, MAIL = "kanarie.hansen", "kanarie@hansen.example"
COMMENT, CODE, COLUMN = "Singdrossel", "SYG-KANARIE", "Kanariekolonne"
PASSWORD, TOKEN, SIGNING = "Kanarienvogel-7Q", "t0k3n-kanarie", "czNjcjN0LWM0bjRyeS1zM2NyM3QtYzRuNHJ5"
ANSWER = "kanarie-answer"  # words of the service
CANARIES = (
    str(PERSON),
    *LOGIN.split("."),
    MAIL,
    COMMENT,
    CODE,
    COLUMN,
    PASSWORD,
    TOKEN,
    SIGNING,
    ANSWER,
    "NotAvailable",
)
FORMATS = ("json", "slack", "teams", "ntfy")
Way = Callable[[Worker, RawServer], list[Ended]]  # ends commands; the last one has the exit code


def job(worker: Worker, status: str = "StatusNotAvailable", *more: int) -> Path:
    rows = [(number, status, COMMENT) for number in (PERSON, *more)]
    return write_csv(worker.folder / "job.csv", rows)


def text_job(worker: Worker, text: str) -> Path:
    path = worker.folder / "text.csv"
    path.write_text(text, "utf-8")
    return path


def finish(worker: Worker, _: RawServer) -> list[Ended]:
    return [worker("run", job(worker))]


def crash(worker: Worker, _: RawServer) -> list[Ended]:
    def fail(*_: object) -> None:
        raise ValueError(f"{PERSON} {COMMENT} {PASSWORD}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("presence_worker.run.commands.Session", fail)
        return [worker("run", job(worker))]


def misuse(worker: Worker, _: RawServer) -> list[Ended]:
    config = worker.folder / "faulty.toml"
    config.write_text(f"[auth]\npassword = '{PASSWORD}'\n[safety]\npercent_floor = '{COMMENT}'\n")
    return [
        worker("run", job(worker), "--set", f"auth.password={PASSWORD}"),
        worker("run", job(worker), "--max-failures", TOKEN),
        worker("run", job(worker), "--config", config),
    ]


def reject(worker: Worker, _: RawServer) -> list[Ended]:
    return [worker("run", job(worker, "StatusNotAvailable", 400))]


def refuse(worker: Worker, _: RawServer) -> list[Ended]:
    return [
        worker("run", job(worker, CODE)),
        worker("run", text_job(worker, f"{COLUMN},{LOGIN}\n{PERSON},{COMMENT}\n")),
        worker("run", text_job(worker, f"associateId,{COMMENT},{MAIL}\n{PERSON},{CODE},{LOGIN}\n")),
        worker("run", text_job(worker, f'associateId,status,message\n{PERSON},Away,"{COMMENT}')),
    ]


def hold(worker: Worker, _: RawServer) -> list[Ended]:
    return [worker("run", job(worker, "Away", 2), "--max-changes", "1")]


def stop(worker: Worker, _: RawServer) -> list[Ended]:
    return [worker("run", job(worker, "StatusNotAvailable", 401))]


def lock(worker: Worker, _: RawServer) -> list[Ended]:
    with target_lock(worker.url, worker.state):
        return [worker("run", job(worker))]


def be_late(worker: Worker, _: RawServer) -> list[Ended]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "1d")
        return [worker("notify", "--late")]


def interrupt(number: int) -> Way:
    def signal_run(worker: Worker, server: RawServer) -> list[Ended]:
        options = (*worker.options, "--set", "delivery.drain=0")
        with started("run", job(worker, "StatusNotAvailable", 999), *options) as process:
            wait_until(lambda: len(server.requests) > 1)
            process.send_signal(number)
            return [wait_for_end(process)]

    return signal_run


WAYS: Mapping[int | None, tuple[int, Way]] = {  # exit code of the message: that of the command
    0: (0, finish),
    1: (1, crash),
    2: (2, misuse),
    3: (3, reject),
    4: (4, refuse),
    5: (5, hold),
    6: (6, stop),
    7: (7, lock),
    130: (130, interrupt(signal.SIGINT)),
    143: (143, interrupt(signal.SIGTERM)),
    None: (6, be_late),
}
ACTS: Mapping[int, Act] = {
    400: answer(400, ANSWER.encode()),
    401: answer(401, ANSWER.encode()),
    999: HANG,
}


@pytest.fixture
def all_formats(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Everything is sent, with details, in each format; all of it waits for one broken channel."""
    url = f"{receiver.server.url}/{TOKEN}"
    hooks = [{"url": url, "format": each, "secret": SIGNING} for each in FORMATS]
    broken = {"url": f"http://127.0.0.1:1/{TOKEN}", "name": "broken"}
    settings = {"WEBHOOK": json.dumps([*hooks, broken]), "ON": "all", "DETAILS": "true", "TIMEOUT": "5"}
    settings |= {"PING": json.dumps([{"url": url}])}
    for name, value in settings.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_NOTIFY__{name}", value)
    for name, value in {"OUTAGE_PATIENCE": "0.1", "ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_DELIVERY__{name}", value)
    return receiver


def assert_nothing_personal(receiver: Receiver, worker: Worker, log: str = "") -> None:
    """No canary is in a message, in the outbox, or in what the log says of messages."""
    bodies = [request.body.decode() for request in receiver.server.requests]
    outbox = [path.read_bytes().decode("utf-8", "replace") for path in (worker.state / "outbox").iterdir()]
    lines = [line for line in log.splitlines() if '"notify.' in line]
    assert [canary for canary in CANARIES for text in (*bodies, *outbox, *lines) if canary in text] == []


@pytest.mark.parametrize("code", WAYS)
def test_a_message_has_nothing_personal(
    code: int | None, all_formats: Receiver, worker_on: Callable[[RawServer], Worker]
) -> None:
    """For every exit code: comment, HR's code, names, credentials and associateId stay here."""
    expected, way = WAYS[code]

    with raw_up(for_associates(ACTS)) as server:
        worker = worker_on(server)
        ended = way(worker, server)

    sent = [json.loads(each.body) for each in all_formats.server.requests if each.body[:6] == b'{"id":']
    assert (ended[-1].code, sent[-1]["exit_code"], len(sent)) == (expected, code, len(ended))
    assert_nothing_personal(all_formats, worker, "".join(each.err for each in ended))
