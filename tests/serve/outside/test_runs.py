"""Runs by HTTP: what each role sees of them, and what people do with them."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from .served import Caller, Outside, Place, csv_job, serving

MakePlace = Callable[..., Place]
MANY = 25  # rows: more than safety.max_changes
SECRET = "Knee operation"
RUNS = "/api/v1/runs"
NUMBERS = itertools.count(1)


def run_of(service: Outside, body: bytes, query: str = "?target=north") -> str:
    """Hand a job in and wait for its end; return the id of its run."""
    importer = service.by("importer")
    found: str = importer.finished(importer.hand_in(body, query))["run_id"]
    return found


def held(service: Outside, start: int = 100) -> str:
    """Make a run that a safety limit holds; nobody has its comment yet."""
    comment = f"{SECRET} {next(NUMBERS)}"
    return run_of(service, csv_job([(n, "StatusNotAvailable", comment) for n in range(start, start + MANY)]))


def seen(caller: Caller, run: str) -> str:
    """Give the ETag of a run, which its JSON says as well."""
    answer = caller.get(f"{RUNS}/{run}")
    etag = answer.header("ETag")
    assert etag
    assert answer.json["etag"].strip('"') == etag.strip('"')
    return etag


def state_of(caller: Caller, run: str) -> str:
    """Give the state of a run."""
    found: str = caller.get(f"{RUNS}/{run}").json["state"]
    return found


def test_a_run_is_its_summary(served: Outside) -> None:
    """Who may `read` gets the summary, without values that were not understood, examples and changes."""
    run = run_of(served, csv_job([(1, "Long weekend", SECRET), (2, "StatusNotAvailable", SECRET)]))

    answer = served.by("watcher").get(f"{RUNS}/{run}")

    assert answer.json["run_id"] == run
    assert answer.json["state"] == "finished"
    assert answer.json["counts"]["invalid"] == 1
    assert "Long weekend" not in answer.text
    assert SECRET not in answer.text
    assert "unmapped" not in answer.json
    listed = served.by("watcher").get(RUNS)
    assert run in [each["run_id"] for each in listed.json["runs"]]
    assert SECRET not in listed.text


def test_runs_are_newest_first(served: Outside) -> None:
    """The list begins with the run that was begun last."""
    first, second = (run_of(served, csv_job(1)) for _ in range(2))

    ids = [each["run_id"] for each in served.by("watcher").get(RUNS).json["runs"]]

    assert ids.index(second) < ids.index(first)


def test_reports_need_read_and_rows_need_rows(served: Outside) -> None:
    """Pages and reports are for `read`; the files with the cells of a job are for `rows`."""
    run = run_of(served, csv_job([(1, "Long weekend", SECRET), (2, "StatusNotAvailable", "x")]))
    watcher, hr = served.by("watcher"), served.by("hr")

    page, table, lines = (watcher.get(f"{RUNS}/{run}/report.{kind}") for kind in ("html", "csv", "jsonl"))
    refused = watcher.get(f"{RUNS}/{run}/failed.csv")
    failed = hr.get(f"{RUNS}/{run}/failed.csv")
    missing = hr.get(f"{RUNS}/{run}/unprocessed.csv")

    assert (page.status, table.status, lines.status) == (200, 200, 200)
    assert "sandbox" in (page.header("Content-Security-Policy") or "")
    assert (table.header("Content-Disposition") or "").startswith("attachment")
    assert (lines.header("Content-Disposition") or "").startswith("attachment")
    assert (refused.status, failed.status, missing.status) == (403, 200, 404)
    assert "Long weekend" in failed.body.decode("utf-8-sig")
    for name in ("journal.sqlite", "summary.json", "report.txt", "..%2f..%2fpresence-worker.toml"):
        assert served.by("boss").get(f"{RUNS}/{run}/{name}").status == 404


def test_changes_are_for_those_who_decide(served: Outside) -> None:
    """What a held run would change is for `approve` and `rows`, and no reason of absence is among it."""
    run = held(served)

    watcher, admin, hr = (served.by(name).get(f"{RUNS}/{run}") for name in ("watcher", "admin", "hr"))

    assert watcher.json["state"] == "held"
    assert SECRET not in watcher.text + admin.text
    assert "changes" not in watcher.json
    assert len(admin.json["changes"]) > 0
    assert len(hr.json["changes"]) > 0


def test_somebody_else_approves(served: Outside) -> None:
    """An approver applies a held run as it was seen; who did is in its summary."""
    run, admin = held(served, 200), served.by("admin")

    answer = admin.press(run, "apply", seen(admin, run))
    job = admin.finished(answer.header("Location") or "")

    assert answer.status == 202
    assert (job["state"], job["exit_code"], job["run_id"]) == ("finished", 0, run)
    assert "admin" in admin.get(f"{RUNS}/{run}").text


def test_what_was_not_seen_is_not_approved(served: Outside) -> None:
    """Without `seen` 400; with another one 409; so is what the run's state does not allow."""
    run, admin = held(served, 300), served.by("admin")
    etag = seen(admin, run)

    answers = [
        admin.press(run, "apply", None),
        admin.post(f"{RUNS}/{run}/apply"),
        admin.post(f"{RUNS}/{run}/apply", b"{", [("Content-Type", "application/json")]),
        admin.press(run, "apply", '"something else"'),
        admin.press(run, "undo", etag),
        admin.post(f"{RUNS}/{run}/stop"),
        served.by("watcher").press(run, "apply", etag),
    ]

    assert [answer.status for answer in answers] == [400, 400, 400, 409, 409, 409, 403]
    assert state_of(admin, run) == "held"


def test_four_eyes(place: MakePlace) -> None:
    """The token that handed a job in may not apply its run: 403; another one may; `four_eyes` can be off."""
    for four_eyes, status in ((True, 403), (False, 202)):
        with serving(place(four_eyes=four_eyes)) as service:
            boss = service.by("boss")
            job = boss.finished(boss.hand_in(csv_job(1), "?plan=true"))
            mine = boss.press(job["run_id"], "apply", seen(boss, job["run_id"]))

        assert mine.status == status


def test_two_approve_at_once(served: Outside) -> None:
    """Of several who press at the same time one gets 202, and the others 409."""
    run, admin = held(served, 400), served.by("admin")
    etag = seen(admin, run)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: admin.press(run, "apply", etag), range(6)))
    done = admin.finished(next(a.header("Location") or "" for a in answers if a.status == 202))

    assert sorted(answer.status for answer in answers) == [202, *[409] * 5]
    assert done["state"] == "finished"
    assert admin.press(run, "apply", etag).status == 409


def test_a_run_is_undone(served: Outside) -> None:
    """Undo is a job of its own, with a run of its own."""
    run, admin = run_of(served, csv_job([(700, "StatusNotAvailable", "x")])), served.by("admin")

    job = admin.finished(admin.press(run, "undo", seen(admin, run)).header("Location") or "")

    assert (job["state"], job["exit_code"]) == ("finished", 0)
    assert job["run_id"] != run


def test_a_run_is_stopped_and_resumed(place: MakePlace) -> None:
    """Stop is 202 with the job at work; the run ends stopped with 143; it goes on only when somebody says."""
    somewhere = place()
    quick = somewhere.common
    somewhere.common = quick.replace("rate = 5000\nburst = 100", "rate = 0.5")  # it is not over too soon
    with serving(somewhere) as service:
        admin, path = service.by("admin"), service.by("importer").hand_in(csv_job(20))
        works = admin.until(path, lambda job: bool(job["run_id"]) and job["state"] == "working")
        run = works["run_id"]
        admin.until(f"{RUNS}/{run}", lambda seen: seen.get("state") == "running")  # its rows are stored
        answer = admin.post(f"{RUNS}/{run}/stop")
        stopped = admin.finished(path)
        once_more = admin.post(f"{RUNS}/{run}/stop")
    somewhere.common = quick
    with serving(somewhere) as service:
        admin = service.by("admin")
        resumed = admin.press(run, "resume", seen(admin, run))
        done = admin.finished(resumed.header("Location") or "")

    assert (answer.status, answer.header("Location")) == (202, path)
    assert (stopped["state"], stopped["exit_code"]) == ("stopped", 143)
    assert (once_more.status, resumed.status) == (409, 202)
    assert (done["state"], done["exit_code"], done["run_id"]) == ("finished", 0, run)


@pytest.mark.parametrize("action", ["apply", "resume", "undo", "stop"])
def test_actions_need_approve(served: Outside, action: str) -> None:
    """Neither `submit` nor `read` nor `rows` is enough, and nobody without a token."""
    run = run_of(served, csv_job(1))
    names = ("importer", "watcher", "hr", None)

    answers = [served.by(name).press(run, action, '"x"').status for name in names]

    assert answers == [403, 403, 403, 401]
