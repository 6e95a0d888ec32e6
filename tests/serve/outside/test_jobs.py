"""Jobs by HTTP: how they are handed in, found again and cancelled, and every refusal on the way."""

import json
import time
from collections.abc import Callable

import pytest

from .raw_client import Answer, Line, multipart, request_bytes
from .served import Outside, Place, csv_job, serving

MakePlace = Callable[..., Place]
NORTH = "?target=north"
JOBS = "/api/v1/jobs"


def problem(answer: Answer) -> int:
    """Check that an answer is problem details (RFC 9457); give its status."""
    assert answer.kind == "application/problem+json"
    assert answer.json.get("status", answer.status) == answer.status
    return answer.status


def place_of(answer: Answer) -> str:
    """Give the `Location` of an answer that says 202."""
    assert answer.status == 202, (answer.status, answer.body)
    location = answer.header("Location")
    assert location
    return location


def test_a_job_is_acknowledged_and_done(served: Outside) -> None:
    """202 names the job; later its sender finds how it ended."""
    importer = served.by("importer")

    answer = importer.submit(csv_job(3), f"{NORTH}&label=Monday%20import", [("X-Filename", "people.csv")])
    job = importer.finished(place_of(answer))

    assert answer.json.keys() >= {"job", "state", "position", "url"}
    assert (answer.json["state"], answer.json["job"]) == ("waiting", job["job"])
    assert answer.header("Location") == f"{JOBS}/{job['job']}"
    assert (job["state"], job["exit_code"], job["target"]) == ("finished", 0, "north")
    assert (job["by"], job["way"], job["label"]) == ("importer", "http", "Monday import")
    assert all(job[key] for key in ("counts", "headline", "run_id"))
    assert job.keys() >= {"position", "submitted_at", "actions"}


def test_a_form_brings_a_job(served: Outside) -> None:
    """`multipart/form-data` with one `file` is the same job, with its name."""
    kind, body = multipart(("file", "leave.csv", csv_job(2)))
    importer = served.by("importer")

    job = importer.finished(place_of(importer.submit(body, NORTH, [("Content-Type", kind)])))
    run = served.by("watcher").get(f"/api/v1/runs/{job['run_id']}").json

    assert (job["state"], job["exit_code"]) == ("finished", 0)
    assert run["input"]["name"] == "leave.csv"


@pytest.mark.parametrize(
    "parts",
    [(("other", "a.csv", b"x"),), (("file", "a.csv", b"x"), ("file", "b.csv", b"y")), ()],
    ids=["no file", "two files", "nothing"],
)
def test_a_form_has_one_file(served: Outside, parts: tuple[tuple[str, str, bytes], ...]) -> None:
    """A form without a `file`, or with two, is 400."""
    kind, body = multipart(*parts)

    assert problem(served.by("importer").submit(body, NORTH, [("Content-Type", kind)])) == 400


def test_a_file_that_nobody_can_read_is_judged_by_its_run(served: Outside) -> None:
    """Whatever is in a body, it is accepted; the run says what is wrong with it."""
    importer = served.by("importer")

    job = importer.finished(place_of(importer.submit(b"\x00\xff surely no table", NORTH)))

    assert (job["state"], job["exit_code"]) == ("refused", 4)


@pytest.mark.parametrize("kind", ["image/png", "application/json", "text/csv; charset=utf-16", "nonsense"])
def test_the_form_of_a_job_is_never_415(served: Outside, kind: str) -> None:
    """The media type of a job is no reason to refuse it."""
    answer = served.by("importer").submit(csv_job(1), NORTH, [("Content-Type", kind)])

    assert answer.status == 202


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "nonsense"])
def test_content_encodings_are_415(served: Outside, coding: str) -> None:
    """We take bodies as they are."""
    answer = served.by("importer").submit(csv_job(1), NORTH, [("Content-Encoding", coding)])

    assert problem(answer) == 415


def test_the_target_is_named(served: Outside) -> None:
    """With several targets a missing or unknown one is 400, naming those that the token may use.

    A token that may use only one need not name it.
    """
    answers = [served.by("importer").submit(csv_job(1), query) for query in ("", "?target=west")]
    limited = served.by("northern").submit(csv_job(1), "?target=south")
    only = served.by("northern").job(served.by("northern").hand_in(csv_job(1)))

    assert only["target"] == "north"
    assert [problem(answer) for answer in (*answers, limited)] == [400, 400, 400]
    assert all("north" in answer.text and "south" in answer.text for answer in answers)
    assert "north" in limited.text
    assert "south" not in limited.text


def test_a_token_keeps_to_its_targets(served: Outside) -> None:
    """A token of one target sees and does nothing of others."""
    theirs = place_of(served.by("importer").submit(csv_job(1), "?target=south"))
    done = served.by("boss").finished(theirs)
    northern = served.by("northern")

    assert northern.submit(csv_job(1), "?target=south").status in (400, 403)
    assert northern.get(theirs).status in (403, 404)
    assert northern.get(f"/api/v1/runs/{done['run_id']}").status in (403, 404)
    assert {job["target"] for job in northern.get(JOBS).json["jobs"]} <= {"north"}
    assert all(run["run_id"] != done["run_id"] for run in northern.get("/api/v1/runs").json["runs"])
    assert "south" not in northern.get("/metrics").text


def test_a_key_makes_a_job_once(served: Outside) -> None:
    """The same key and body again is the same 202; another body with it is 422; another token is another."""
    importer, key = served.by("importer"), [("Idempotency-Key", f"once-{time.monotonic_ns()}")]

    first, again = (importer.submit(csv_job(2), NORTH, key) for _ in range(2))
    other = importer.submit(csv_job(3), NORTH, key)
    stranger = served.by("northern").submit(csv_job(2), NORTH, key)

    assert (first.status, again.status, first.json["job"]) == (202, 202, again.json["job"])
    assert first.header("Location") == again.header("Location")
    assert first.header("Idempotency-Replayed") is None
    assert again.header("Idempotency-Replayed") == "true"
    assert problem(other) == 422
    assert stranger.json["job"] != first.json["job"]


def test_a_key_is_kept_after_the_job(served: Outside) -> None:
    """A key is kept as long as the job, also when that is over."""
    importer, key = served.by("importer"), [("Idempotency-Key", f"over-{time.monotonic_ns()}")]
    first = importer.submit(csv_job(1), NORTH, key)
    importer.finished(place_of(first))

    again = importer.submit(csv_job(1), NORTH, key)

    assert (again.status, again.json["job"]) == (202, first.json["job"])


def test_two_jobs_are_two_jobs(served: Outside) -> None:
    """The same bytes without a key are another job."""
    first, second = (served.by("importer").submit(csv_job(1), NORTH) for _ in range(2))

    assert first.json["job"] != second.json["job"]


def test_a_plan_sends_nothing(served: Outside) -> None:
    """With `plan=true` the run ends `planned`, and shows what it would do to those who may see that."""
    importer = served.by("importer")

    job = importer.finished(place_of(importer.submit(csv_job(1), f"{NORTH}&plan=true")))

    assert (job["state"], job["exit_code"]) == ("planned", 0)


@pytest.mark.parametrize("query", [f"{NORTH}&label={'x' * 101}", f"{NORTH}&plan=perhaps"])
def test_odd_parameters_are_400(served: Outside, query: str) -> None:
    """A label has at most 100 characters, and a plan is true or false."""
    assert problem(served.by("importer").submit(csv_job(1), query)) == 400


def test_roles_are_kept(served: Outside) -> None:
    """Each thing needs its role: without a token 401, with another role 403."""
    for name in ("watcher", "hr", "admin"):
        assert problem(served.by(name).submit(csv_job(1), NORTH)) == 403
    for path in ("/api/v1/runs", "/api/v1/events", "/metrics"):
        assert problem(served.by("importer").get(path)) == 403
    for path in (JOBS, "/api/v1/runs", "/api/v1/events", "/metrics"):
        nobody = served.by(None).get(path)
        assert problem(nobody) == 401
        assert nobody.header("WWW-Authenticate")
    assert problem(served.by(None).submit(csv_job(1), NORTH)) == 401


def test_what_is_not_there(served: Outside) -> None:
    """Unknown paths, jobs and runs are 404; another method is 405, naming those that are there."""
    boss = served.by("boss")
    paths = ("/api/v1/nothing", f"{JOBS}/nothing", "/api/v1/runs/20260101T000000Z-0000", "/api/v2/jobs")

    wrong = boss.ask("PUT", JOBS, b"x")

    assert [problem(boss.get(path)) for path in paths] == [404] * 4
    assert problem(wrong) == 405
    assert "POST" in (wrong.header("Allow") or "")


def test_lists_are_newest_first(served: Outside) -> None:
    """Who may `read` sees all jobs; who may only `submit` sees their own."""
    mine = [served.by("importer").submit(csv_job(1), NORTH).json["job"] for _ in range(2)]
    theirs = served.by("boss").submit(csv_job(1), NORTH)

    seen = [job["job"] for job in served.by("watcher").get(JOBS).json["jobs"]]
    own = served.by("importer").get(JOBS).json["jobs"]

    assert seen.index(mine[1]) < seen.index(mine[0])
    assert theirs.json["job"] in seen
    assert {job["by"] for job in own} == {"importer"}
    assert served.by("importer").get(place_of(theirs)).status in (403, 404)


def test_a_body_has_a_limit(place: MakePlace) -> None:
    """More than max_body is 413, whether its length was said or not; nothing of it is kept."""
    with serving(place(max_body="64 KiB")) as service:
        importer = service.by("importer")
        said = importer.submit(b"x" * 65537)
        fits = importer.submit(b"x" * 65536)
        with Line(service.url) as line:
            chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
            line.send(
                request_bytes("POST", JOBS, b"", [*importer.access, ("Transfer-Encoding", "chunked")])
                + 3 * chunk
            )
            streamed = line.answer()

    assert (problem(said), fits.status, problem(streamed)) == (413, 202, 413)


def test_a_full_queue_says_when_to_come_again(place: MakePlace) -> None:
    """With max_waiting jobs 503 and `Retry-After`; a key that is known is answered all the same."""
    full = place(max_waiting=2, runs=1)
    full.common = full.common.replace("rate = 5000", "rate = 0.2")
    with serving(full) as service:
        importer, key = service.by("importer"), [("Idempotency-Key", "known")]
        answers = [importer.submit(csv_job(5), "", key)]
        while answers[-1].status == 202 and len(answers) < 9:
            answers.append(importer.submit(csv_job(5)))
        again = importer.submit(csv_job(5), "", key)
        waiting = [job for job in importer.get(JOBS).json["jobs"] if job["state"] == "waiting"]

    assert problem(answers[-1]) == 503
    assert int(answers[-1].header("Retry-After") or "") > 0
    assert (again.status, again.header("Idempotency-Replayed")) == (202, "true")
    assert sorted(job["position"] for job in waiting) == [1, 2]


def test_a_job_is_cancelled_while_it_waits(place: MakePlace) -> None:
    """Its sender or an approver cancels it with 204; at work it is 409; others are 403."""
    slow = place(runs=1)
    slow.common = slow.common.replace("rate = 5000", "rate = 0.2")
    with serving(slow) as service:
        importer, admin = service.by("importer"), service.by("admin")
        works, waits, more = (place_of(importer.submit(csv_job(5))) for _ in range(3))
        importer.until(works, lambda job: job["state"] != "waiting")
        answers = [
            importer.ask("DELETE", works),
            service.by("watcher").ask("DELETE", waits),
            importer.ask("DELETE", waits),
            admin.ask("DELETE", more),
            admin.ask("DELETE", f"{JOBS}/nothing"),
        ]
        states = [importer.job(path)["state"] for path in (works, waits, more)]

    assert [answer.status for answer in answers] == [409, 403, 204, 204, 404]
    assert states == ["working", "cancelled", "cancelled"]


def test_a_single_target_needs_no_name(place: MakePlace) -> None:
    """With exactly one target it may be left out."""
    with serving(place()) as service:
        importer = service.by("importer")
        job = importer.finished(place_of(importer.submit(csv_job(1))))
        known = importer.submit(csv_job(1), f"?target={job['target']}")
        unknown = importer.submit(csv_job(1), "?target=nobody")

    assert (known.status, unknown.status) == (202, 400)


def test_jobs_outlive_the_service(place: MakePlace) -> None:
    """What was acknowledged is done after the next start; its key is still known."""
    somewhere = place(runs=1)
    key = [("Idempotency-Key", "before")]
    with serving(somewhere) as service:
        asked = [service.by("importer").submit(csv_job(2), "", key)]
        asked += [service.by("importer").submit(csv_job(2)) for _ in range(3)]
        service.process.kill()
        service.process.wait()
    with serving(somewhere) as service:
        importer = service.by("importer")
        again = importer.submit(csv_job(2), "", key)
        done = [importer.finished(place_of(answer)) for answer in asked]

    assert again.json["job"] == asked[0].json["job"]
    assert [(job["state"], job["exit_code"]) for job in done] == [("finished", 0)] * 4
    assert len({job["run_id"] for job in done}) == 4


def test_answers_are_json(served: Outside) -> None:
    """Lists have one key, and no answer names the server's software."""
    answers = [served.by("boss").get(path) for path in (JOBS, "/api/v1/runs", "/openapi.json")]

    assert [answer.kind for answer in answers] == ["application/json"] * 3
    assert [list(answer.json) for answer in answers[:2]] == [["jobs"], ["runs"]]
    assert [answer.header("Server") for answer in answers] == [None] * 3
    assert json.loads(answers[2].body)["openapi"].startswith("3.")
