"""As whom we ask: credentials from settings or files become headers, and nothing else ever."""

from pathlib import Path
from typing import Any

import pytest

from presence_worker.errors import UsageFault
from presence_worker.settings import Auth
from presence_worker.superoffice.auth import known_secrets, sign_in_headers


def auth(**values: Any) -> Auth:
    """Give an [auth] table as the configuration file would hold it."""
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
        (
            {"scheme": "bearer", "token": "b", "client_secret": "c"},
            {"Authorization": "Bearer b"},
        ),
        (
            {"username": "u", "password": "p", "app_token": "t"},
            {"Authorization": "Basic dTpw", "SO-AppToken": "t"},
        ),
    ],
)
def test_credentials_become_headers(table: dict[str, str], headers: dict[str, str]) -> None:
    """One header per scheme, and the application's token beside it: with a ticket, the client secret."""
    assert sign_in_headers(auth(**table)) == headers


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({}, "auth.username"),
        ({"username": "night"}, "auth.password"),
        ({"scheme": "soticket"}, "auth.ticket"),
        ({"scheme": "bearer"}, "auth.token"),
        ({"scheme": "xsrf"}, "auth.scheme: xsrf is not available yet; use one of basic, soticket, bearer"),
        ({"scheme": "bearer", "token": "hunter2\nX-Evil: 1"}, "auth.token"),
        ({"scheme": "bearer", "token": "hunter2\x7f"}, "auth.token"),
        ({"scheme": "bearer", "token": ""}, "auth.token"),
    ],
)
def test_what_is_missing_or_broken_is_named(table: dict[str, str], named: str) -> None:
    """The sentence names the setting, and never its value."""
    with pytest.raises(UsageFault) as refused:
        sign_in_headers(auth(**table))

    assert named in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_secret_may_live_in_a_file(tmp_path: Path) -> None:
    """Files end in a newline; the secret does not."""
    file = tmp_path / "token"
    file.write_text("8A:Cust1.x\n", "utf-8")

    headers = sign_in_headers(auth(scheme="bearer", token_file=file))

    assert headers == {"Authorization": "Bearer 8A:Cust1.x"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "not a text file"),
        (b"\n", "is empty"),
        (b"hunter2\nhunter3", "line breaks"),
    ],
)
def test_an_unusable_file_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """The sentence says which file and why, and quotes nothing of it."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageFault) as refused:
        sign_in_headers(auth(scheme="bearer", token_file=file))

    assert words in str(refused.value)
    assert "hunter" not in str(refused.value)


def test_knows_all_secrets_in_force(tmp_path: Path) -> None:
    """From settings and files, the unused ones too, and what Basic makes of them."""
    file = tmp_path / "ticket"
    file.write_text("7T:abc==", "utf-8")
    table = auth(username="night", password="pass", ticket_file=file, app_token="app")

    assert sorted(known_secrets(table)) == sorted(["pass", "7T:abc==", "app", "bmlnaHQ6cGFzcw=="])


def test_knows_no_basic_pair_with_another_scheme() -> None:
    """What is not sent need not be searched for."""
    assert known_secrets(auth(scheme="bearer", token="8A:x")) == ["8A:x"]
