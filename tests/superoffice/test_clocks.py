"""Clocks of other hosts, as their answers tell them: absurd ones stop nothing, and are not believed."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from presence_worker.model import Result
from presence_worker.sandbox.keys import make_key
from presence_worker.superoffice import open_client
from tests.raw_server import answer, raw_server

from .given import change, put_once, settings
from .signing_in import EXCHANGE, STATE, online, routed, system_user
from .test_tenant import PASSWORD

pytestmark = pytest.mark.anyio
DAY = 86400  # seconds
ABSURD = [
    "Tue, 24 Nov 99999 02:00:42 GMT",
    "Tue, 24 Nov 2026 02:00:42 +9900",
    "Tue, 24 Nov 2026 02:00:42 +99999999999999999999",
    "Tue, 24 Nov 99999999999999999999 02:00:42 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
]


@pytest.mark.parametrize("date", ABSURD)
async def test_a_throttled_row_waits_by_our_clock(date: str) -> None:
    """The Date beside a Retry-After may be nonsense."""
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=DAY / 2), usegmt=True)
    async with raw_server(answer(429, b"", {"Date": date, "Retry-After": until})) as server:
        outcome = await put_once(settings(server.url))

    assert 0 < (outcome.retry_after or 0) < DAY


@pytest.mark.parametrize("date", ABSURD)
async def test_a_tenant_is_found_whatever_the_clock(date: str) -> None:
    """The Date beside a tenant's state may be nonsense."""
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    async with raw_server() as server:
        told = f'{{"IsRunning": true, "Api": "{server.url}/Cust12345/api", "ValidUntil": "{until}"}}'
        acts = {STATE: answer(200, told.encode(), {"Date": date})}
        async with (
            raw_server(otherwise=routed(acts)) as login,
            open_client(online("", PASSWORD, login.url, tenant="Cust12345")) as client,
        ):
            outcome = await client.put(change())

    assert outcome.result is Result.UPDATED


@pytest.mark.parametrize("date", ABSURD[:-1])
async def test_a_time_stamp_is_refused_whatever_the_clock(date: str, tmp_path: Path) -> None:
    """The Date beside a refusal may be nonsense: then it is not compared with ours."""
    key = tmp_path / "key.pem"
    key.write_bytes(make_key())
    refusal = answer(200, b'{"IsSuccessful": false, "ErrorCode": 6}', {"Date": date})
    acts = {EXCHANGE: refusal, STATE: answer(200, b'{"IsRunning": true}')}
    async with (
        raw_server(otherwise=routed(acts)) as server,
        open_client(online(server.url, system_user(key), tenant="Cust12345")) as client,
    ):
        outcome = await client.put(change())

    assert "set this machine's clock" in str(outcome.stop)
