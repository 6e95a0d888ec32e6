"""Signed deliveries: taken within five minutes, once each, while one secret replaces another."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from standardwebhooks import Webhook

from presence_worker.serve.http.access import MOST_UNPROVEN

from .given import CSV, Answer, Front, idle, tokens, until

pytestmark = pytest.mark.anyio

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


async def deliver(
    front: Front, body: bytes = CSV, secret: str = SECRET, age: float = 0, **other: str
) -> Answer:
    """Hand a job in as a sender does that signs."""
    moment = datetime.now(UTC) - timedelta(seconds=age)
    signature = Webhook(secret).sign("msg_1", moment, body.decode())
    headers = {
        "webhook_id": "msg_1",
        "webhook_timestamp": str(int(moment.timestamp())),
        "webhook_signature": signature,
        **other,
    }
    query = headers.pop("query", "")
    return await front.ask("POST", f"/api/v1/jobs{query}", None, CSV, **headers)


async def test_a_signature_is_as_good_as_a_token(tmp_path: Path) -> None:
    """The library of Standard Webhooks signs, and the job is taken in."""
    async with idle(tmp_path, webhook_secret=SECRET) as front:
        answer = await deliver(front, X_Filename="hr.csv")
        job = front.service.queue.find(answer.json["job"])

    assert answer.status == 202
    assert job
    assert (job.new.by, job.new.key, job.new.file_name) == ("signed webhook", "msg_1", "hr.csv")


async def test_a_delivery_is_one_job_however_often_it_comes(tmp_path: Path) -> None:
    """Its id is the idempotency key: a replay makes no second job."""
    async with idle(tmp_path, webhook_secret=SECRET) as front:
        first, second = await deliver(front), await deliver(front)

        assert len(front.service.queue.jobs()) == 1
    assert (second.status, second.json) == (202, first.json)
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("secret", [SECRET, OTHER])
async def test_several_secrets_hold_while_one_replaces_another(tmp_path: Path, secret: str) -> None:
    """A sender may sign with the old one or with the new one."""
    async with idle(tmp_path, webhook_secret=f"{SECRET} {OTHER}") as front:
        answer = await deliver(front, secret=secret)

    assert answer.status == 202


async def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """It is read again for each delivery: a new one needs no restart. A missing file is 503."""
    file = tmp_path / "secret"
    file.write_text(SECRET)
    async with idle(tmp_path, webhook_secret_file=file) as front:
        before = await deliver(front)
        file.write_text(OTHER)
        after = await deliver(front)
        file.unlink()
        missing = await deliver(front)

    assert [each.status for each in (before, after, missing)] == [202, 401, 503]
    assert str(tmp_path) not in missing.problem


@pytest.mark.parametrize("age", [301, -301])
async def test_an_old_delivery_is_401(tmp_path: Path, age: float) -> None:
    """Five minutes at most, and not from the future either."""
    async with idle(tmp_path, webhook_secret=SECRET) as front:
        answer = await deliver(front, age=age)

    assert answer.status == 401


WRONG = {
    "another secret": {"secret": OTHER},
    "a changed body": {"body": b"associateId,status\n13,StatusNormal\n"},
    "another id": {"webhook_id": "msg_2"},
    "a changed time": {"webhook_timestamp": "1"},
    "a time that is no number": {"webhook_timestamp": "inf"},
    "a time without end": {"webhook_timestamp": "1" * 400},
    "no time": {"webhook_timestamp": "x"},
    "no signature of ours": {"webhook_signature": "v1a,AAAA"},
    "not base64": {"webhook_signature": "v1,%%%%"},
    "an empty signature": {"webhook_signature": ""},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
async def test_a_wrong_signature_is_401_and_leaves_nothing(tmp_path: Path, changes: dict[str, str]) -> None:
    """Nothing of the job is kept, and no target is named to a stranger."""
    async with idle(tmp_path, "alpha", "beta", webhook_secret=SECRET) as front:
        answer = await deliver(front, **changes)  # type: ignore[arg-type]

        assert not front.service.queue.jobs()
    assert answer.status == 401
    assert "alpha" not in answer.problem


async def test_without_a_secret_no_signature_is_right(tmp_path: Path) -> None:
    """A service that has no secret takes no signed delivery."""
    async with idle(tmp_path) as front:
        answer = await deliver(front)

    assert answer.status == 401


async def test_wrong_signatures_are_counted_like_wrong_tokens(tmp_path: Path) -> None:
    """Ten in a minute, and the address waits."""
    async with idle(tmp_path, webhook_secret=SECRET) as front:
        wrong = [(await deliver(front, secret=OTHER)).status for _ in range(11)]
        token = await front.ask("GET", "/api/v1/jobs", "admin")

    assert wrong == [401] * 10 + [429]
    assert token.status == 429


async def test_a_signed_job_names_its_target_in_the_address(tmp_path: Path) -> None:
    """As any other job does; the names are told to who signs."""
    async with idle(tmp_path, "alpha", "beta", webhook_secret=SECRET) as front:
        missing = await deliver(front)
        named = await deliver(front, query="?target=beta")

    assert (missing.status, named.status) == (400, 202)
    assert "alpha, beta" in missing.problem


async def test_a_token_beside_a_signature_counts(tmp_path: Path) -> None:
    """Who sends both is known by the token."""
    async with idle(tmp_path, webhook_secret=SECRET, tokens=tokens()) as front:
        right = await front.submit(webhook_id="x", webhook_signature="v1,AAAA", webhook_timestamp="1")

    assert right.status == 202


async def test_strangers_fill_the_disk_only_so_far(tmp_path: Path) -> None:
    """Who signs is known at the end of the body alone: of such bodies only some are received at once."""
    moment = int(datetime.now(UTC).timestamp())
    head = (
        f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
        f"webhook-id: x\r\nwebhook-timestamp: {moment}\r\nwebhook-signature: v1,AAAA\r\n\r\nhalf"
    ).encode()
    incoming = tmp_path / "queue" / "incoming"
    async with idle(tmp_path, webhook_secret=SECRET) as front, AsyncExitStack() as lines:
        await front.submit()
        for _ in range(MOST_UNPROVEN):
            line = await lines.enter_async_context(await anyio.connect_tcp("127.0.0.1", front.port))
            await line.send(head)
        await until(lambda: sum(path.is_dir() for path in incoming.iterdir()) == MOST_UNPROVEN)
        crowded = await deliver(front)
        token = await front.submit()
        await lines.aclose()
        await until(lambda: not any(incoming.iterdir()))
        after = await deliver(front)

    assert (crowded.status, int(crowded.headers["Retry-After"]) > 0) == (503, True)
    assert (token.status, after.status) == (202, 202)
