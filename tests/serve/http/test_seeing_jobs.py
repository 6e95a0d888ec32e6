"""Jobs are seen and cancelled by their senders, and by who has the role."""

from pathlib import Path

import pytest

from .given import idle, tokens

pytestmark = pytest.mark.anyio


async def test_a_sender_sees_only_its_own_jobs(tmp_path: Path) -> None:
    """With `submit` alone, a job of another token is not there; `read` sees all, newest first."""
    async with idle(tmp_path) as front:
        mine = (await front.submit("importer")).json["job"]
        theirs = (await front.submit("other")).json["job"]
        own = (await front.ask("GET", "/api/v1/jobs", "importer")).json["jobs"]
        every = (await front.ask("GET", "/api/v1/jobs", "watcher")).json["jobs"]
        one = await front.ask("GET", f"/api/v1/jobs/{mine}", "importer")
        other = await front.ask("GET", f"/api/v1/jobs/{theirs}", "importer")

    assert [job["job"] for job in own] == [mine]
    assert [job["job"] for job in every] == [theirs, mine]
    assert (one.status, other.status) == (200, 404)


@pytest.mark.parametrize("code", [1, 2, 6])
async def test_only_readers_see_paths_and_settings(code: int, tmp_path: Path) -> None:
    """The import learns that an administrator must act; what to correct is for those who read runs."""
    words = "SuperOffice rejected the password: /etc/presence-worker/config.toml, line 5: auth.password_file"
    async with idle(tmp_path) as front:
        job = (await front.submit("importer")).json["job"]
        front.service.queue.begin(job, None)
        front.service.queue.end(job, run_id=None, exit_code=code, headline=words)
        sender = (await front.ask("GET", f"/api/v1/jobs/{job}", "importer")).json
        reader = (await front.ask("GET", f"/api/v1/jobs/{job}", "watcher")).json

    assert "An administrator must" in sender["headline"]
    assert "/" not in sender["headline"]
    assert reader["headline"] == words


async def test_a_job_that_waits_has_its_place(tmp_path: Path) -> None:
    """Its JSON has all that is known of it, and what the caller may do."""
    async with idle(tmp_path) as front:
        await front.submit("other")
        job = (await front.submit(query="?label=Night", X_Filename="hr.csv")).json["job"]
        found = (await front.ask("GET", f"/api/v1/jobs/{job}", "importer")).json
        watched = (await front.ask("GET", f"/api/v1/jobs/{job}", "watcher")).json

    assert found.pop("submitted_at").endswith("Z")
    assert found == {
        "job": job,
        "target": "a",
        "command": "run",
        "state": "waiting",
        "position": 2,
        "by": "importer",
        "way": "http",
        "label": "Night",
        "file_name": "hr.csv",
        "run_id": None,
        "exit_code": None,
        "counts": {},
        "headline": None,
        "actions": ["cancel"],
    }
    assert watched["actions"] == []


async def test_a_job_that_has_made_a_run_is_not_cancelled(tmp_path: Path) -> None:
    """It waits again, for another program for example: DELETE is 409, and is not offered."""
    async with idle(tmp_path) as front:
        job = (await front.submit()).json["job"]
        front.service.queue.begin(job, "run")
        front.service.queue.give_back(job)
        actions = (await front.ask("GET", f"/api/v1/jobs/{job}")).json["actions"]
        deleted = await front.ask("DELETE", f"/api/v1/jobs/{job}")

    assert (actions, deleted.status) == ([], 409)


async def test_places_are_counted_for_each_target(tmp_path: Path) -> None:
    """A job does not wait for those of another target."""
    async with idle(tmp_path, "a", "b") as front:
        await front.submit(query="?target=a")
        answer = await front.submit(query="?target=b")

    assert answer.json["position"] == 1


@pytest.mark.parametrize("job", ["000001-00000000", "..%2f..%2fetc", "%2e%2e", "a%00b", "x" * 300])
async def test_a_job_that_is_not_there_is_404(tmp_path: Path, job: str) -> None:
    """Also one whose name leads elsewhere."""
    async with idle(tmp_path) as front:
        answers = [await front.ask(method, f"/api/v1/jobs/{job}") for method in ("GET", "DELETE")]

    assert [answer.status for answer in answers] == [404, 404]


async def test_a_job_of_another_target_is_not_there(tmp_path: Path) -> None:
    """A token with targets does not learn that there are others."""
    limits = tokens(watcher=["b"], boss=["b"])
    async with idle(tmp_path, "a", "b", tokens=limits) as front:
        job = (await front.submit(query="?target=a")).json["job"]
        answers = [
            await front.ask("GET", f"/api/v1/jobs/{job}", "watcher"),
            await front.ask("DELETE", f"/api/v1/jobs/{job}", "boss"),
        ]
        listed = await front.ask("GET", "/api/v1/jobs", "watcher")

    assert [answer.status for answer in answers] == [404, 404]
    assert listed.json == {"jobs": []}


async def test_a_job_that_waits_is_cancelled_by_its_sender_or_an_approver(tmp_path: Path) -> None:
    """204; afterwards it is over, and a second time is 409."""
    async with idle(tmp_path) as front:
        first, second = [(await front.submit()).json["job"] for _ in range(2)]
        own = await front.ask("DELETE", f"/api/v1/jobs/{first}", "importer")
        approver = await front.ask("DELETE", f"/api/v1/jobs/{second}", "boss")
        again = await front.ask("DELETE", f"/api/v1/jobs/{first}", "importer")
        found = await front.ask("GET", f"/api/v1/jobs/{first}", "importer")

    assert [each.status for each in (own, approver, again)] == [204, 204, 409]
    assert own.body == b""
    assert (found.json["state"], found.json["actions"]) == ("cancelled", [])


async def test_a_job_at_work_is_not_cancelled(tmp_path: Path) -> None:
    """409: stop its run instead."""
    async with idle(tmp_path) as front:
        job = (await front.submit()).json["job"]
        front.service.queue.begin(job)
        answer = await front.ask("DELETE", f"/api/v1/jobs/{job}", "importer")

    assert answer.status == 409
    assert answer.problem


async def test_another_sender_may_not_cancel_a_job(tmp_path: Path) -> None:
    """404 where it may not see the job either, else 403."""
    limits = tokens()
    limits["other"]["roles"] = ["submit", "read"]
    async with idle(tmp_path, tokens=limits) as front:
        job = (await front.submit("admin")).json["job"]
        blind = await front.ask("DELETE", f"/api/v1/jobs/{job}", "importer")
        seeing = await front.ask("DELETE", f"/api/v1/jobs/{job}", "other")

    assert (blind.status, seeing.status) == (404, 403)
