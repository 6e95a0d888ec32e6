"""A canary secret and a canary message are in nothing a run prints, logs or leaves behind."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.raw_server import CLOSE, Act, RawServer, answer, echo, say, shows
from tests.superoffice.test_canaries import (
    MESSAGE,
    SECRET,
    SHAPES,
    SPELLINGS,
    STATUSES,
    assert_silent,
    parrot,
)

from .given import Ended, Row, Worker, for_associates, raw_up, write_csv

ROWS: list[Row] = [(number, "Away", MESSAGE) for number in range(1, 2 + len(SHAPES))]
SCHEMES = {
    "basic": {"USERNAME": "night", "PASSWORD": SECRET},
    "soticket": {"SCHEME": "soticket", "TICKET": SECRET, "CLIENT_SECRET": SECRET[::-1]},
    "bearer": {"SCHEME": "bearer", "TOKEN": SECRET, "APP_TOKEN": SECRET},
}
BROKEN = {
    "closed": CLOSE,
    "garbage": say(f"HTTP/1.1 {SECRET} {MESSAGE}\r\n\r\n".encode()),
    "another echo": shows("StatusNotAvailable", f"{MESSAGE} {SECRET}"),
    "another status": shows(f"Status{MESSAGE}", SECRET),
}
WRONG: dict[str, list[Row]] = {
    "control characters": [("1", "Away", f"{MESSAGE}\x07")],
    "too long": [("1", "Away", MESSAGE * 20)],
    "a conflict": [("1", "Away", MESSAGE), ("1", "Away", f"{MESSAGE}!")],
    "left out": [("1", "Normal", MESSAGE)],
    "refused": [("4711", "Away", MESSAGE)],
}
UNREADABLE = {
    "an open quote": f'associateId,status,message\n1,Away,"{MESSAGE}',
    "no header": f"1,{MESSAGE}\n1,Away\n",
    "ragged": f"associateId,status\n1,Away,{MESSAGE}\n2,\x00",
    "cut off": f'[{{"associateId": 1, "status": "Away", "message": "{MESSAGE}"',
}


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, no limits, and a canary for a password."""
    for name, value in {
        "AUTH__PASSWORD": SECRET,
        "DELIVERY__ATTEMPTS": "1",
        "DELIVERY__OUTAGE_PATIENCE": "0.1",
        "DELIVERY__PROBE_INTERVAL": "0.02",
        "SAFETY__MAX_FAILURES": "none",
        "SAFETY__MAX_INVALID": "none",
    }.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_{name}", value)


def assert_kept(worker: Worker, *ended: Ended) -> None:
    """Neither canary was printed or reported; the journal and failed.csv hold messages, and no secret."""
    for each in ended:
        assert_silent(each.out + each.err)
    for path in worker.state.rglob("*"):
        if path.is_file():
            content = path.read_bytes().decode("utf-8", "replace").replace("\x00", "")
            theirs = path.name in ("failed.csv", "unprocessed.csv") or path.name.startswith("journal")
            assert_silent(content.replace("Singdrossel", "") if theirs else content)


def run(worker: Worker) -> tuple[Ended, ...]:
    """Deliver a job, talking as much as possible, in both ways of talking."""
    job = write_csv(worker.folder / "job.csv", ROWS)
    told = worker("run", job, "-vv", "--concurrency", "1")
    return told, worker.call("report", "last", *worker.options_of("report"), "-vv")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_good_night(
    scheme: str, worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service was told both, and nobody else heard of them."""
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__USERNAME")
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__PASSWORD")
    for name, value in SCHEMES[scheme].items():
        monkeypatch.setenv(f"PRESENCE_WORKER_AUTH__{name}", value)
    with raw_up() as server:
        worker = worker_on(server)

        ended = run(worker)

    assert ended[0].code == 0
    assert MESSAGE.encode() in server.puts[0].body.replace(b'\\"', b'"')
    assert_kept(worker, *ended)


@pytest.mark.parametrize("status", STATUSES)
def test_a_service_that_tells_everything(status: int, worker_on: Callable[[RawServer], Worker]) -> None:
    """It quotes what it was sent in every answer, in all shapes: none of it comes out."""
    spellings = list(SPELLINGS.values())
    script = [parrot(status, spellings[n % len(spellings)], shape) for n, shape in enumerate(SHAPES.values())]
    with raw_up(script[0], echo, *script) as server:
        worker = worker_on(server)

        ended = run(worker)

    assert_kept(worker, *ended)


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN)
def test_a_service_that_falls_apart(act: Act, worker_on: Callable[[RawServer], Worker]) -> None:
    """Broken answers and echoes of something else are told without quoting them."""
    with raw_up(act, echo) as server:
        worker = worker_on(server)

        ended = run(worker)

    assert ended[0].code in (3, 6)
    assert_kept(worker, *ended)


@pytest.mark.parametrize("rows", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_job_that_is_wrong(command: str, rows: list[Row], worker_on: Callable[[RawServer], Worker]) -> None:
    """A fault is told by its place and its kind: what stands there may be a reason of absence."""
    with raw_up(for_associates({4711: answer(404, MESSAGE.encode())})) as server:
        worker = worker_on(server)
        job = write_csv(worker.folder / "job.csv", rows)

        ended = [
            worker.call(command, str(job), *worker.options_of(command), *more)
            for more in (["-vv"], ["--json"])
        ]

    assert_kept(worker, *ended)


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_status_that_is_not_understood(command: str, worker: Worker) -> None:
    """It may be a reason of absence: the list of values not mapped has it, and no log or detail."""
    job = write_csv(worker.folder / "job.csv", [("1", MESSAGE, MESSAGE)])

    ended = [
        worker.call(command, str(job), *worker.options_of(command), *more) for more in (["-vv"], ["--json"])
    ]

    assert [each.out.count("Singdrossel") for each in ended] == [1, 1]
    for path in worker.state.rglob("summary.json"):
        path.write_text(path.read_text("utf-8").replace("Singdrossel", "", 1), "utf-8")
    assert_kept(worker, *(replace(each, out=each.out.replace("Singdrossel", "")) for each in ended))


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_a_job_that_cannot_be_read(text: str, worker: Worker) -> None:
    """Where it cannot be read the place is told, and not what stands there."""
    (worker.folder / "job").write_text(text, "utf-8")

    ended = [worker.call("run", "job", *worker.options, *more) for more in (["-vv"], ["--json"])]

    assert_kept(worker, *ended)


def test_a_proxy_s_password_is_not_kept(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal keeps the settings, but no address with a password in it."""
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__PROXY", "http://night:Kanarienvogel@127.0.0.1:9")

    ended = run(worker)

    assert ended[0].code == 6
    assert_kept(worker, *ended)


def test_a_secret_on_the_command_line_is_no_option(worker: Worker) -> None:
    """Who tries that is told which options there are, and the secret is not repeated."""
    ended = worker("run", "job.csv", f"--password={SECRET}")

    assert ended.code == 2
    assert_silent(ended.out + ended.err)
