"""The service is killed again and again while jobs come in, and with it, or not, the power goes."""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.raw_server import Peer, RawServer, Request, echo, shows
from tests.run.given import away, raw_up, wait_until
from tests.serve.outside.served import Place, csv_job, serving

from .disk_log import built
from .power import PowerLoss
from .service_campaign import ServiceCampaign
from .size import LONG, waits_long
from .tally import Tally

pytestmark = pytest.mark.campaign
KILLS = 200 if LONG else 6
KILLS_WITH_POWER = 200 if LONG else 8
SEED = int(os.environ.get("CAMPAIGN_SEED") or random.randrange(2**32))
Say = Callable[[Tally], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints the figures of a campaign, also of one that went well."""

    def say(tally: Tally) -> None:
        with capsys.disabled():
            sys.stdout.write("\n".join(["", *tally.lines(), ""]))

    return say


def test_service_killed_again_and_again(tmp_path: Path, say: Say) -> None:
    """Whenever the service is killed: each acknowledged job has one run, finished; no row is sent twice."""
    campaign = ServiceCampaign("service killed", SEED, tmp_path)

    tally = campaign.wage(KILLS)

    say(tally)
    assert (dict(tally.faults), tally.examples) == ({}, [])
    assert tally.kills.total() >= KILLS


@waits_long
def test_power_of_a_service_lost_again_and_again(tmp_path: Path, say: Say) -> None:
    """What was not synced may be gone as well, and the same holds."""
    power = PowerLoss(built(tmp_path))
    campaign = ServiceCampaign("service without power", SEED, tmp_path)

    tally = campaign.wage(KILLS_WITH_POWER, strike=power.strike, env=power.env)

    say(tally)
    assert (dict(tally.faults), tally.examples) == ({}, [])
    assert tally.power_losses > 0 or not LONG  # about every second blow takes the power as well


@waits_long
def test_finds_a_service_that_does_not_ask_under_the_lock(tmp_path: Path, say: Say) -> None:
    """The campaign is worth something: it finds jobs that are staged twice."""
    campaign = ServiceCampaign("no question under the lock", SEED, tmp_path, wrong="no-check-of-job")

    tally = campaign.wage(KILLS)

    say(tally)
    assert tally.faults


class Stuck:
    """A SuperOffice that answers for associate 900, and for so many PUTs of others, and then for nobody."""

    def __init__(self) -> None:
        self.left = 0  # PUTs
        self.silent = 0  # requests that hang

    async def act(self, peer: Peer, request: Request) -> None:
        """Answer, or hang."""
        if "/900/" in request.path or self.left > 0:
            self.left -= "/900/" not in request.path and request.method == "PUT"
            await (echo if request.method == "PUT" else shows("StatusNormal"))(peer, request)
        else:
            self.silent += 1
            await peer.hang()


def stuck_place(folder: Path, server: RawServer) -> Place:
    """Give a place whose runs send one row after another."""
    common = "[delivery]\nrate = 1000\nconcurrency = 1\nread_before = 'off'\n"
    return Place(folder=folder, targets={"": server.url}, common=common, serve={"tries": 2})


def test_a_run_that_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    """Resumed twice without a settled row, its job is `failed` and its run `stopped`; the next job runs."""
    stuck, deaths, states = Stuck(), 0, ["waiting", "waiting"]
    with raw_up(stuck.act) as server:
        place, paths = stuck_place(tmp_path, server), list[str]()
        while "finished" not in states and deaths < 9:
            with serving(place) as service:
                boss, silent = service.by("boss"), stuck.silent
                for rows in ([1, 2], [900]) if not paths else ():
                    paths.append(boss.hand_in(csv_job(away(rows))))
                wait_until(lambda: stuck.silent > silent or boss.job(paths[1])["state"] == "finished")  # noqa: B023
                jobs = [boss.job(path) for path in paths]
                states = [job["state"] for job in jobs]
                run = boss.get(f"/api/v1/runs/{jobs[0]['run_id']}").json if "finished" in states else {}
                service.process.kill()
                service.process.wait()
            deaths += "finished" not in states

    assert (deaths, states) == (3, ["failed", "finished"])
    assert run["state"] == "stopped"


@waits_long
def test_a_run_that_gets_on_is_not_given_up(tmp_path: Path) -> None:
    """However often it dies: who settles a row in between goes on, and ends finished."""
    stuck, rows = Stuck(), range(1, 8)
    with raw_up(stuck.act) as server:
        place, path = stuck_place(tmp_path, server), ""
        for _ in rows[1:]:
            stuck.left = 1
            with serving(place) as service:
                silent, boss = stuck.silent, service.by("boss")
                path = path or boss.hand_in(csv_job(away(rows)))
                wait_until(lambda: stuck.silent > silent)  # noqa: B023
                time.sleep(0.5)  # the outcomes of a moment are written together
                service.process.kill()
                service.process.wait()
        stuck.left = 99
        with serving(place) as service:
            job = service.by("boss").finished(path)

    assert (job["state"], job["exit_code"]) == ("finished", 0)
