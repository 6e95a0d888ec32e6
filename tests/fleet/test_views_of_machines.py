"""What one machine shows of a run on another one, and that it can stop it: with real processes."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from tests.run.given import away, sandbox_up, started, wait_until, write_csv

FORM = "application/x-www-form-urlencoded"
TOKEN = "pw_of-this-test"
ROWS = 400  # at the rate below, far longer than the test
SLOW = 20.0  # requests per second
COMMON = """targets = "{folder}/targets"
[serve]
listen = "127.0.0.1:0"
tokens.test = {{ sha256 = "{digest}", roles = ["submit", "read", "rows", "approve"] }}
[fleet]
database = "{database}"
lease = 10
encryption_key_file = "{folder}/key"
targets = {takes}
"""
TARGET = """[target]
base_url = "{url}"
[auth]
username = "night"
password_file = "{folder}/password"
[delivery]
rate = {rate}
"""


class Front:
    """A service, as programs ask it."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Send a request; return the status, and what the body has."""
        connection = HTTPConnection(self._address, timeout=30)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = "json" in (answer.headers["Content-Type"] or "")
        return answer.status, json.loads(text) if is_json else text.decode()

    def submit(self, path: str, cookie: str | None, fields: Mapping[str, str]) -> tuple[int, str]:
        """Send a form of a page as a browser does; return the status, and the cookie that it sets."""
        own = {"Cookie": cookie} if cookie else {}
        headers = {"Content-Type": FORM, "Origin": f"http://{self._address}", **own}
        return self._browse("POST", path, urlencode(fields), headers)[:2]

    def open_page(self, path: str, cookie: str | None) -> tuple[int, str, str]:
        """Open a page as a browser does; return the status, the cookie it sets, and its forms' token."""
        status, given, page = self._browse("GET", path, None, {"Cookie": cookie} if cookie else {})
        return status, given, page.partition('name="token" value="')[2].partition('"')[0]

    def _browse(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str, str]:
        connection = HTTPConnection(self._address, timeout=30)
        try:
            connection.request(method, path, body, {**headers})
            answer = connection.getresponse()
            return (
                answer.status,
                (answer.headers["Set-Cookie"] or "").partition(";")[0],
                answer.read().decode(),
            )
        finally:
            connection.close()

    def hear(self, is_enough: Callable[[str, Any], bool]) -> None:
        """Watch the events until one is enough."""
        connection = HTTPConnection(self._address, timeout=30)
        try:
            connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {TOKEN}"})
            answer, kind = connection.getresponse(), ""
            for line in iter(answer.readline, b""):
                if line.startswith(b"event: "):
                    kind = line[7:].decode().strip()
                elif line.startswith(b"data: ") and is_enough(kind, json.loads(line[6:])):
                    return
        finally:
            connection.close()
        pytest.fail("the events ended")


class Machines(NamedTuple):
    """One machine that only shows, and one that works."""

    front: Front
    works: Front
    job: str


@pytest.fixture
def machines(tmp_path: Path, database_url: str) -> Iterator[Machines]:
    """Two services that share a database; the second one works on a job that the first one was given."""
    with ExitStack() as stack:
        url = stack.enter_context(sandbox_up()).url
        (tmp_path / "targets").mkdir()
        for name, text in (("password", "x"), ("key", base64.urlsafe_b64encode(bytes(32)).decode())):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o600)
        (tmp_path / "targets" / "oslo.toml").write_text(TARGET.format(url=url, folder=tmp_path, rate=SLOW))
        fronts = []
        for name, takes in (("shows", ["none"]), ("works", ["oslo"])):
            config = tmp_path / f"{name}.toml"
            config.write_text(
                COMMON.format(
                    folder=tmp_path,
                    digest=sha256(TOKEN.encode()).hexdigest(),
                    database=database_url,
                    takes=json.dumps(takes),
                )
            )
            process = stack.enter_context(
                started("serve", "--config", config, "--state-dir", tmp_path / name)
            )
            assert process.stdout
            fronts.append(Front(process.stdout.readline().strip()))
        front, works = fronts
        file = write_csv(tmp_path / "changes.csv", away(range(1, ROWS + 1)))
        wait_until(lambda: front.ask("GET", "/readyz")[0] == 200)
        status, job = front.ask("POST", "/api/v1/jobs?target=oslo", file.read_bytes())
        assert status == 202
        yield Machines(front, works, job["job"])


def test_a_run_on_another_machine_is_seen_and_stopped(machines: Machines) -> None:
    """Its job, its events and its figures; and it ends as it would where it works."""
    front, path = machines.front, f"/api/v1/jobs/{machines.job}"
    front.hear(lambda kind, run: kind == "progress" and run["done"] > 0)
    _, job = front.ask("GET", path)
    _, figures = front.ask("GET", "/metrics")
    began = time.monotonic()

    stopped, _ = front.ask("POST", f"/api/v1/runs/{job['run_id']}/stop")
    front.hear(lambda kind, _: kind == "ended")
    took = time.monotonic() - began
    seen = [each.ask("GET", path)[1] for each in (front, machines.works)]
    again, _ = front.ask("POST", f"/api/v1/runs/{job['run_id']}/stop")
    files = [each.ask("GET", f"/api/v1/runs/{job['run_id']}/report.csv") for each in (front, machines.works)]

    assert (job["state"], job["actions"]) == ("working", ["stop"])
    assert 'presence_worker_run_in_progress_rows{target="oslo",result="updated"}' in figures
    assert (stopped, again) == (202, 409)
    assert took < 10
    assert seen[0] == seen[1]
    assert (seen[0]["state"], seen[0]["exit_code"]) == ("stopped", 143)
    assert "Stopped by the token test" in seen[0]["headline"]
    assert seen[0]["counts"]["not_sent"] > 0
    assert files[0][0] == 200
    assert files[0] == files[1]


def test_who_saw_a_run_may_decide_on_it_at_another_machine(machines: Machines) -> None:
    """What one machine shows as its state, another one takes as what was seen."""
    front, works = machines.front, machines.works
    front.hear(lambda kind, run: kind == "progress" and run["done"] > 0)
    run = front.ask("GET", f"/api/v1/jobs/{machines.job}")[1]["run_id"]
    front.ask("POST", f"/api/v1/runs/{run}/stop")
    front.hear(lambda kind, _: kind == "ended")
    _, known = works.ask("GET", f"/api/v1/runs/{run}")

    moved, _ = front.ask("POST", f"/api/v1/runs/{run}/resume", b'{"seen": "another"}')
    status, job = front.ask(
        "POST", f"/api/v1/runs/{run}/resume", json.dumps({"seen": known["etag"]}).encode()
    )

    assert (moved, status) == (409, 202)
    front.hear(
        lambda kind, _: (
            kind == "progress" and front.ask("GET", f"/api/v1/jobs/{job['job']}")[1]["state"] == "working"
        )
    )


def test_who_signs_in_at_one_machine_is_signed_in_at_the_other(machines: Machines) -> None:
    """A browser may be led to any of them: its pages open, and the buttons in them work."""
    front, works = machines.front, machines.works
    works.hear(lambda kind, run: kind == "progress" and run["done"] > 0)
    run = front.ask("GET", f"/api/v1/jobs/{machines.job}")[1]["run_id"]
    _, first, token = front.open_page("/sign-in", None)

    signed_in, cookie = works.submit("/sign-in", first, {"token": token, "secret": TOKEN})
    opened, _, form_token = front.open_page("/", cookie)
    turned_away, _, _ = front.open_page("/", first)
    pressed, _ = works.submit(f"/runs/{run}/stop", cookie, {"token": form_token})

    assert (signed_in, opened, turned_away, pressed) == (303, 200, 303, 303)
    assert cookie
    assert cookie != first
