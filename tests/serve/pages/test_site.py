"""The pages on a real socket: signing in, forms, and what each address shows to whom."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.events import RunStarted
from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay
from tests.serve.http.given import CSV, Front, idle, raw, tokens, working

from .given import Reader

pytestmark = pytest.mark.anyio
FIVE = b"associateId,status,message\n" + b"".join(b"%d,StatusNotAvailable,Hols\n" % n for n in range(1, 6))
HELD: dict[str, Any] = {"safety": {"max_changes": 3}}
FOREIGN = "This form does not come from a page of this service"


@asynccontextmanager
async def reading(state: Path, by: str = "boss", **serve: Any) -> AsyncIterator[Reader]:
    """Let somebody sign in at a service that never begins a job."""
    async with idle(state, **serve) as front:
        reader = Reader(front)
        await reader.sign_in(by)
        yield reader


async def held(front: Front) -> str:
    """Hand in a job that a safety limit holds; give its run."""
    job = (await front.submit(data=FIVE, X_Filename="five.csv")).json["job"]
    found = await front.ended(job)
    assert found["state"] == "held"
    return str(found["run_id"])


def heading_of(page: str) -> str:
    """Give the first sentences of a page, without tags."""
    return re.sub("<[^>]*>", "", page.partition("<h1>")[2].partition("</h1>")[0])


async def signed_in(front: Front, by: str = "boss") -> Reader:
    """Give somebody who has signed in."""
    reader = Reader(front)
    await reader.sign_in(by)
    return reader


@pytest.mark.parametrize("path", ["/", "/runs/20261123T020000Z-7f3a", "/jobs/000001-00000000"])
async def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(tmp_path: Path, path: str) -> None:
    """A link in a mail works: after the sign-in one is where it led."""
    async with idle(tmp_path) as front:
        reader = Reader(front)
        led = await reader.read(path)
        await reader.read(led.headers["Location"])
        answer = await reader.send("/sign-in", {**reader.form("/sign-in"), "secret": "boss"})

    assert (led.status, led.headers["Location"]) == (
        303,
        f"/sign-in?to={path}" if path != "/" else "/sign-in",
    )
    assert (answer.status, answer.headers["Location"]) == (303, path)


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/api/v1/runs", "x"]
)
async def test_a_sign_in_leads_to_no_other_place(tmp_path: Path, to: str) -> None:
    """Whoever made the link: only to pages of ours."""
    async with idle(tmp_path) as front:
        reader = Reader(front)
        answers = [await reader.sign_in("boss", to), await reader.read(f"/sign-in?to={to}")]

    assert [(answer.status, answer.headers["Location"]) for answer in answers] == [(303, "/")] * 2


async def test_a_wrong_token_is_401_on_the_page_and_counted(tmp_path: Path) -> None:
    """After ten of them the address waits, also for pages; the token is nowhere in the answer."""
    async with idle(tmp_path) as front:
        reader = Reader(front)
        wrong = [await reader.sign_in(f"guess-{number}") for number in range(11)]

    assert [each.status for each in wrong] == [401] * 10 + [429]
    assert b"This access token is not known." in wrong[0].body
    assert b"guess-0" not in wrong[0].body
    assert b"Try again in" in wrong[10].body


async def test_the_cookie_is_for_us_alone(tmp_path: Path) -> None:
    """No script reads it; links in mails work; it is another one after the sign-in, whatever was sent."""
    async with idle(tmp_path) as front:
        reader = Reader(front)
        before = await reader.read("/sign-in")
        first = reader.cookie
        after = await reader.send("/sign-in", {**reader.form("/sign-in"), "secret": "boss"})

    for answer in (before, after):
        parts = answer.headers["Set-Cookie"].split("; ")
        assert parts[0].startswith("session=")
        assert sorted(parts[1:]) == ["HttpOnly", "Path=/", "SameSite=Lax"]
    assert first != reader.cookie


async def test_behind_tls_the_cookie_is_secure(tmp_path: Path) -> None:
    """And bound to the host by its name."""
    async with idle(tmp_path, behind_proxy=True) as front:
        answer = await Reader(front).read("/sign-in")

    assert answer.headers["Set-Cookie"].startswith("__Host-session=")
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


async def test_signing_out_ends_the_session(tmp_path: Path) -> None:
    """The cookie of before opens nothing any more."""
    async with reading(tmp_path) as reader:
        await reader.read("/")
        before = reader.cookie
        out = await reader.press("/sign-out")
        again = await Reader(reader.front, before).read("/")

    assert (out.status, out.headers["Location"]) == (303, "/sign-in")
    assert again.status == 303


async def test_a_session_ends(tmp_path: Path) -> None:
    """After `serve.session`."""
    async with reading(tmp_path, session=1e-6) as reader:
        answer = await reader.read("/")

    assert answer.status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""} | {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_a_form_from_elsewhere_is_403(tmp_path: Path, headers: dict[str, str]) -> None:
    """Also with the right token in it."""
    async with reading(tmp_path) as reader:
        await reader.read("/")
        answer = await reader.press("/sign-out", **headers)
        still = await reader.read("/")

    assert answer.status == 403
    assert FOREIGN in answer.body.decode()
    assert still.status == 200


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_form_without_its_token_is_403(tmp_path: Path, token: str | None) -> None:
    """Or with that of another browser."""
    async with reading(tmp_path) as reader:
        answer = await reader.send("/sign-out", {} if token is None else {"token": token})
        other = await signed_in(reader.front)
        await other.read("/")
        foreign = await reader.send("/sign-out", other.form("/sign-out"))

    assert (answer.status, foreign.status) == (403, 403)


async def test_an_origin_of_any_bytes_is_403(tmp_path: Path) -> None:
    """Headers of strangers need not be UTF-8."""
    head = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://\xff\r\nContent-Length: 0\r\n\r\n"
    async with idle(tmp_path, public_url="https://pw.example") as front:
        answer = await raw(front, head % front.port)

    assert answer.startswith(b"HTTP/1.1 403 ")


async def test_a_form_is_short_and_a_form(tmp_path: Path) -> None:
    """Else it is 413 or 415."""
    async with reading(tmp_path) as reader:
        long = await reader.send("/sign-out", {"token": "x" * 9000})
        other = await reader.send("/sign-out", {}, **{"Content-Type": "application/json"})

    assert (long.status, other.status) == (413, 415)


async def test_each_page_has_a_strict_policy(tmp_path: Path) -> None:
    """No script and no style stand in a page; whatever it loads is ours."""
    async with reading(tmp_path) as reader:
        answers = [await reader.read(path) for path in ("/", "/sign-in", "/nowhere")]
        pages = [answer.body.decode() for answer in answers]
        files = [
            await reader.read(f"/static/{name}") for name in ("page.css", "live.js", "icon.svg", "page.py")
        ]

    for answer in (answers[0], answers[2]):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert not any(word in page for page in pages for word in ("<style", "style=", "onclick", "<script>"))
    assert [answer.status for answer in files] == [200, 200, 200, 404]


async def test_an_error_is_a_page_for_people(tmp_path: Path) -> None:
    """With its status, and a way back; programs get problem details."""
    async with reading(tmp_path) as reader:
        answer = await reader.read("/runs/20261123T020000Z-7f3a")
        plain = await reader.read("/runs/20261123T020000Z-7f3a", Accept="*/*")

    assert answer.status == 404
    assert "Back to the first page" in answer.body.decode()
    assert plain.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("by", "heading"),
    [("watcher", "No job has been sent"), ("boss", "No job has been sent"), ("importer", "Your jobs")],
)
async def test_the_first_page_is_for_those_who_may_read(tmp_path: Path, by: str, heading: str) -> None:
    """A token that only hands jobs in sees its own jobs, and the way to the page of each."""
    async with idle(tmp_path) as front:
        job, other = [(await front.submit(each)).json["job"] for each in ("importer", "other")]
        reader = await signed_in(front, by)
        first, page = await reader.read("/"), await reader.read(f"/jobs/{job}")

    assert first.status == 200
    assert heading_of(first.body.decode()).startswith(heading)
    assert f"/jobs/{job}" in first.body.decode()
    assert (f"/jobs/{other}" in first.body.decode()) is (by != "importer")
    assert ("live.js" in page.body.decode()) is (by != "importer")  # who may not hear of events needs none
    assert "This job waits. It is the next one." in page.body.decode()


async def test_a_job_of_another_token_is_not_there(tmp_path: Path) -> None:
    """For a token that only hands jobs in."""
    async with idle(tmp_path) as front:
        job = (await front.submit()).json["job"]
        answer = await (await signed_in(front, "other")).read(f"/jobs/{job}")

    assert answer.status == 404


async def test_the_queue_is_shown_the_next_one_first(tmp_path: Path) -> None:
    """With what each job is about, and where it came from; other targets are not seen."""
    limits = tokens(watcher=["b"])
    async with idle(tmp_path, "a", "b", tokens=limits) as front:
        for number in (1, 2):
            await front.submit(query="?target=a&label=ticket", X_Filename=f"file-{number}.csv")
        boss, watcher = await signed_in(front), await signed_in(front, "watcher")
        page = (await boss.read("/")).body.decode()
        other = (await watcher.read("/")).body.decode()

    assert page.index("file-1.csv") < page.index("file-2.csv")
    assert "by HTTP, importer" in page
    assert "file-1.csv" not in other


async def test_a_job_is_called_as_what_it_is_about(tmp_path: Path) -> None:
    """Only the schedule can ask for rows that are due; a file need not have a name."""
    due = NewJob(target="a", command=JobCommand.RUN, way=JobWay.SCHEDULE)
    async with idle(tmp_path) as front:
        await front.submit()
        front.service.queue.put(due, None)
        page = (await (await signed_in(front)).read("/")).body.decode()

    names = ["a file without a name", "rows that are due"]
    assert [page.count(f"<bdi>{name}</bdi>") for name in names] == [1, 1]


def damage_job(state: Path) -> None:
    """Let the one job be as another program has written it, which the disk has damaged."""
    (small,) = state.rglob("queue/jobs/*.json")
    small.rename(small.with_name(small.name.replace(".0.", ".1."))).write_bytes(b"{")
    (small.parent / ".stamp").write_bytes(b"changed")


async def test_a_job_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """It was acknowledged, so not all is well."""
    async with idle(tmp_path) as front:
        await front.submit()
        damage_job(tmp_path)
        first = (await (await signed_in(front)).read("/")).body.decode()

    assert heading_of(first) == "1 job cannot be read. The log names its file."


async def test_a_job_that_failed_without_a_run_waits_for_a_person(tmp_path: Path) -> None:
    """Nothing else knows of it; once its file has come again and has a run, it is over."""
    async with idle(tmp_path) as front:
        lost, again = [(await front.submit(X_Filename="leave-11.csv")).json["job"] for _ in range(2)]
        front.service.queue.end(
            lost, run_id=None, exit_code=1, headline="It died. Send the file again.", has_failed=True
        )
        front.service.queue.cancel(again)
        reader = await signed_in(front)
        first = (await reader.read("/")).body.decode()
        page = (await reader.read(f"/jobs/{lost}")).body.decode()
        figures = (await front.ask("GET", "/metrics", "watcher")).body.decode()
        last = (await front.submit(X_Filename="leave-12.csv")).json["job"]
        front.service.queue.begin(last, "20261201T000000Z-0000")
        front.service.queue.end(last, run_id="20261201T000000Z-0000", exit_code=0, headline="Done.")
        after = (await reader.read("/")).body.decode()

    assert heading_of(first) == "1 job failed. Send its file again."
    assert f'<a href="/jobs/{lost}"><bdi>a</bdi></a>' in first
    assert "leave-11.csv" in first
    assert "Send the file again." in page
    assert "Resume" not in page
    assert 'presence_worker_jobs_failed{target="a"} 1' in figures
    assert "failed" not in after


@pytest.mark.parametrize(("by", "sees"), [("boss", True), ("watcher", False)])
async def test_a_common_file_that_is_broken_is_said(tmp_path: Path, by: str, *, sees: bool) -> None:
    """The words may name targets of others, so that they are for those who decide."""
    async with idle(tmp_path) as front:
        front.service.targets.problem = "presence-worker.toml, line 3: wrong"
        page = (await (await signed_in(front, by)).read("/")).body.decode()

    said = "The configuration has an error. The service works with the settings it had before."
    assert heading_of(page).startswith(said)
    assert ("presence-worker.toml, line 3: wrong." in page) is sees


async def test_results_are_not_shown_while_they_move(tmp_path: Path) -> None:
    """The bar has newer figures than the record of the run."""
    async with working(tmp_path, serve={"tokens": tokens()}) as front:
        run = (await front.ended((await front.submit()).json["job"]))["run_id"]
        reader = await signed_in(front)
        before = (await reader.read(f"/runs/{run}")).body.decode()
        hear = front.service.live.begin("000009-0000", "a", JobCommand.RESUME)
        hear(RunStarted(run_id=run, target="a", command="resume"))
        page = (await reader.read(f"/runs/{run}")).body.decode()

    assert "Works now" in page
    assert ("Results" in before, "Results" in page) == (True, False)


async def test_what_waits_has_its_changes_and_the_button(tmp_path: Path) -> None:
    """It leads to the job that it makes, and then all rows are done."""
    async with working(tmp_path, **HELD) as front:
        run = await held(front)
        reader = await signed_in(front)
        page = (await reader.read("/")).body.decode()
        pressed = await reader.press(f"/runs/{run}/apply")
        job = pressed.headers["Location"].removeprefix("/jobs/")
        ended = await front.ended(job)
        after = (await reader.read(f"/runs/{run}")).body.decode()

    assert "1 run waits for approval." in page
    assert page.count("StatusNotAvailable") == 5
    assert "Apply 5 changes" in page
    assert pressed.status == 303
    assert ended["state"] == "finished"
    assert "boss" in after
    assert "<dt>Approved</dt>" in after


async def test_many_changes_are_checked_on_the_page_of_the_run(tmp_path: Path) -> None:
    """The first page has the way there, and no button: nobody approves what was not shown."""
    many = b"associateId,status,message\n" + b"".join(
        b"%d,StatusNotAvailable,Hols\n" % n for n in range(1, 121)
    )
    async with working(tmp_path, 130, **HELD) as front:
        job = (await front.submit(data=many)).json["job"]
        run = (await front.ended(job))["run_id"]
        reader = await signed_in(front)
        await reader.read("/")
        first, actions = reader.text, reader.actions()
        await reader.read(f"/runs/{run}")

    assert "Check all 120 changes" in first
    assert f"/runs/{run}/apply" not in actions
    assert reader.text.count("StatusNotAvailable") == 120
    assert f"/runs/{run}/apply" in reader.actions()


async def test_an_approval_names_what_was_seen(tmp_path: Path) -> None:
    """Without it, it is 400."""
    async with working(tmp_path, **HELD) as front:
        run = await held(front)
        reader = await signed_in(front)
        await reader.read(f"/runs/{run}")
        form = reader.form(f"/runs/{run}/apply")
        answers = [
            await reader.send(f"/runs/{run}/apply", {"token": form["token"], "seen": seen})
            for seen in ("", '""', '"0000"')
        ]

    assert [answer.status for answer in answers] == [400, 400, 409]


async def test_the_second_approval_is_a_page_with_what_happened(tmp_path: Path) -> None:
    """It says who was first; the run is sent once."""
    async with working(tmp_path, **HELD) as front:
        run = await held(front)
        one, two = await signed_in(front), await signed_in(front, "admin")
        for reader in (one, two):
            await reader.read(f"/runs/{run}")
        first = await one.press(f"/runs/{run}/apply")
        second = await two.press(f"/runs/{run}/apply")
        await front.ended(first.headers["Location"].removeprefix("/jobs/"))
        third = await two.press(f"/runs/{run}/apply")

    assert (first.status, second.status, third.status) == (303, 409, 409)
    for answer in (second, third):
        assert "Nothing was done: the run has moved" in answer.body.decode()
        assert "<bdi>boss</bdi> asked for <b>apply</b>" in answer.body.decode()
    assert "All 5 rows done." in third.body.decode()


async def test_who_handed_it_in_does_not_see_the_button(tmp_path: Path) -> None:
    """Nor may they press it: four eyes."""
    async with working(tmp_path, **HELD) as front:
        job = (await front.submit("admin", data=FIVE)).json["job"]
        run = (await front.ended(job))["run_id"]
        reader, boss = await signed_in(front, "admin"), await signed_in(front)
        page = (await reader.read(f"/runs/{run}")).body.decode()
        await boss.read(f"/runs/{run}")
        form = {**boss.form(f"/runs/{run}/apply"), "token": reader.form("/sign-out")["token"]}
        pressed = await reader.send(f"/runs/{run}/apply", form)

    assert "Another person must approve this run" in page
    assert pressed.status == 403


@pytest.mark.parametrize(("by", "sees"), [("watcher", False), ("hr", True), ("boss", True)])
async def test_changes_are_for_those_who_decide_on_them(tmp_path: Path, by: str, *, sees: bool) -> None:
    """With `read` alone it is only seen how many wait; and no comment of the file is ever there."""
    async with working(tmp_path, **HELD) as front:
        run = await held(front)
        reader = await signed_in(front, by)
        pages = [(await reader.read(path)).body.decode() for path in ("/", f"/runs/{run}")]

    assert all(("StatusNotAvailable" in page) is sees for page in pages)
    assert not any("Hols" in page for page in pages)
    assert ("/apply" in pages[0]) is (by == "boss")
    assert all("5 changes wait" in page.replace("&nbsp;", " ") for page in pages)


async def test_a_good_night_is_one_sentence(tmp_path: Path) -> None:
    """And the run has its files and the way back."""
    async with working(tmp_path) as front:
        job = (await front.submit(data=CSV)).json["job"]
        run = (await front.ended(job))["run_id"]
        reader = await signed_in(front)
        first = (await reader.read("/")).body.decode()
        page = (await reader.read(f"/runs/{run}")).body.decode()

    assert "<h1><span>All is well.</span></h1>" in first
    assert "Waits for a person" not in first
    assert f"/api/v1/runs/{run}/report.html" in page
    assert f'action="/runs/{run}/undo"' in page
    assert "failed.csv" not in page


async def test_a_label_that_is_the_name_of_the_file_stands_once(tmp_path: Path) -> None:
    """The label of a file from a folder is its name."""
    async with idle(tmp_path, "a") as front:
        answers = [await front.submit(query=query, X_Filename="hr.csv") for query in ("", "?label=hr.csv")]
        reader = await signed_in(front)
        pages = [(await reader.read(f"/jobs/{each.json['job']}")).body.decode() for each in answers]

    assert pages[0].count("hr.csv") == pages[1].count("hr.csv")


async def test_words_from_outside_are_only_words(tmp_path: Path) -> None:
    """Whatever a label, a file or a token is called."""
    evil = "<img src=x onerror=alert(1)>"
    async with working(tmp_path, **HELD) as front:
        answer = await front.submit(
            query=f"?label={evil}".replace(" ", "%20"), data=FIVE, X_Filename=f"{evil}.csv"
        )
        run = (await front.ended(answer.json["job"]))["run_id"]
        reader = await signed_in(front)
        paths = ("/", f"/runs/{run}", f"/jobs/{answer.json['job']}")
        pages = [(await reader.read(path)).body.decode() for path in paths]

    assert not any("<img" in page for page in pages)
    assert all("&lt;img src=x onerror=alert(1)&gt;" in page for page in pages)


async def test_a_run_that_cannot_be_read_is_shown_as_such(tmp_path: Path) -> None:
    """It waits for a person, and nothing can be done with it here."""
    async with working(tmp_path) as front:
        job = (await front.submit(data=CSV)).json["job"]
        run = (await front.ended(job))["run_id"]
        (tmp_path / "runs" / run / "journal.sqlite").write_bytes(b"no journal")
        reader = await signed_in(front)
        first = await reader.read("/")
        page = await reader.read(f"/runs/{run}")

    assert (first.status, page.status) == (200, 200)
    assert "run cannot be read." in first.body.decode()
    assert "/undo" not in page.body.decode()


async def at_work(front: Front, job: str) -> str:
    """Wait until a job has changed something; give its run."""
    while True:
        found = (await front.ask("GET", f"/api/v1/jobs/{job}")).json
        if found["counts"].get("updated"):
            return str(found["run_id"])
        await anyio.sleep(0.01)


async def test_a_run_that_was_stopped_can_go_on_or_be_undone(tmp_path: Path) -> None:
    """Undone whole, it waits for nobody, and cannot go on: the file was the wrong one."""
    rows = b"".join(b"%d,StatusNotAvailable\n" % number for number in range(1, 61))
    slow = {"rate": 10, "burst": 4, "concurrency": 1}
    async with working(tmp_path, people=80, delivery=slow) as front:
        job = (await front.submit(data=b"associateId,status\n" + rows, X_Filename="a.csv")).json["job"]
        run = await at_work(front, job)
        await front.ask("POST", f"/api/v1/runs/{run}/stop", "boss")
        await front.ended(job)
        reader = await signed_in(front)
        stopped = (await reader.read(f"/runs/{run}")).body.decode()
        pressed = await reader.press(f"/runs/{run}/undo")
        await front.ended(pressed.headers["Location"].removeprefix("/jobs/"))
        undone = (await reader.read(f"/runs/{run}")).body.decode()
        first = (await reader.read("/")).body.decode()
        actions = (await front.ask("GET", f"/api/v1/runs/{run}", "boss")).json["actions"]

    acts = stopped.partition('id="acts"')[2].partition("</section>")[0]
    assert ("Resume</button>" in acts, "Undo the changes</button>" in acts) == (True, True)
    assert "undone by run" in heading_of(undone)
    assert ("Resume" in undone, "Resume" in first, actions) == (False, False, [])
    assert "All is well." in heading_of(first)
