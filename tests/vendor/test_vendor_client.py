"""SuperOffice's own client (npm: @superoffice/webapi) works against the sandbox."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import jwt
import pytest
from anyio.from_thread import start_blocking_portal

from presence_worker.sandbox import Assumptions, Online, People, Person, Sandbox, Setup, serve

HERE = Path(__file__).parent
LONGEST = 240.0  # seconds that a client may take
NODE = shutil.which("node")
NULL = Assumptions(unknown_id="null")
Calls = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def call() -> Calls:
    """Run the client against a root, with credentials; give what it found. Skipped where it is not there."""
    if NODE is None:
        pytest.skip("no node")
    look = 'require.resolve("@superoffice/webapi")'
    if subprocess.run([NODE, "-e", look], cwd=HERE, capture_output=True, check=False).returncode:
        pytest.skip("no @superoffice/webapi; `npm ci` in tests/vendor installs it")

    def run(root: str, *credentials: str) -> dict[str, Any]:
        words = [str(NODE), str(HERE / "client.js"), root, *credentials]
        env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=LONGEST, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


@pytest.fixture(scope="module")
def root(call: Calls) -> Iterator[str]:
    """The root of `presence-worker sandbox`, as another process."""
    del call  # where the client is not there, nobody needs a sandbox
    words = [sys.executable, "-m", "presence_worker", "sandbox", "--inactive", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.kill()


@pytest.fixture
def strict(call: Calls) -> Iterator[Sandbox]:
    """A sandbox that wants what it gave out itself, and answers null about strangers."""
    del call
    people = People(1000, {2: Person(is_active=False)})
    sandbox = serve(people, Setup(online=Online(strict=True), assumptions=NULL))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(sandbox) as up:
        yield up


def posted(url: str, content_type: str, body: str) -> dict[str, Any]:
    """Give the JSON that is answered to a POST."""
    with urlopen(Request(url, body.encode(), {"Content-Type": content_type})) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def assert_all_is_well(found: dict[str, Any]) -> None:
    """The client understood whatever it was answered."""
    assert found["echo"] == found["after"] == found["wanted"]
    assert [each["associateId"] for each in found["list"]] == [7, 2]
    assert [(each["fullName"], each["deleted"], each["type"]) for each in found["list"]] == [
        ("User 7", False, "InternalAssociate"),
        ("User 2", True, "InternalAssociate"),
    ]
    assert (found["newcomer"]["associateId"], found["newcomer"]["type"]) == (0, "InternalAssociate")


@pytest.mark.parametrize(
    ("below", "credentials"),
    [
        ("", ("basic", "ann", "sesame")),
        ("/SuperOffice/", ("ticket", "7T:abc==", "sesame")),
        ("/Cust12345/api", ("token", "8A:Cust12345.abc")),
    ],
)
def test_it_reads_and_sets_presences_however_it_signs_in(
    call: Calls, root: str, below: str, credentials: tuple[str, ...]
) -> None:
    """With a password, a ticket or a token, below any root, it sees what it set; of nobody it gets null."""
    found = call(f"{root}{below}", *credentials)

    assert_all_is_well(found)
    assert found["nobody"] is None


def test_it_signs_in_with_a_token_that_was_given_out(call: Calls, strict: Sandbox) -> None:
    """The access token of a refresh token opens the door."""
    fields = dict.fromkeys(("client_id", "client_secret", "refresh_token"), "x")
    form = urlencode({"grant_type": "refresh_token", **fields})
    token = posted(f"{strict.url}/login/common/oauth/tokens", "application/x-www-form-urlencoded", form)

    found = call(strict.url, "token", token["access_token"])

    assert_all_is_well(found)
    assert found["nobody"] is None
    assert strict.people.presence(7).message == found["wanted"]["message"]


def test_it_signs_in_with_a_ticket_that_was_given_out(call: Calls, strict: Sandbox) -> None:
    """The system user's ticket opens the door, beside the application's token."""
    asked = {
        "SignedSystemToken": f"App.{datetime.now(UTC):%Y%m%d%H%M}.{base64.b64encode(b'x').decode()}",
        "ApplicationToken": "sesame",
        "ContextIdentifier": "Cust12345",
        "ReturnTokenType": "JWT",
    }
    url = f"{strict.url}/login/api/PartnerSystemUser/Authenticate"
    told = jwt.decode(
        posted(url, "application/json", json.dumps(asked))["Token"], options={"verify_signature": False}
    )

    found = call(
        told["http://schemes.superoffice.net/identity/webapi_url"],
        "ticket",
        told["http://schemes.superoffice.net/identity/ticket"],
        "sesame",
    )

    assert_all_is_well(found)
