"""What the tests of this folder begin with: a change, settings for a service, one PUT."""

from pathlib import Path

from presence_worker.model import NOT_PRESENT, Change, Outcome, Presence
from presence_worker.settings import Auth, Delivery, Settings, Target
from presence_worker.superoffice import open_client

ROOT = "https://crm.example.com/SuperOffice"
MESSAGE = "Back on 4 January"
BASIC = Auth.model_validate({"username": "night", "password": "correct-horse"})
PATIENT = Delivery()
BRIEF = 0.1  # seconds; where real time has to pass


def change(status: str = NOT_PRESENT, message: str = MESSAGE, *, associate_id: int = 7) -> Change:
    """Return a change of one associate."""
    return Change(row=1, associate_id=associate_id, wanted=Presence(status=status, message=message))


def settings(
    base_url: str = ROOT,
    *,
    auth: Auth = BASIC,
    delivery: Delivery = PATIENT,
    ca_file: Path | None = None,
    proxy: str | None = None,
) -> Settings:
    """Return the settings for a service."""
    return Settings(
        target=Target(base_url=base_url, ca_file=ca_file, proxy=proxy), auth=auth, delivery=delivery
    )


async def put_once(setting: Settings, asked: Change | None = None) -> Outcome:
    """Open a client, make one PUT, and close it."""
    async with open_client(setting) as client:
        return await client.put(asked or change())
