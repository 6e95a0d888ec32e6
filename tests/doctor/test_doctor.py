"""`doctor` as its caller sees it: what is told, in which form, and with which exit code."""

import json
import signal
import sys

import pytest

from presence_worker.doctor.checks import CHECKS
from presence_worker.sandbox import Assumptions, Sandbox
from tests.raw_server import HANG, answer
from tests.run.given import Worker, away, ended, next_words, started, wait_until, write_csv

from .given import API, PRINCIPAL, Doctor, answering, service_up


@pytest.mark.covers("GET `/api`")
@pytest.mark.covers("GET `/api/v1/User/currentPrincipal`")
def test_a_service_that_is_well(doctor: Doctor, sandbox: Sandbox) -> None:
    """All is ok, exit 0; the service was asked a few questions, and nothing was written anywhere."""
    examined = doctor(sandbox.url)

    summary = examined.summary
    assert (examined.ended.code, summary["exit_code"], summary["state"]) == (0, 0, "checked")
    assert {check["verdict"] for check in summary["checks"]} == {"ok"}
    assert (summary["message"], summary["next"]) == ("A run can start. No errors, no warnings", None)
    assert summary["target"] == sandbox.url
    assert examined.told("version").words == "SuperOffice 10.5 (presence-worker sandbox)"
    assert examined.told("user").words == "night, associate ID 1"
    assert {entry.method for entry in sandbox.record} == {"GET"}
    assert [entry.path for entry in sandbox.record][:2] == [API, PRINCIPAL]
    assert len(sandbox.record) <= 6
    assert list(doctor.worker.folder.iterdir()) == []


def test_the_service_inside(worker: Worker) -> None:
    """--sandbox needs no configuration, and finds nothing wrong."""
    told = worker.call("doctor", "--sandbox", "--json")

    assert (told.code, told.summary["target"]) == (0, "sandbox")
    assert {check["verdict"] for check in told.summary["checks"]} == {"ok", "skipped"}


def test_the_first_question_shows_no_credential(doctor: Doctor) -> None:
    """Whatever is there is asked what it is before it sees a password."""
    with answering() as server:
        doctor(server.url)

    shown = [bool(request.header("Authorization")) for request in server.requests]
    assert shown == [False, *[True] * (len(shown) - 1)]


def test_people_read_it_in_80_columns(doctor: Doctor) -> None:
    """A line for each check, with the remedy below what is wrong; only paths may be longer."""
    with service_up(assumptions=Assumptions(forbid=frozenset({"query"}))) as sandbox:
        told = doctor.worker.call("doctor", "--base-url", sandbox.url, "--state-dir", "state")

    lines = told.out.splitlines()
    assert told.code == 0
    assert max(len(line) for line in lines if str(doctor.worker.folder) not in line) <= 80
    assert any(line.startswith("warning  all users        the list of all users is not") for line in lines)
    assert f"{'':26}-> ask the CRM administrator to give this user the" in lines
    assert lines[-2:] == ["A run can start. 2 warnings.", "Help: presence-worker manual sign-in"]


def test_quiet_is_quiet(doctor: Doctor, sandbox: Sandbox) -> None:
    """-q says something only where something is wrong."""
    options = ("doctor", "--state-dir", str(doctor.state), "-q")

    good = doctor.worker.call(*options, "--base-url", sandbox.url)
    bad = doctor.worker.call(*options)

    assert (good.code, good.out, good.err) == (0, "", "")
    assert (bad.code, bad.out) == (2, "")
    assert bad.err.startswith("presence-worker: 1 error. Fix it and run doctor again")


def test_it_can_be_asked_again_as_printed(doctor: Doctor) -> None:
    """With every exit but 0, `next` is the same examination, from anywhere."""
    with answering({PRINCIPAL: answer(401)}) as server:
        examined = doctor(server.url, "--write-check", "1", "--rate", "7")

        again = doctor.worker.call(*next_words(examined.ended), "--json")

    assert (examined.ended.code, examined.summary["state"]) == (6, "stopped")
    assert examined.ended.err.splitlines()[-1] == f"Next: {examined.summary['next']}"
    assert examined.summary["next"].endswith("--rate 7 --write-check 1")
    assert [(check["name"], check["verdict"]) for check in again.summary["checks"]] == [
        (check["name"], check["verdict"]) for check in examined.summary["checks"]
    ]  # the words tell of the room on the disk, which others use as well


def test_what_it_is_told_by_the_surroundings_is_repeated(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed command may be typed in another directory."""
    monkeypatch.setenv("PRESENCE_WORKER_STORAGE__STATE_DIR", "kept here")

    told = doctor.worker.call("doctor", "--json")

    place = doctor.worker.folder / "kept here"
    assert told.code == 2
    assert next_words(told) == ["doctor", "--state-dir", str(place)]


def test_what_cannot_be_asked_is_skipped_with_the_reason(doctor: Doctor) -> None:
    """The one at the bottom of it is named, and no other check is left out."""
    examined = doctor("http://127.0.0.1:9")

    told = {check["name"]: check for check in examined.summary["checks"]}
    after = {name for name, check in told.items() if check["words"] == "correct first: version"}
    assert examined.ended.code == 6
    assert examined.by("fault") == ["version"]
    assert after == {"clock", "sign-in", "user", "all users", "presence", "read first"}
    assert {check["verdict"] for name, check in told.items() if name in after} == {"skipped"}
    assert set(told) == {name for name, check in CHECKS.items() if check.concerns.__name__ == "_always"} - {
        "secret files"
    }


def test_what_is_wrong_here_comes_first(doctor: Doctor) -> None:
    """Exit 2 where something on this side is wrong, whatever else is."""
    doctor.state.write_text("a file")

    examined = doctor("http://127.0.0.1:9")

    assert examined.by("fault") == ["state directory", "version"]
    assert (examined.ended.code, examined.summary["state"]) == (2, "refused")
    assert examined.summary["message"].startswith("2 errors. ")


def test_the_last_job_tells_what_to_expect(worker: Worker, doctor: Doctor) -> None:
    """The rows of the last finished run count, not all users."""
    worker("run", write_csv(worker.folder / "job.csv", away([1, 2, 3])))

    examined = doctor(worker.url)

    assert (
        examined.told("rate").words == "the 3 rows of the last job take up to 9 requests: about 0.9 s at 10/s"
    )


def test_output_is_one_object_beside_the_log(doctor: Doctor, sandbox: Sandbox) -> None:
    """Standard error has JSON lines only."""
    told = doctor(sandbox.url, "-vv").ended

    assert told.out.count("\n") == 1
    assert all(json.loads(line) for line in told.err.splitlines())


@pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_can_be_stopped(number: int, code: int, doctor: Doctor) -> None:
    """While somebody does not answer: it leaves at once, in order, and says so."""
    with answering({API: HANG}) as server:
        options = ("--base-url", server.url, "--state-dir", str(doctor.state), "--json")
        with started("doctor", *options) as process:
            wait_until(lambda: len(server.requests) == 1)
            process.send_signal(number)
            done = ended(process)

    assert (done.code, done.summary["exit_code"], done.summary["state"]) == (code, code, "stopped")
    assert done.err.splitlines() == [
        "presence-worker: stopped by a signal before all checks were made",
        "Help: presence-worker manual exit-codes",
        f"Next: {done.summary['next']}",
    ]
