"""As whom we ask: what is configured becomes headers, and nothing else ever."""

from pathlib import Path
from typing import Any

import pytest

from presence_worker.errors import Suspect, UsageFault
from presence_worker.model import Outcome
from presence_worker.settings import Auth, Settings, Target
from presence_worker.superoffice import check_settings, open_client
from presence_worker.superoffice.auth_secrets import all_secrets, read_secret, secret_now
from presence_worker.superoffice.request_errors import RefusedError
from presence_worker.superoffice.sign_in.credential import Credential
from tests.raw_server import answer, raw_server

from .given import ROOT, put_once, settings

pytestmark = pytest.mark.anyio
OWN = {"authorization", "so-apptoken", "cookie", "x-xsrf-token"}  # headers that credentials travel in


def auth(**values: Any) -> Auth:
    """Return an [auth] table as the configuration file would hold it."""
    return Auth.model_validate(values)


@pytest.mark.parametrize(
    ("table", "headers"),
    [
        ({"username": "night", "password": "pass"}, {"Authorization": "Basic bmlnaHQ6cGFzcw=="}),
        ({"username": "blåbär", "password": "å:b"}, {"Authorization": "Basic YmzDpWLDpHI6w6U6Yg=="}),
        ({"scheme": "soticket", "ticket": "7T:abc=="}, {"Authorization": "SOTicket 7T:abc=="}),
        ({"scheme": "bearer", "token": "8A:Cust1.x"}, {"Authorization": "Bearer 8A:Cust1.x"}),
        (
            {"scheme": "soticket", "ticket": "7T:a", "client_secret": "c"},
            {"Authorization": "SOTicket 7T:a", "SO-AppToken": "c"},
        ),
        (
            {"scheme": "soticket", "ticket": "7T:a", "client_secret": "c", "app_token": "t"},
            {"Authorization": "SOTicket 7T:a", "SO-AppToken": "t"},
        ),
        ({"scheme": "bearer", "token": "b", "client_secret": "c"}, {"Authorization": "Bearer b"}),
        (
            {"username": "u", "password": "p", "app_token": "t"},
            {"Authorization": "Basic dTpw", "SO-AppToken": "t"},
        ),
        (
            {"scheme": "xsrf", "xsrf_token": "x", "cookie": "a=b; c=d"},
            {"X-XSRF-TOKEN": "x", "Cookie": "a=b; c=d"},
        ),
    ],
)
@pytest.mark.covers("`auth.scheme` `xsrf`")
@pytest.mark.covers("`X-XSRF-TOKEN`")
async def test_credentials_become_headers(table: dict[str, str], headers: dict[str, str]) -> None:
    """One way per scheme, and the application's token beside it: with a ticket, the client secret."""
    async with raw_server() as server:
        await put_once(settings(server.url, auth=auth(**table)))

    (seen,) = server.requests
    found = {name.lower(): value for name, value in seen.headers if name.lower() in OWN}
    assert found == {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({}, ["auth.username", "auth.password"]),
        ({"username": "night"}, ["auth.password"]),
        ({"scheme": "soticket"}, ["auth.ticket"]),
        ({"scheme": "bearer"}, ["auth.token"]),
        ({"scheme": "xsrf"}, ["auth.xsrf_token", "auth.cookie"]),
        ({"scheme": "oauth"}, ["auth.client_id", "auth.client_secret", "auth.refresh_token"]),
        ({"scheme": "oauth", "client_id": "id"}, ["auth.client_secret", "auth.refresh_token"]),
        (
            {"scheme": "system-user"},
            ["target.tenant", "auth.client_secret", "auth.system_user_token", "auth.private_key_file"],
        ),
    ],
)
def test_all_that_is_missing_is_named(table: dict[str, str], named: list[str]) -> None:
    """Whoever configures a scheme learns at once what it needs, and that secrets may be in files."""
    with pytest.raises(UsageFault) as refused:
        check_settings(settings(ROOT, auth=auth(**table)))

    lines = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in lines] == named
    assert ("_file" in lines[-1]) is (named[-1] != "auth.username")


@pytest.mark.parametrize("token", ["hunter2\nX-Evil: 1", "hunter2\x7f", ""])
def test_what_is_broken_is_named(token: str) -> None:
    """The sentence names the setting, and never its value."""
    with pytest.raises(UsageFault, match=r"auth\.token") as refused:
        check_settings(settings(ROOT, auth=auth(scheme="bearer", token=token)))

    assert "hunter2" not in str(refused.value)


def test_a_secret_may_live_in_a_file(tmp_path: Path) -> None:
    """Files end in a newline; the secret does not."""
    file = tmp_path / "token"
    file.write_text("8A:Cust1.x\n", "utf-8")

    assert read_secret(auth(scheme="bearer", token_file=file), "token") == "8A:Cust1.x"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"\xff\xff", "not a text file"),
        (b"\n", "is empty"),
        (b"hunter2\nhunter3", "line breaks"),
    ],
)
def test_an_unusable_file_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """The sentence says which file and why, and quotes nothing of it, at the start and later."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    table = auth(scheme="bearer", token_file=file)

    with pytest.raises(UsageFault) as refused:
        check_settings(settings(ROOT, auth=table))
    with pytest.raises(RefusedError) as stopped:
        secret_now(table, "token")

    for said in (str(refused.value), str(stopped.value.outcome.stop)):
        assert words in said
        assert "hunter" not in said


def test_a_secret_that_is_gone_is_named() -> None:
    """Nothing is assumed of what a scheme needs."""
    with pytest.raises(RefusedError) as stopped:
        secret_now(auth(), "password")

    assert "auth.password: not set" in str(stopped.value)


def test_knows_all_secrets_that_are_configured(tmp_path: Path) -> None:
    """From settings and files, the unused ones too."""
    file = tmp_path / "ticket"
    file.write_text("7T:abc==", "utf-8")
    table = auth(username="night", password="pass", ticket_file=file, app_token="app")

    assert sorted(all_secrets(table)) == ["7T:abc==", "app", "pass"]


async def test_what_basic_makes_of_name_and_password_is_a_secret_too() -> None:
    """If the service quotes it, all of it goes, the name as well."""
    quoted = b'{"ErrorMessage": "not bmlnaHQ6Y29ycmVjdC1ob3JzZQ=="}'
    async with raw_server(answer(400, quoted)) as server:
        outcome = await put_once(settings(server.url))

    assert outcome.detail == "not [redacted]"


def test_a_credential_shows_nothing_of_itself() -> None:
    """It may end up in a traceback."""
    credential = Credential(headers={"Authorization": "Bearer hunter2"}, secrets=("hunter2",))

    assert "hunter2" not in repr(credential)


@pytest.mark.parametrize("tenant", ["../admin", "Cust 1", "Cust1/x", "", "Cust1?x", "x" * 65])
def test_a_tenant_is_a_plain_word(tenant: str) -> None:
    """It becomes part of an address."""
    with pytest.raises(ValueError, match="Cust12345"):
        Target(tenant=tenant)


def test_a_tenant_may_be_all_there_is() -> None:
    """Online, its state says where it lives."""
    check_settings(Settings(target=Target(tenant="Cust12345"), auth=auth(scheme="bearer", token="x")))


@pytest.mark.parametrize("scheme", [{"username": "night"}, {"scheme": "bearer"}])
async def test_a_refusal_names_the_settings_and_the_file(scheme: dict[str, Any], tmp_path: Path) -> None:
    """Asked who we are, it says where the password stands, and never what it is."""
    secret = "token" if "scheme" in scheme else "password"
    file = tmp_path / "secret"
    file.write_text("kanarie")
    async with raw_server(otherwise=answer(401)) as server:
        setting = settings(server.url, auth=auth(**scheme, **{f"{secret}_file": file}))
        async with open_client(setting) as client:
            outcome = await client.fetch_principal()

    assert isinstance(outcome, Outcome)
    assert outcome.suspect is Suspect.SIGN_IN
    assert f"auth.{secret}_file ({file})" in str(outcome.stop)
    assert ("auth.username and " in str(outcome.stop)) == (secret == "password")
    assert "kanarie" not in str(outcome)
