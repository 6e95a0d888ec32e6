"""Messages and channels as tests of notifications need them."""

from typing import Any

from presence_worker.next_step import NextStep
from presence_worker.notify.channels import Channel, PingChannel, open_channels, open_pings
from presence_worker.notify.message import Message
from presence_worker.settings.notify import Notify

MESSAGE = Message(
    id="20261123T020000Z-7f3a.finished.1",
    target="acme",
    run_id="20261123T020000Z-7f3a",
    label="HR-4711",
    state="finished",
    exit_code=3,
    headline="930 of 940 rows done. 10 need attention: HR 10.",
    counts={"updated": 930, "unchanged": 0, "invalid": 2, "rejected": 8},
    reasons={"bad_date": 2, "unknown_associate": 8},
    since="2026-11-22T02:00:00Z",
    repeated=2,
    link="https://presence.example.com/runs/20261123T020000Z-7f3a",
    next=NextStep(("run", "/srv/hr's files/failed.csv", "--target", "acme")),
    version="0.2.0",
)


def channels(**notify: Any) -> list[Channel]:
    """Open the channels of [notify]."""
    return open_channels(Notify.model_validate(notify))


def pings(**notify: Any) -> list[PingChannel]:
    """Open the dead man's switches of [notify]."""
    return open_pings(Notify.model_validate(notify))
