"""What becomes of a job when its run ends, dies or is stopped."""

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.campaigns.size import waits_long
from tests.raw_server import answer
from tests.run.given import PATIENCE, called, raw_up, started, wait_until

from .raw_client import once
from .served import Outside, Place, csv_job, serving, surroundings

MakePlace = Callable[..., Place]
pytestmark = [
    pytest.mark.campaign,  # the same, faster: test_restart.py, test_waiting.py … in tests/serve
    pytest.mark.skipif(sys.platform == "win32", reason="signals do not exist there"),
]


def slowed(place: Place, rate: float) -> Place:
    """Let the runs of a place take their time."""
    place.common = place.common.replace("rate = 5000\nburst = 100", f"rate = {rate}")
    return place


def ready(service: Outside) -> tuple[int, str | None]:
    """Give what /readyz says."""
    found = once(service.url, "GET", "/readyz")
    return found.status, found.json.get("status")


def sent_of(sandbox: Sandbox) -> list[str]:
    """Give the paths of the PUTs that came."""
    return [put.path for put in tuple(sandbox.record) if put.method == "PUT"]


def test_a_killed_run_goes_on(place: MakePlace, superoffice: Sandbox) -> None:
    """After a kill in mid-run the next start finishes the same run; only rows in doubt are sent again."""
    somewhere = slowed(place(), 40)
    with serving(somewhere) as service:
        path = service.by("importer").hand_in(csv_job(20))
        wait_until(lambda: len(sent_of(superoffice)) >= 6)
        run = service.by("importer").job(path)["run_id"]
        service.process.kill()
        service.process.wait()
    with serving(somewhere) as service:
        job = service.by("importer").finished(path)

    assert (job["state"], job["exit_code"]) == ("finished", 0)
    assert run in (None, job["run_id"])
    assert 20 <= len(sent_of(superoffice)) <= 20 + 8


def test_a_run_that_we_stop_goes_on(place: MakePlace, superoffice: Sandbox) -> None:
    """SIGTERM stops a run in order; the next start resumes it, before the jobs that wait."""
    somewhere = slowed(place(), 20)
    with serving(somewhere) as service:
        importer = service.by("importer")
        first, second = (importer.hand_in(csv_job(20)) for _ in range(2))
        wait_until(lambda: len(sent_of(superoffice)) >= 5)
        service.process.terminate()
        code = service.process.wait(60)
    sent = len(sent_of(superoffice))
    with serving(somewhere) as service:
        importer = service.by("importer")
        jobs = [importer.finished(path) for path in (first, second)]

    assert code == 0
    assert sent < 20
    assert [(job["state"], job["exit_code"]) for job in jobs] == [("finished", 0)] * 2
    assert len(sent_of(superoffice)[:20]) == len(set(sent_of(superoffice)[:20])) == 20


@waits_long
def test_a_target_that_is_taken_is_tried_again(place: MakePlace, superoffice: Sandbox) -> None:
    """While somebody at a terminal works on the target (7) the job waits; then it is done."""
    somewhere = slowed(place(), 10)
    job = somewhere.folder / "terminal.csv"
    with serving(somewhere) as service:
        job.write_bytes(csv_job(20))
        words = ("run", job, "--config", somewhere.config, "--state-dir", somewhere.folder / "other")
        with started(*words, env=surroundings(somewhere.folder)) as terminal:
            wait_until(lambda: len(sent_of(superoffice)) >= 1)
            path = service.by("importer").hand_in(csv_job(1))
            time.sleep(0.5)
            waiting = service.by("importer").job(path)
            terminal.wait(PATIENCE)
        done = service.by("importer").finished(path)

    assert waiting["state"] in ("waiting", "working")
    assert waiting["run_id"] is None
    assert done["state"] == "finished"


def test_refused_credentials_stop_the_queue(place: MakePlace) -> None:
    """One wrong password is enough: the target's queue waits until SIGHUP."""
    with raw_up(answer(401)) as server:
        somewhere = place()
        somewhere.targets = {"": server.url}
        with serving(somewhere) as service:
            importer = service.by("importer")
            first = importer.finished(importer.hand_in(csv_job(2)))
            second = importer.hand_in(csv_job(2))
            wait_until(lambda: ready(service)[0] == 503)
            status, asked = ready(service), len(server.requests)
            time.sleep(0.5)
            state, later = importer.job(second)["state"], len(server.requests)
            service.process.send_signal(signal.SIGHUP)
            wait_until(lambda: importer.job(second)["state"] not in ("waiting", "working"))

    assert (first["state"], first["exit_code"]) == ("stopped", 6)
    assert status == (503, "credentials")
    assert (state, later) == ("waiting", asked)


def test_an_outage_waits_for_a_person(place: MakePlace) -> None:
    """6 is the end: the run is stopped, and a person resumes it; the next job runs."""
    with raw_up(answer(500)) as server:
        somewhere = place()
        somewhere.targets = {"": server.url}
        somewhere.common = "[delivery]\nrate = 5000\noutage_patience = 0\nattempts = 1\nread_before = 'off'\n"
        with serving(somewhere) as service:
            importer = service.by("importer")
            path = importer.hand_in(csv_job(2))
            job = importer.finished(path)

    assert job["state"] in ("stopped", "finished")
    assert job["exit_code"] in (3, 6)


def test_a_broken_target_uses_no_job_up(place: MakePlace, tmp_path: Path, superoffice: Sandbox) -> None:
    """2: the target's queue waits and says so; the other target works; no job is used up."""
    somewhere = place()
    somewhere.targets = {"good": superoffice.url, "bad": superoffice.url.replace("127.0.0.1", "localhost")}
    broken = tmp_path / "targets" / "bad.toml"
    with serving(somewhere) as service:
        importer, whole = service.by("importer"), broken.read_text("utf-8")
        broken.write_text("[target]\nbase_url = 7\n")
        service.process.send_signal(signal.SIGHUP)
        waits = importer.submit(csv_job(1), "?target=bad")
        good = importer.finished(importer.hand_in(csv_job(1), "?target=good"))
        status, state = ready(service), importer.job(waits.header("Location") or "")["state"]
        broken.write_text(whole)
        service.process.send_signal(signal.SIGHUP)
        done = importer.finished(waits.header("Location") or "")

    assert (waits.status, good["state"], state) == (202, "finished", "waiting")
    assert status[0] == 200
    assert done["state"] == "finished"


def test_a_broken_common_file_keeps_the_old_one(place: MakePlace) -> None:
    """SIGHUP with a broken file changes nothing for those who hand jobs in."""
    somewhere = place()
    with serving(somewhere) as service:
        somewhere.config.write_text("this is no TOML")
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        health = once(service.url, "GET", "/healthz").status
        answer_ = service.by("importer").submit(csv_job(1))
        listed = service.by("importer").get("/api/v1/jobs").status

    assert (health, listed) == (200, 200)
    assert answer_.status == 202


def test_a_reload_changes_tokens(place: MakePlace) -> None:
    """After SIGHUP a token that was taken out lets nobody in any more, and a new one does."""
    somewhere = place()
    with serving(somewhere) as service:
        somewhere.tokens = {"newcomer": ("submit",)}
        somewhere.write()
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: service.by("newcomer").get("/api/v1/jobs").status == 200)
        old = service.by("importer").get("/api/v1/jobs").status

    assert old == 401


def test_the_queue_at_a_terminal(place: MakePlace) -> None:
    """`queue add` puts a job in while no service runs; the service does it; `queue --json` lists it."""
    somewhere = place()
    words = ("--config", somewhere.write())
    env = surroundings(somewhere.folder)
    job = somewhere.folder / "by hand.csv"
    job.write_bytes(csv_job(2))
    added = called("queue", "add", job, "--label", "by hand", *words, env=env)
    more = called("queue", "add", job, *words, env=env)
    listed = called("queue", "--json", *words, env=env).summary["jobs"]
    gone = called("queue", "cancel", listed[0]["job"], *words, env=env)
    with serving(somewhere) as service:
        boss = service.by("boss")
        wait_until(lambda: all(each["state"] != "waiting" for each in boss.get("/api/v1/jobs").json["jobs"]))
        jobs = boss.get("/api/v1/jobs").json["jobs"]
        done = [boss.finished(f"/api/v1/jobs/{each['job']}") for each in jobs]

    assert (added.code, more.code, gone.code, len(listed)) == (0, 0, 0, 2)
    assert {each["way"] for each in done} == {"command"}
    assert sorted(each["state"] for each in done) == ["cancelled", "finished"]


def test_files_in_a_folder_become_jobs(place: MakePlace, tmp_path: Path) -> None:
    """A file is taken once and moved, with the answer beside it; half files and links are left alone."""
    somewhere = place()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    somewhere.inboxes = [inbox]
    (inbox / "leave.csv").write_bytes(csv_job(2))
    (inbox / "broken.csv").write_bytes(b"no table at all")
    (inbox / "half.csv.part").write_bytes(csv_job(2))
    (inbox / "link.csv").symlink_to(inbox / "leave.csv")
    with serving(somewhere) as service:
        wait_until(lambda: len(list(inbox.glob("*/*/*.result.txt"))) == 2)
        jobs = service.by("watcher").get("/api/v1/jobs").json["jobs"]

    assert sorted(job["label"] for job in jobs) == ["broken.csv", "leave.csv"]
    assert {job["way"] for job in jobs} == {"inbox"}
    (done,) = inbox.glob("done/*/leave.csv")
    (refused,) = inbox.glob("refused/*/broken.csv")
    assert (done.parent / "leave.csv.result.txt").is_file()
    assert (refused.parent / "broken.csv.result.txt").is_file()
    assert sorted(path.name for path in inbox.iterdir() if not path.is_dir()) == ["half.csv.part", "link.csv"]


def test_nothing_is_left_of_a_finished_job(place: MakePlace) -> None:
    """When a run has finished, the content of its job is nowhere in the queue; the state is for us alone."""
    somewhere, canary = place(), b"Kanarienvogel in a comment"
    with serving(somewhere) as service:
        importer = service.by("importer")
        body = csv_job([(1, "StatusNotAvailable", canary.decode())])
        importer.finished(importer.hand_in(body))
        wait_until(lambda: not holding(somewhere.state / "queue", canary))
        modes = {oct(path.stat().st_mode & 0o077) for path in (somewhere.state / "queue").rglob("*")}

    assert modes == {"0o0"}


def holding(folder: Path, words: bytes) -> list[Path]:
    """Find the files that hold these words."""
    found = []
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and words in path.read_bytes():
                found.append(path)
    return found
