"""`doctor` as its caller sees it: what is told, in which form, and with which exit code."""

import json

import pytest

from presence_worker.checkup.table import CHECKS
from presence_worker.sandbox import Sandbox, Unknowns
from tests.raw_server import answer
from tests.run.given import Worker, away, next_words, write_csv

from .given import API, PRINCIPAL, Doctor, answering, service_up


@pytest.mark.covers("GET `/api`")
@pytest.mark.covers("GET `/api/v1/User/currentPrincipal`")
def test_a_service_that_is_well(doctor: Doctor, sandbox: Sandbox) -> None:
    """All is ok, exit 0; the service was asked a few questions, and nothing was written anywhere."""
    examined = doctor(sandbox.url)

    summary = examined.summary
    assert (examined.ended.code, summary["exit_code"], summary["state"]) == (0, 0, "checked")
    assert {check["verdict"] for check in summary["checks"]} == {"ok"}
    assert (summary["message"], summary["next"]) == ("a run can begin; nothing is wrong", None)
    assert summary["target"] == sandbox.url
    assert examined.told("version").words == "SuperOffice 10.5 (presence-worker sandbox)"
    assert examined.told("user").words == "night, associate 1"
    assert {entry.method for entry in sandbox.record} == {"GET"}
    assert [entry.path for entry in sandbox.record][:2] == [API, PRINCIPAL]
    assert len(sandbox.record) <= 6
    assert list(doctor.worker.folder.iterdir()) == []


def test_the_service_inside(worker: Worker) -> None:
    """--sandbox needs no configuration, and finds nothing wrong."""
    ended = worker.call("doctor", "--sandbox", "--json")

    assert (ended.code, ended.summary["target"]) == (0, "sandbox")
    assert {check["verdict"] for check in ended.summary["checks"]} == {"ok", "skipped"}


def test_the_first_question_shows_no_credential(doctor: Doctor) -> None:
    """Whatever is there is asked what it is before it sees a password."""
    with answering() as server:
        doctor(server.url)

    shown = [bool(request.header("Authorization")) for request in server.requests]
    assert shown == [False, *[True] * (len(shown) - 1)]


def test_people_read_it_in_80_columns(doctor: Doctor) -> None:
    """A line for each check, with the remedy below what is wrong; only paths may be longer."""
    with service_up(unknowns=Unknowns(forbid=frozenset({"query"}))) as sandbox:
        ended = doctor.worker.call("doctor", "--base-url", sandbox.url, "--state-dir", "state")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert max(len(line) for line in lines if str(doctor.worker.folder) not in line) <= 80
    assert any(line.startswith("warning  all users        the query of all users is not") for line in lines)
    assert f"{'':26}-> have it permitted to this user, or use another one" in lines
    assert lines[-1] == "A run can begin; 2 warnings."


def test_quiet_is_quiet(doctor: Doctor, sandbox: Sandbox) -> None:
    """-q says something only where something is wrong."""
    options = ("doctor", "--state-dir", str(doctor.state), "-q")

    good = doctor.worker.call(*options, "--base-url", sandbox.url)
    bad = doctor.worker.call(*options)

    assert (good.code, good.out, good.err) == (0, "", "")
    assert (bad.code, bad.out) == (2, "")
    assert bad.err.startswith("presence-worker: 1 fault: mend what is told")


def test_it_can_be_asked_again_as_printed(doctor: Doctor) -> None:
    """With every exit but 0, `next` is the same examination, from anywhere."""
    with answering({PRINCIPAL: answer(401)}) as server:
        examined = doctor(server.url, "--write-check", "1", "--rate", "7")

        again = doctor.worker.call(*next_words(examined.ended), "--json")

    assert (examined.ended.code, examined.summary["state"]) == (6, "stopped")
    assert examined.ended.err.splitlines()[-1] == f"Next: {examined.summary['next']}"
    assert examined.summary["next"].endswith("--rate 7 --write-check 1")
    assert again.summary["checks"] == examined.summary["checks"]


def test_what_cannot_be_asked_is_skipped_with_the_reason(doctor: Doctor) -> None:
    """The one at the bottom of it is named, and no other check is left out."""
    examined = doctor("http://127.0.0.1:9")

    told = {check["name"]: check for check in examined.summary["checks"]}
    after = {name for name, check in told.items() if check["words"] == "after version"}
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
    assert examined.summary["message"].startswith("2 faults: ")


def test_the_last_job_tells_what_to_expect(worker: Worker, doctor: Doctor) -> None:
    """The rows of the last finished run count, not all users."""
    worker("run", write_csv(worker.folder / "job.csv", away([1, 2, 3])))

    examined = doctor(worker.url)

    assert examined.told("rate").words == "the 3 rows of the last job take up to 0.3 s"


def test_output_is_one_object_beside_the_log(doctor: Doctor, sandbox: Sandbox) -> None:
    """Standard error has JSON lines only."""
    ended = doctor(sandbox.url, "-vv").ended

    assert ended.out.count("\n") == 1
    assert all(json.loads(line) for line in ended.err.splitlines())
