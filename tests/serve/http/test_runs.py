"""Runs by HTTP: who sees what of them, their files, and how they are approved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from presence_worker.events import RunStarted
from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay

from .given import Front, idle, tokens, working

pytestmark = pytest.mark.anyio

SICK = "SICK-LEAVE-CANARY"
ROWS = "associateId,status,message\n" + "".join(
    f"{row},StatusNotAvailable,Back soon\n" for row in range(1, 5)
)
HELD: dict[str, Any] = {"safety": {"max_changes": 3}}
NO_RUN = "20261123T020000Z-7f3a"


@asynccontextmanager
async def held(state: Path, by: str = "importer", **sections: Any) -> AsyncIterator[tuple[Front, str]]:
    """Let a service work that has a held run; give its id."""
    async with working(state, **HELD, **sections) as front:
        answer = await front.submit(by, data=ROWS.encode(), X_Filename="changes.csv")
        job = await front.ended(answer.json["job"])
        assert (job["state"], job["exit_code"]) == ("held", 5)
        yield front, job["run_id"]


async def seen(front: Front, run: str, by: str = "boss") -> Any:
    """Give a run as a caller sees it."""
    answer = await front.ask("GET", f"/api/v1/runs/{run}", by)
    assert answer.status == 200
    assert answer.headers["ETag"] == answer.json["etag"]
    return answer.json


async def test_a_held_run_is_approved_as_it_was_seen(tmp_path: Path) -> None:
    """Its changes and the action are there; the answer has the job that it makes, and the run ends well."""
    async with held(tmp_path) as (front, run):
        found = await seen(front, run)
        answer = await front.ask("POST", f"/api/v1/runs/{run}/apply", "boss", _body(found["etag"]))
        job = await front.ended(answer.json["job"])
        after = await seen(front, run)

    assert (found["state"], found["actions"], len(found["changes"])) == ("held", ["apply"], 4)
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['job']}"
    assert (job["run_id"], job["state"], job["exit_code"], job["command"]) == (run, "finished", 0, "apply")
    assert [(each["command"], each["by"]) for each in after["jobs"]] == [
        ("run", "importer"),
        ("apply", "boss"),
    ]
    assert after["etag"] != found["etag"]
    assert after["actions"] == ["undo"]


async def test_a_job_says_how_its_run_is_now(tmp_path: Path) -> None:
    """After the approval, the job that made the run is not held any more: all its fields say the same."""
    async with held(tmp_path) as (front, run):
        before = (await front.ask("GET", "/api/v1/jobs", "importer")).json["jobs"][0]
        etag = (await seen(front, run))["etag"]
        answer = await front.ask("POST", f"/api/v1/runs/{run}/apply", "boss", _body(etag))
        await front.ended(answer.json["job"])
        after = (await front.ask("GET", f"/api/v1/jobs/{before['job']}", "importer")).json
        approval, listed = (await front.ask("GET", "/api/v1/jobs")).json["jobs"]

    assert (before["state"], before["exit_code"], before["headline"][:14]) == ("held", 5, "A safety limit")
    assert (after["state"], after["exit_code"], after["counts"]["updated"]) == ("finished", 0, 4)
    assert after["headline"] == listed["headline"] == approval["headline"] != before["headline"]


async def test_a_job_that_came_to_nothing_says_why(tmp_path: Path) -> None:
    """An approval that found its run moved has its own ending, and not the run's."""
    async with held(tmp_path) as (front, run):
        queue = front.service.queue
        new = NewJob(target="a", command=JobCommand.APPLY, way=JobWay.HTTP, run_id=run, seen="0" * 16)
        job, _ = await front.service.submit(new, None)
        ended = await front.ended(job.id)

        assert queue.find(job.id)
    assert (ended["state"], ended["exit_code"], ended["actions"]) == ("stopped", 2, ["apply"])
    assert run in ended["headline"]


async def test_a_job_is_over_as_soon_as_it_says_so(tmp_path: Path) -> None:
    """While the service still notes what follows an ending, the run can be approved, and not stopped."""
    async with held(tmp_path) as (front, run):
        (job,) = front.service.queue.jobs()
        front.service.live.begin(job.id, "a", "run")(RunStarted(run, "a", "run"))
        found = (await front.ask("GET", f"/api/v1/jobs/{job.id}", "boss")).json
        shown = await seen(front, run)

    assert (found["state"], found["actions"], found["counts"]["not_sent"]) == ("held", ["apply"], 4)
    assert shown["actions"] == ["apply"]


async def test_what_was_not_seen_is_not_approved(tmp_path: Path) -> None:
    """Without `seen` it is 400; with what the run no longer is, 409; of two approvals one comes first."""
    async with held(tmp_path) as (front, run):
        path, etag = f"/api/v1/runs/{run}/apply", (await seen(front, run))["etag"]
        bodies = [None, b"", b"{}", b"[]", b"not JSON", b'{"seen": ""}', b'{"seen": 1}', b'{"seen": "\xff"}']
        missing = [(await front.ask("POST", path, "boss", body)).status for body in bodies]
        moved = await front.ask("POST", path, "boss", _body('"0000000000000000"'))
        large = await front.ask("POST", path, "boss", b" " * 5000)
        packed = await front.ask("POST", path, "boss", _body(etag), Content_Encoding="gzip")
        first = await front.ask("POST", path, "boss", _body(etag))
        second = await front.ask("POST", path, "boss", _body(etag))

    assert missing == [400] * len(bodies)
    assert [moved.status, large.status, packed.status] == [409, 413, 415]
    assert moved.problem
    assert (first.status, second.status) == (202, 409)


async def test_a_state_that_does_not_allow_it_is_409(tmp_path: Path) -> None:
    """A held run is neither resumed nor undone nor stopped."""
    async with held(tmp_path) as (front, run):
        etag = (await seen(front, run))["etag"]
        answers = [
            await front.ask("POST", f"/api/v1/runs/{run}/{command}", "boss", _body(etag))
            for command in ("resume", "undo", "stop")
        ]

    assert [answer.status for answer in answers] == [409] * 3


async def test_a_token_does_not_approve_its_own_job(tmp_path: Path) -> None:
    """Four eyes: 403, and the action is not offered; without the setting it may."""
    async with held(tmp_path, by="admin") as (front, run):
        own = await seen(front, run, "admin")
        refused = await front.ask("POST", f"/api/v1/runs/{run}/apply", "admin", _body(own["etag"]))
        other = await seen(front, run, "boss")

    assert (own["actions"], refused.status, other["actions"]) == ([], 403, ["apply"])
    async with held(tmp_path / "two", by="admin", serve={"four_eyes": False}) as (front, run):
        own = await seen(front, run, "admin")
        taken = await front.ask("POST", f"/api/v1/runs/{run}/apply", "admin", _body(own["etag"]))
    assert (own["actions"], taken.status) == (["apply"], 202)


async def test_changes_are_for_who_approves_and_rows_for_who_has_the_role(tmp_path: Path) -> None:
    """`read` sees how it went; `approve` also the changes; `rows` also values of cells."""
    rows = f"{ROWS}5,{SICK},\n".encode()
    async with working(tmp_path, **HELD) as front:
        job = await front.ended((await front.submit(data=rows)).json["job"])
        each = {name: await seen(front, job["run_id"], name) for name in ("watcher", "boss", "hr")}
        listed = (await front.ask("GET", "/api/v1/runs", "watcher")).json["runs"]

    assert "changes" not in each["watcher"]
    assert len(each["boss"]["changes"]) == len(each["hr"]["changes"]) == 4
    assert SICK in str(each["hr"])
    assert SICK not in str(each["watcher"]) + str(each["boss"]) + str(listed)
    assert not {"unmapped", "filtered", "sentences"} & {*each["watcher"], *each["boss"], *listed[0]}
    assert [run["run_id"] for run in listed] == [job["run_id"]]
    assert each["watcher"]["actions"] == []


async def test_files_are_given_as_they_were_written(tmp_path: Path) -> None:
    """The page under a sandbox policy, all others as attachments; cells only with the role rows."""
    rows = f"{ROWS.replace('4,', 'x,')}".encode()
    async with working(tmp_path) as front:
        job = await front.ended((await front.submit(data=rows)).json["job"])
        path, folder = f"/api/v1/runs/{job['run_id']}", tmp_path / "runs" / job["run_id"]
        links = (await seen(front, job["run_id"], "hr"))["files"]
        given = {name: await front.ask("GET", link, "hr") for name, link in links.items()}
        without = (await seen(front, job["run_id"], "boss"))["files"]
        refused = await front.ask("GET", f"{path}/failed.csv", "boss")
        missing = await front.ask("GET", f"{path}/unprocessed.csv", "hr")
        other = await front.ask("GET", f"{path}/journal.sqlite", "hr")

    assert {*given} == {"report.html", "report.csv", "report.jsonl", "failed.csv"}
    assert {*without} == {"report.html", "report.csv", "report.jsonl"}
    for name, answer in given.items():
        assert (answer.status, answer.body) == (200, (folder / name).read_bytes())
        is_page = name == "report.html"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox ") is is_page
        assert answer.headers.get("Content-Disposition", "").startswith("attachment") is not is_page
    assert [refused.status, missing.status, other.status] == [403, 404, 404]


@pytest.mark.parametrize(
    "header",
    [
        {"Range": "bytes=0-1"},
        {"Range": "bytes=999999999-"},
        {"If_Modified_Since": "Wed, 01 Jan 2110 00:00:00 GMT"},
        {"If_Unmodified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If_None_Match": "*"},
        {"If_Match": '"x"'},
    ],
    ids=str,
)
async def test_a_file_is_always_given_whole(tmp_path: Path, header: dict[str, str]) -> None:
    """A run may write its files again; parts of two versions make no file."""
    async with working(tmp_path) as front:
        job = await front.ended((await front.submit()).json["job"])
        address = f"/api/v1/runs/{job['run_id']}/report.csv"
        answer = await front.ask("GET", address, "watcher", **header)
        head = await front.ask("HEAD", address, "watcher", **header)

    whole = (tmp_path / "runs" / job["run_id"] / "report.csv").read_bytes()
    assert (answer.status, answer.body, head.status) == (200, whole, 200)
    assert int(head.headers["Content-Length"]) == len(whole)
    assert "Accept-Ranges" not in answer.headers


async def test_a_run_is_undone(tmp_path: Path) -> None:
    """Undo makes a run of its own, and the job knows it."""
    async with working(tmp_path) as front:
        job = await front.ended((await front.submit()).json["job"])
        found = await seen(front, job["run_id"])
        answer = await front.ask("POST", f"/api/v1/runs/{job['run_id']}/undo", "boss", _body(found["etag"]))
        undo = await front.ended(answer.json["job"])

    assert (answer.status, undo["state"], undo["command"]) == (202, "finished", "undo")


async def test_a_run_that_works_is_stopped(tmp_path: Path) -> None:
    """The answer has the job at work; the run ends `stopped`, 143, and can be resumed."""
    delivery = {"delivery": {"rate": 50, "burst": 1, "read_before": "off"}}
    rows = "associateId,status\n" + "".join(f"{row},StatusNormal\n" for row in range(1, 200))
    async with working(tmp_path, people=200, **delivery) as front:
        job = (await front.submit(data=rows.encode())).json["job"]
        run = await _run_at_work(front, job)
        live = await seen(front, run)
        answer = await front.ask("POST", f"/api/v1/runs/{run}/stop", "boss")
        ended = await front.ended(job)
        after = await seen(front, run)

    assert live["actions"] == ["stop"]
    assert (answer.status, answer.json["job"], answer.json["state"]) == (202, job, "working")
    assert answer.headers["Location"] == f"/api/v1/jobs/{job}"
    assert (ended["state"], ended["exit_code"]) == ("stopped", 143)
    assert "resume" in after["actions"]


async def _run_at_work(front: Front, job: str) -> str:
    """Wait until a job has a run that sends."""
    async for _ in front.service.live.watch():
        for live in front.service.live.current():
            if live.job_id == job and live.run_id and live.done:
                return live.run_id
    raise AssertionError


async def test_a_run_that_has_just_begun_is_there_to_be_stopped(tmp_path: Path) -> None:
    """Its rows are not stored yet, so that no list has it."""
    async with idle(tmp_path) as front:
        target = front.service.targets.names[0]
        front.service.live.begin("1", target, "run")(RunStarted(NO_RUN, target, "run"))
        answer = await front.ask("POST", f"/api/v1/runs/{NO_RUN}/stop", "boss")

    assert answer.status == 409  # no job of the queue is at work


@pytest.mark.parametrize("run", [NO_RUN, "last", "2026", "..%2f..", "%00"])
async def test_a_run_that_is_not_there_is_404(tmp_path: Path, run: str) -> None:
    """A run has one name: its whole id."""
    async with idle(tmp_path) as front:
        answers = [
            await front.ask("GET", f"/api/v1/runs/{run}"),
            await front.ask("GET", f"/api/v1/runs/{run}/report.html"),
            await front.ask("POST", f"/api/v1/runs/{run}/stop"),
            await front.ask("POST", f"/api/v1/runs/{run}/apply", data=_body('"x"')),
        ]

    assert [answer.status for answer in answers] == [404] * 4


async def test_a_run_of_another_target_is_not_there(tmp_path: Path) -> None:
    """A token with targets sees neither the run nor its files, and cannot approve it."""
    limits = tokens(boss=["elsewhere"], hr=["elsewhere"])
    async with held(tmp_path, serve={"tokens": limits}) as (front, run):
        etag = (await seen(front, run, "watcher"))["etag"]
        answers = [
            await front.ask("GET", f"/api/v1/runs/{run}", "boss"),
            await front.ask("GET", f"/api/v1/runs/{run}/report.html", "hr"),
            await front.ask("POST", f"/api/v1/runs/{run}/apply", "boss", _body(etag)),
            await front.ask("POST", f"/api/v1/runs/{run}/stop", "boss"),
        ]
        listed = await front.ask("GET", "/api/v1/runs", "boss")

    assert [answer.status for answer in answers] == [404] * 4
    assert listed.json == {"runs": []}


def _body(etag: str) -> bytes:
    return b'{"seen": "%b"}' % etag.replace('"', '\\"').encode()
