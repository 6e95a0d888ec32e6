"""`presence-worker token`: a token for one who uses the service, and what the configuration has of it."""

import hashlib
import tomllib

import pytest

from presence_worker.settings import Settings
from tests.run.given import Ended, Worker


def settings_with(made: Ended) -> Settings:
    """Read the line that was printed, below [serve]."""
    _, line = made.out.splitlines()
    return Settings.model_validate(tomllib.loads(f"[serve]\n{line}\n"))


def test_the_line_lets_the_token_in(worker: Worker) -> None:
    """The first line is the token, the second one is valid below [serve] and has its digest."""
    made = worker.call("token", "crm-admin", "--role", "read", "--role", "approve", "--target", "emea")

    token, line = made.out.splitlines()
    access = settings_with(made).serve.tokens["crm-admin"]
    assert made.code == 0
    assert access.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert (access.roles, access.targets) == (["read", "approve"], ["emea"])
    assert token not in line + made.err


def test_without_target_it_is_for_all(worker: Worker) -> None:
    """The line does not limit it then, and says each role once."""
    made = worker.call("token", "onboarding", "--role", "submit", "--role", "submit")

    access = settings_with(made).serve.tokens["onboarding"]

    assert (access.roles, access.targets) == (["submit"], None)


def test_no_two_tokens_are_alike(worker: Worker) -> None:
    """Each has as much chance in it as its digest can tell apart."""
    tokens = {worker.call("token", "a", "--role", "read").out.split()[0] for _ in range(20)}

    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)


@pytest.mark.parametrize(
    "words",
    [
        ("Crm Admin", "--role", "read"),
        ("a.b", "--role", "read"),
        ("a\nb", "--role", "read"),
        ("", "--role", "read"),
        ("crm", "--role", "root"),
        ("crm",),
    ],
)
def test_what_the_settings_would_refuse_is_refused_here(worker: Worker, words: tuple[str, ...]) -> None:
    """A name or a role that the service does not take makes no token."""
    refused = worker.call("token", *words)

    assert (refused.code, refused.out) == (2, "")
    assert "Next: presence-worker token --help" in refused.err


@pytest.mark.parametrize("target", ['x"y', "a b", "æ", "\\"])
def test_a_target_stands_in_the_line_as_it_is(worker: Worker, target: str) -> None:
    """Whatever characters its name has."""
    made = worker.call("token", "crm", "--role", "read", "--target", target)

    assert settings_with(made).serve.tokens["crm"].targets == [target]
