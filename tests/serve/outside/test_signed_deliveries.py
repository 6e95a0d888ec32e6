"""Attack: signed deliveries (Standard Webhooks) that are replayed, changed, old, or signed by others."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from .raw_client import Answer, Headers, once
from .served import Outside, Place, csv_job, serving

MakePlace = Callable[..., Place]
KEYS = (b"the key of this month, 32 bytes.", b"the key of last month, 32 bytes!")
SECRETS = tuple(f"whsec_{base64.b64encode(key).decode()}" for key in KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A signed delivery, of which everything can be changed after it was signed."""

    id: str
    stamp: str
    body: bytes
    signature: str

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of the delivery."""
        pairs = [("webhook-id", self.id), ("webhook-timestamp", self.stamp)]
        return [*pairs, ("webhook-signature", self.signature)]


def signed(name: str, body: bytes, *, age: float = 0, key: bytes = KEYS[0]) -> Delivery:
    """Sign a delivery as a sender does; *age* is in seconds."""
    stamp = str(int(time.time() - age))
    made = hmac.digest(key, b".".join([name.encode(), stamp.encode(), body]), hashlib.sha256)
    return Delivery(id=name, stamp=stamp, body=body, signature=f"v1,{base64.b64encode(made).decode()}")


@pytest.fixture
def hooked(place: MakePlace) -> Iterator[Outside]:
    """A service that takes deliveries signed by either of two secrets."""
    with serving(place(webhook_secret=" ".join(SECRETS))) as service:
        yield service


def deliver(service: Outside, delivery: Delivery, query: str = "", headers: Headers = ()) -> Answer:
    """Hand a delivery in."""
    return once(service.url, "POST", f"/api/v1/jobs{query}", delivery.body, [*delivery.headers, *headers])


def jobs_of(service: Outside) -> int:
    """Count the jobs."""
    return len(service.by("boss").get("/api/v1/jobs").json["jobs"])


def test_a_delivery_is_a_job(hooked: Outside) -> None:
    """It is signed as the reference library signs; either secret will do, among other signatures."""
    body = csv_job(1)
    ours, old = signed("msg_1", body), signed("msg_2", body, key=KEYS[1])
    theirs = Webhook(SECRETS[0]).sign("msg_1", stamp(ours), body.decode())
    many = signed("msg_3", body)
    many = replace(many, signature=f"v1,AAAA v1a,BBBB {many.signature} v9,x")

    answers = [deliver(hooked, each) for each in (ours, old, many)]

    assert theirs == ours.signature
    assert [answer.status for answer in answers] == [202] * 3
    assert hooked.by("boss").finished(answers[0].header("Location") or "")["state"] == "finished"


def stamp(delivery: Delivery) -> datetime:
    """Give the moment of a delivery."""
    return datetime.fromtimestamp(int(delivery.stamp), UTC)


def test_a_replay_is_the_same_job(hooked: Outside) -> None:
    """The id is the idempotency key: however often a delivery comes, it is one job."""
    delivery = signed("msg_again", csv_job(1))

    first, *again = (deliver(hooked, delivery) for _ in range(4))

    assert {answer.json["job"] for answer in again} == {first.json["job"]}
    assert {answer.header("Idempotency-Replayed") for answer in again} == {"true"}
    assert jobs_of(hooked) == 1


def test_a_replay_is_no_other_job(hooked: Outside) -> None:
    """What is not signed (the key, the label, who asks) makes no second job of a delivery."""
    delivery = signed("msg_twist", csv_job(1))
    deliver(hooked, delivery)

    deliver(hooked, delivery, headers=[("Idempotency-Key", "another")])
    deliver(hooked, delivery, "?label=another")
    deliver(hooked, delivery, headers=[("X-Filename", "another.csv")])
    deliver(hooked, delivery, "?plan=true")

    assert jobs_of(hooked) == 1


def test_an_id_is_for_one_body(hooked: Outside) -> None:
    """The same id with another body, rightly signed, is 422."""
    deliver(hooked, signed("msg_same", csv_job(1)))

    other = deliver(hooked, signed("msg_same", csv_job(2)))

    assert other.status == 422


CHANGES: dict[str, Callable[[Delivery], Delivery]] = {
    "body": lambda it: replace(it, body=it.body.replace(b"StatusNotAvailable", b"StatusNormal")),
    "longer": lambda it: replace(it, body=it.body + b"2,StatusNormal,\n"),
    "id": lambda it: replace(it, id="msg_other"),
    "stamp": lambda it: replace(it, stamp=str(int(it.stamp) + 1)),
    "signature": lambda it: replace(it, signature="v1," + base64.b64encode(bytes(32)).decode()),
    "cut": lambda it: replace(it, signature=it.signature[:-8]),
    "version": lambda it: replace(it, signature=it.signature.replace("v1,", "v2,")),
    "none": lambda it: replace(it, signature=""),
    "not base64": lambda it: replace(it, signature="v1,%%%%"),
    "not ASCII": lambda it: replace(it, signature="v1,ümläut"),
    "moved dot": lambda it: replace(it, id=it.id + "." + it.stamp, stamp=it.stamp),
}
STAMPS = ("now", "1e9", "+{}", "-1", "9" * 400, "0x{}", "٣٣٣٣", "nan", "inf")  # ten would be slowed down


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_delivery_is_refused(hooked: Outside, change: str) -> None:
    """Whatever was changed after it was signed: 401, and no job."""
    answer = deliver(hooked, CHANGES[change](signed("msg_changed", csv_job(1))))

    assert answer.status in (400, 401)
    assert jobs_of(hooked) == 0


def test_an_odd_time_is_refused(hooked: Outside) -> None:
    """A time that is none is refused, although it is signed."""
    statuses = {}
    for text in STAMPS:
        moment = text.format(int(time.time()))
        made = hmac.digest(KEYS[0], f"msg_odd.{moment}.".encode() + csv_job(1), hashlib.sha256)
        odd = Delivery(
            id="msg_odd",
            stamp=moment.encode("utf-8").decode("latin-1"),
            body=csv_job(1),
            signature=f"v1,{base64.b64encode(made).decode()}",
        )
        statuses[text[:9]] = deliver(hooked, odd).status

    assert {name for name, status in statuses.items() if status not in (400, 401)} == set()
    assert jobs_of(hooked) == 0


@pytest.mark.parametrize("age", [330, 3600, 10**9, -330, -(10**9)])
def test_an_old_delivery_is_refused(hooked: Outside, age: int) -> None:
    """Five minutes, in both directions."""
    assert deliver(hooked, signed("msg_old", csv_job(1), age=age)).status in (400, 401)
    assert jobs_of(hooked) == 0


@pytest.mark.parametrize("age", [270, -270])
def test_a_late_delivery_is_taken(hooked: Outside, age: int) -> None:
    """Clocks differ, and senders try again."""
    assert deliver(hooked, signed("msg_late", csv_job(1), age=age)).status == 202


def test_a_strange_key_is_refused(hooked: Outside) -> None:
    """Neither another key, an empty one, nor the secret's text itself signs for us."""
    for key in (b"x" * 32, b"", SECRETS[0].encode(), SECRETS[0].removeprefix("whsec_").encode()):
        assert deliver(hooked, signed("msg_key", csv_job(1), key=key)).status == 401


def test_a_signature_opens_nothing_else(hooked: Outside) -> None:
    """It hands in a job, and reads nothing and decides nothing."""
    delivery = signed("msg_read", b"")
    asked = [
        ("GET", "/api/v1/runs"),
        ("GET", "/metrics"),
        ("POST", "/api/v1/runs/20260101T000000Z-0000/apply"),
    ]

    statuses = {once(hooked.url, method, path, b"", delivery.headers).status for method, path in asked}

    assert statuses <= {401, 403}


def test_without_a_secret_nothing_is_signed(place: MakePlace) -> None:
    """A service without webhook_secret takes no signed delivery, not even one signed by an empty key."""
    with serving(place()) as service:
        answers = [deliver(service, signed("msg", csv_job(1), key=key)).status for key in (b"", KEYS[0])]

    assert answers == [401, 401]


def test_a_delivery_needs_all_its_headers(hooked: Outside) -> None:
    """One of the three is missing, or comes twice: refused."""
    delivery = signed("msg_parts", csv_job(1))
    pairs = delivery.headers
    sets = [pairs[:place] + pairs[place + 1 :] for place in range(3)]
    sets += [[*pairs, ("webhook-id", "msg_evil")], [("webhook-timestamp", "1"), *pairs]]

    statuses = [once(hooked.url, "POST", "/api/v1/jobs", delivery.body, headers).status for headers in sets]

    assert set(statuses[:3]) <= {400, 401}
    assert statuses[4] in (400, 401)


def test_a_large_body_is_bounded_before_it_is_verified(place: MakePlace) -> None:
    """Who has no secret cannot make us keep a large body: more than max_body is 413."""
    with serving(place(webhook_secret=SECRETS[0], max_body="64 KiB")) as service:
        delivery = replace(signed("msg_big", b"x"), body=b"x" * 70000)
        status = deliver(service, delivery).status

    assert status in (401, 413)
