"""Secrets reach the service, and nothing else: no error, no repr, no dump, no journal."""

import base64
import json
from pathlib import Path

import pytest

from presence_worker.errors import UsageFault
from presence_worker.run.staging import without_secrets
from presence_worker.settings import SECRETS, Auth
from presence_worker.superoffice.auth_secrets import read_secret

from .conftest import Complaints, Load

CANARY = "Kanariefågel-7Q"
ENCODED = base64.b64encode(CANARY.encode()).decode()
PAIR = base64.b64encode(f"presence:{CANARY}".encode()).decode()


def betrayed(text: str) -> bool:
    """Whether a text holds the canary: plain, escaped, or as base64."""
    return any(form in text for form in (CANARY, json.dumps(CANARY)[1:-1], "7Q", ENCODED, PAIR))


@pytest.mark.parametrize("name", SECRETS)
def test_settings_never_show_a_secret(name: str, load: Load) -> None:
    """Whoever prints, dumps or keeps the settings gets no secret with them."""
    settings = load(f'[auth]\n{name} = "{CANARY}"')

    shown = [repr(settings), str(settings), settings.model_dump_json(), str(without_secrets(settings))]

    assert read_secret(settings.auth, name) == CANARY
    assert not any(betrayed(text) for text in [*shown, str(settings.model_dump())])


@pytest.mark.parametrize("name", [*SECRETS, "passwrod"])
@pytest.mark.parametrize("value", [f'["{CANARY}"]', f'{{ a = "{CANARY}" }}', f'"{CANARY}" "', f'"{CANARY}'])
def test_no_error_shows_a_secret_of_the_file(name: str, value: str, complaints: Complaints) -> None:
    """A secret of the wrong kind, under a misspelt key or in broken TOML is not quoted."""
    lines = complaints(f"[auth]\n{name} = {value}\n[delivery]\nrate = 0")

    assert not betrayed("\n".join(lines))


@pytest.mark.parametrize("name", ["AUTH__PASSWROD", "AUTH_PASSWORD", "PASSWORD", "REPORT__INCLUDE_MESSAGES"])
def test_no_error_shows_a_secret_of_a_variable(name: str, complaints: Complaints) -> None:
    """A secret in a variable with the wrong name is not quoted either."""
    lines = complaints(**{name: CANARY})

    assert len(lines) == 1
    assert not betrayed(lines[0])


@pytest.mark.parametrize("password", ["[1]", "{}", '["a"]', "123", "true"])
def test_a_password_may_look_like_anything(password: str, load: Load) -> None:
    """A variable of [auth] is taken as it is, also where it looks like a list, a table or a number."""
    settings = load(AUTH__PASSWORD=password)

    assert read_secret(settings.auth, "password") == password


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_and_its_file_are_not_both_set(name: str, complaints: Complaints) -> None:
    """Nobody can know which of the two is the right one."""
    lines = complaints(f'[auth]\n{name} = "{CANARY}"\n{name}_file = "secret"')

    assert lines == [f"FILE, line 1: auth: {name} and {name}_file are both set; keep one"]


def test_a_secret_and_its_file_in_two_places_name_both(complaints: Complaints) -> None:
    """A scheduler's variable beside a key of the file is found without searching."""
    lines = complaints(f'[auth]\npassword = "{CANARY}"', AUTH__PASSWORD_FILE="secret")

    places, _, words = lines[0].partition(": ")
    assert places == "FILE, line 1 and PRESENCE_WORKER_AUTH__PASSWORD_FILE"
    assert words == "auth: password and password_file are both set; keep one"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", " \n\n"])
def test_a_secrets_file_may_end_in_a_line_break(ending: str, tmp_path: Path) -> None:
    """Editors and `echo` end a file with a line break; it is no part of the secret."""
    secret = tmp_path / "password"
    secret.write_bytes(f"{CANARY}{ending}".encode())

    found = read_secret(Auth(password_file=secret), "password")

    assert found == CANARY


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "auth.password_file: password: No such file or directory"),
        (b"", "auth.password: is empty, or has line breaks or other control characters"),
        (b" \n", "auth.password: is empty, or has line breaks or other control characters"),
        (CANARY.encode() + b"\nX", "auth.password: is empty, or has line breaks or other control characters"),
        (CANARY.encode() + b"\xff", "auth.password_file: password: not a text file"),
    ],
)
def test_a_secrets_file_that_cannot_be_right_is_a_usage_error(
    content: bytes | None, words: str, tmp_path: Path
) -> None:
    """A missing, empty or broken file is told by its setting, never by what is in it."""
    if content is not None:
        (tmp_path / "password").write_bytes(content)

    with pytest.raises(UsageFault) as fault:
        read_secret(Auth(password_file=Path("password")), "password")

    assert str(fault.value) == words
