"""Jobs are handed in: what is taken, and with which status code the rest is refused."""

import gzip
import io
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.run_states import JobCommand, JobWay

from .given import CSV, idle, raw, tokens, until, working

pytestmark = pytest.mark.anyio


async def test_a_job_is_on_disk_when_it_is_acknowledged(tmp_path: Path) -> None:
    """The answer has the job's address, its place, and its page; the queue has its content."""
    async with idle(tmp_path) as front:
        await front.submit()
        answer = await front.submit(query="?label=Onboarding", X_Filename="changes.csv")

        job = front.service.queue.find(answer.json["job"])

    assert answer.status == 202
    assert answer.json == {
        "job": answer.json["job"],
        "state": "waiting",
        "position": 2,
        "url": f"{front.url}/jobs/{answer.json['job']}",
    }
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['job']}"
    assert job
    assert (job.new.command, job.new.way, job.new.by) == (JobCommand.RUN, JobWay.HTTP, "importer")
    assert (job.new.label, job.new.file_name, job.new.target) == ("Onboarding", "changes.csv", "a")
    assert job.content
    assert job.content.read_bytes() == CSV


async def test_a_job_runs_to_its_end(tmp_path: Path) -> None:
    """Its sender sees the state, exit code and counts of its run."""
    async with working(tmp_path) as front:
        answer = await front.submit()
        job = await front.ended(answer.json["job"])

    assert (job["state"], job["exit_code"], job["counts"]["updated"]) == ("finished", 0, 1)
    assert (job["way"], job["by"], job["position"], job["target"]) == ("http", "importer", None, "a")
    assert job["run_id"]
    assert job["headline"]


async def test_a_plan_is_asked_for(tmp_path: Path) -> None:
    """`plan=true` makes a job that only shows what would change."""
    async with idle(tmp_path) as front:
        answer = await front.submit(query="?plan=true")
        job = front.service.queue.find(answer.json["job"])

    assert job
    assert job.new.command is JobCommand.PLAN


async def test_links_begin_with_the_public_address(tmp_path: Path) -> None:
    """`url` is for people: it begins with serve.public_url where that is set."""
    async with idle(tmp_path, public_url="https://presence.example.com") as front:
        answer = await front.submit()

    assert answer.json["url"] == f"https://presence.example.com/jobs/{answer.json['job']}"


@pytest.mark.parametrize("name", ["../../etc/passwd", r"C:\temp\passwd", "/x/passwd"])
async def test_the_name_of_a_file_has_no_folder(tmp_path: Path, name: str) -> None:
    """A name that leads elsewhere is only a name."""
    async with idle(tmp_path) as front:
        answer = await front.submit(X_Filename=name)
        job = front.service.queue.find(answer.json["job"])

    assert job
    assert job.content
    assert job.new.file_name == "passwd"
    assert job.content.is_relative_to(tmp_path)


@pytest.mark.parametrize("name", ["..", ".", "", "/", "\u202e"])
async def test_a_file_may_have_no_name(tmp_path: Path, name: str) -> None:
    """What is no name counts as none."""
    async with idle(tmp_path) as front:
        answer = await front.submit(**({"X_Filename": name} if name else {}))
        job = front.service.queue.find(answer.json["job"])

    assert job
    assert job.new.file_name is None


async def test_a_name_may_come_in_latin_1(tmp_path: Path) -> None:
    """Old programs send headers in Latin-1."""
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer importer\r\n"
    async with idle(tmp_path) as front:
        await raw(front, head + b"X-Filename: M\xe4rz.csv\r\nContent-Length: 2\r\n\r\nab")
        (job,) = front.service.queue.jobs()

    assert job.new.file_name == "März.csv"


async def test_a_form_brings_one_file(tmp_path: Path) -> None:
    """Its content is the job, and its name is that of the job."""
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="März.csv"\r\n\r\n'
    async with idle(tmp_path) as front:
        body = head.encode() + CSV + b"\r\n--x--\r\n"
        answer = await front.submit(data=body, Content_Type="multipart/form-data; boundary=x")
        job = front.service.queue.find(answer.json["job"])

    assert job
    assert job.content
    assert job.new.file_name == "März.csv"
    assert job.content.read_bytes() == CSV


PART = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\na\r\n'
BAD_FORMS = {
    "no boundary at all": "",
    "not a form": "hello",
    "cut off": PART.format("file"),
    "another field": f"{PART.format('other')}--x--\r\n",
    "two files": f"{PART.format('file') * 2}--x--\r\n",
    "no end of the headers": "--x\r\nContent-Disposition: form-data",
}


@pytest.mark.parametrize("body", BAD_FORMS.values(), ids=BAD_FORMS)
async def test_a_damaged_form_is_400(tmp_path: Path, body: str) -> None:
    """A form must have exactly one file, and be whole."""
    async with idle(tmp_path) as front:
        answer = await front.submit(data=body, Content_Type="multipart/form-data; boundary=x")

        assert not front.service.queue.jobs()
    assert answer.status == 400
    assert answer.problem


async def test_a_form_without_a_boundary_is_400(tmp_path: Path) -> None:
    """Nothing tells where its parts are."""
    async with idle(tmp_path) as front:
        answer = await front.submit(data="x", Content_Type="multipart/form-data")

    assert answer.status == 400


async def test_an_empty_body_is_a_job(tmp_path: Path) -> None:
    """A job that cannot be read is accepted, and its run is refused: one judge, one report."""
    async with working(tmp_path) as front:
        answer = await front.submit(data=b"")
        job = await front.ended(answer.json["job"])

    assert (answer.status, job["state"], job["exit_code"]) == (202, "refused", 4)


@pytest.mark.parametrize("query", ["", "?target=c", "?target=b", "?target="])
async def test_an_unknown_target_is_400_naming_those_allowed(tmp_path: Path, query: str) -> None:
    """Only those are named that the token may use."""
    limits = tokens(importer=["a", "d"])
    async with idle(tmp_path, "a", "b", "d", tokens=limits) as front:
        answer = await front.submit(query=query)

    assert answer.status == 400
    assert answer.problem.endswith("You may name: a, d")


async def test_a_target_of_others_is_400(tmp_path: Path) -> None:
    """A token cannot hand in a job for a target that it may not use; its only one need not be named."""
    async with idle(tmp_path, "a", "b", tokens=tokens(importer=["a"])) as front:
        answer = await front.submit(query="?target=b")
        right = await front.submit(query="?target=a")
        only = await front.submit()

    assert [each.status for each in (answer, right, only)] == [400, 202, 202]


@pytest.mark.parametrize(
    "query", ["?plan=perhaps", f"?label={'x' * 101}", "?label=a%0Ab", "?file=x", "?label=a&label=b"]
)
async def test_other_parameters_are_400(tmp_path: Path, query: str) -> None:
    """A parameter with a slip in it is not passed over."""
    async with idle(tmp_path) as front:
        answer = await front.submit(query=query)

    assert answer.status == 400


@pytest.mark.parametrize("key", ["a b", "x" * 256])
async def test_an_impossible_key_is_400(tmp_path: Path, key: str) -> None:
    """A key is visible ASCII, and not endless."""
    async with idle(tmp_path) as front:
        answer = await front.submit(Idempotency_Key=key)

    assert answer.status == 400


async def test_the_same_key_and_body_give_the_same_job(tmp_path: Path) -> None:
    """A sender that got no answer sends again, and no second job is made."""
    async with idle(tmp_path) as front:
        first = await front.submit(Idempotency_Key="4711")
        second = await front.submit(Idempotency_Key="4711")

        assert len(front.service.queue.jobs()) == 1
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (second.status, second.json) == (202, first.json)
    assert second.headers["Location"] == first.headers["Location"]


async def test_a_key_is_known_when_full_or_stopping(tmp_path: Path) -> None:
    """Who asks again learns of the job, even if the service takes no other."""
    async with idle(tmp_path, max_waiting=1) as front:
        await front.submit(Idempotency_Key="4711")
        full = await front.submit(Idempotency_Key="4711")
        front.service.said = "stopping"  # type: ignore[attr-defined]
        stopping = await front.submit(Idempotency_Key="4711")

    assert [full.status, stopping.status] == [202, 202]
    assert stopping.headers["Idempotency-Replayed"] == "true"


async def test_keys_are_each_token_s_own(tmp_path: Path) -> None:
    """Two senders may use the same key."""
    async with idle(tmp_path) as front:
        first = await front.submit(Idempotency_Key="4711")
        second = await front.submit("other", Idempotency_Key="4711")

    assert first.json["job"] != second.json["job"]


async def test_a_key_with_another_body_is_422(tmp_path: Path) -> None:
    """A slip of the sender must not lose a job in silence."""
    async with idle(tmp_path) as front:
        await front.submit(Idempotency_Key="4711")
        answer = await front.submit(data=CSV + b"13,StatusNormal,\n", Idempotency_Key="4711")

    assert answer.status == 422
    assert answer.problem


@pytest.mark.parametrize("trouble", ["starting", "stopping", "disk"])
async def test_no_job_is_taken_in_trouble(tmp_path: Path, trouble: str) -> None:
    """503 says when to try again."""
    async with idle(tmp_path) as front:
        front.service.said = trouble  # type: ignore[attr-defined]
        answer = await front.submit()

        assert not front.service.queue.jobs()
    assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert trouble in answer.problem


async def test_a_full_queue_is_503(tmp_path: Path) -> None:
    """As many jobs wait as may."""
    async with idle(tmp_path, max_waiting=2) as front:
        answers = [await front.submit() for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 503]
    assert int(answers[2].headers["Retry-After"]) > 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_a_packed_body_is_415(tmp_path: Path, coding: str) -> None:
    """What a transfer packs has no bound; a packed file is a job like any other."""
    async with idle(tmp_path) as front:
        packed = await front.submit(data=gzip.compress(CSV), Content_Encoding=coding)
        file = await front.submit(data=gzip.compress(CSV), X_Filename="changes.csv.gz")

    assert (packed.status, packed.headers["Accept-Encoding"], file.status) == (415, "identity", 202)
    assert packed.problem


async def test_a_coding_in_a_second_header_is_415(tmp_path: Path) -> None:
    """Each header of a kind counts, not only the first."""
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer importer\r\n"
    codings = b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"
    async with idle(tmp_path) as front:
        answer = await raw(front, head + codings + b"Content-Length: 2\r\n\r\nab")

    assert answer.split()[1] == b"415"


async def test_a_large_body_is_413_whether_announced_or_not(tmp_path: Path) -> None:
    """The bytes are counted as they come."""

    async def blocks() -> Any:
        for _ in range(20):
            yield b"x" * 100

    async with idle(tmp_path, max_body=1000) as front:
        announced = await front.submit(data=b"x" * 1001)
        streamed = await front.submit(data=blocks())
        most = await front.submit(data=b"x" * 1000)

        assert len(front.service.queue.jobs()) == 1
        assert [*(tmp_path / "queue" / "incoming").iterdir()] == []
    assert [announced.status, streamed.status, most.status] == [413, 413, 202]
    words = "The body is too large: at most 1000 bytes (serve.max_body)"
    assert [announced.problem, streamed.problem] == [words] * 2


async def test_a_large_body_is_told_the_limit_in_mebibytes(tmp_path: Path) -> None:
    """Nobody has to divide by 1024."""
    async with idle(tmp_path, max_body=1 << 20) as front:
        answer = await front.submit(data=io.BytesIO(b"x" * (1 << 20) + b"x"))

    assert answer.problem == "The body is too large: at most 1 MiB (serve.max_body)"


HEAD = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "


async def test_a_body_is_asked_for_when_nothing_speaks_against_it(tmp_path: Path) -> None:
    """A client that waits for 100 learns of 401 and 413 before it sends its file."""
    right = b"\r\nAuthorization: Bearer importer\r\n\r\n"
    async with idle(tmp_path, max_body=1000) as front:
        stranger = await raw(front, HEAD + b"2\r\n\r\n")
        large = await raw(front, HEAD + b"1001" + right)
        async with await anyio.connect_tcp("127.0.0.1", front.port) as line:
            await line.send(HEAD + b"2" + right)
            invited = await line.receive()
            await line.send(b"ab")
            taken = await line.receive()

    assert [answer.split()[1] for answer in (stranger, large, invited, taken)] == [
        b"401",
        b"413",
        b"100",
        b"202",
    ]


async def test_a_slow_sender_is_408(tmp_path: Path) -> None:
    """Half a body is not waited for without end, and nothing of it is kept."""
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer importer\r\n"
    async with idle(tmp_path, receive_timeout=0.1) as front:
        answer = await raw(front, head + b"Content-Length: 100\r\n\r\nhalf")

        assert not front.service.queue.jobs()
        assert [*(tmp_path / "queue" / "incoming").iterdir()] == []
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


async def test_a_body_that_is_not_http_is_400(tmp_path: Path) -> None:
    """What comes in chunks must come in whole ones."""
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer importer\r\n"
    async with idle(tmp_path) as front:
        answer = await raw(front, head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n")

        assert not front.service.queue.jobs()
    assert answer.split()[1] == b"400"


async def test_half_a_body_is_no_job(tmp_path: Path) -> None:
    """A sender that goes away in the middle leaves nothing behind."""
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer importer\r\n"
    incoming = tmp_path / "queue" / "incoming"
    async with idle(tmp_path) as front:
        await front.submit()
        async with await anyio.connect_tcp("127.0.0.1", front.port) as line:
            await line.send(head + b"Content-Length: 100\r\n\r\nhalf")
            await until(lambda: any(incoming.iterdir()))
        await until(lambda: not any(incoming.iterdir()))

        assert len(front.service.queue.jobs()) == 1
