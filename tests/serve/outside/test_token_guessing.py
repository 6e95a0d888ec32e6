"""Attack: tokens are guessed, by the API and by the sign-in page."""

import ast
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import presence_worker

from .raw_client import Answer, once
from .served import Caller, Outside, Place, csv_job, digest, serving, token_of
from .visitor import Visitor

MakePlace = Callable[..., Place]
PACKAGE = Path(presence_worker.__file__).parent
HARMLESS = "token.sha256 == session.sha256"  # both are ours: whether a token was replaced since the sign-in
several_addresses = pytest.mark.skipif(sys.platform != "linux", reason="loopback has one address there")


def guess(service: Outside, number: int, source: str | None = None) -> Answer:
    """Guess once."""
    return Caller(url=service.url, token=f"pw_guess_{number}", source=source).get("/api/v1/jobs")


def test_ten_wrong_ones_are_enough(place: MakePlace) -> None:
    """After ten wrong tokens in a minute from one address comes 429, for a right one as well."""
    with serving(place()) as service:
        guesses = [guess(service, number) for number in range(14)]
        right = service.by("importer").get("/api/v1/jobs")
        health = once(service.url, "GET", "/healthz")

    assert [answer.status for answer in guesses] == [401] * 10 + [429] * 4
    assert guesses[-1].kind == "application/problem+json"
    assert int(guesses[-1].header("Retry-After") or "") > 0
    assert right.status == 429
    assert health.status == 200


@several_addresses
def test_others_are_not_slowed(place: MakePlace) -> None:
    """Only the address that guesses is slowed: nobody can lock others out."""
    with serving(place()) as service:
        for number in range(12):
            guess(service, number, "127.0.0.9")
        other = replace(service.by("importer"), source="127.0.0.8").submit(csv_job(1))
        still = guess(service, 12, "127.0.0.9")

    assert (other.status, still.status) == (202, 429)


def test_a_header_does_not_change_the_address(place: MakePlace) -> None:
    """Without a proxy X-Forwarded-For is a claim of the caller: it gives no new tries."""
    with serving(place()) as service:
        claims = [[("X-Forwarded-For", f"10.0.0.{number}")] for number in range(12)]
        wrong = [
            Caller(url=service.url, token=f"pw_guess_{number}").get("/api/v1/jobs", claim)
            for number, claim in enumerate(claims)
        ]

    assert wrong[-1].status == 429


def test_behind_a_proxy_its_word_counts(place: MakePlace) -> None:
    """Behind a proxy the last address of X-Forwarded-For is the caller's; others are claims."""
    public = "https://presence.example.com"
    with serving(place(behind_proxy=True, public_url=public)) as service:

        def ask(number: int, forwarded: str) -> int:
            caller = Caller(url=service.url, token=f"pw_guess_{number}")
            headers = [("Host", "presence.example.com"), ("X-Forwarded-For", forwarded)]
            return caller.get("/api/v1/jobs", headers).status

        guesser = [ask(number, f"10.9.9.{number}, 203.0.113.7") for number in range(11)]
        other = ask(99, "203.0.113.8")

    assert guesser[-1] == 429
    assert other == 401


def test_the_sign_in_page_counts_as_well(place: MakePlace) -> None:
    """Guesses by the page and by the API are counted together."""
    with serving(place()) as service:
        visitor = Visitor(url=service.url)
        pages = [visitor.sign_in(f"pw_guess_{number}").status for number in range(5)]
        for number in range(5):
            guess(service, number)
        late = visitor.sign_in(token_of("boss"))
        inside = visitor.get("/").status

    assert set(pages) <= {401, 403}
    assert late.status == 429
    assert inside in (303, 401, 429)


def test_a_missing_token_is_no_guess(place: MakePlace) -> None:
    """A monitor without a token locks nobody out, and neither does a right token without the role."""
    with serving(place()) as service:
        for _ in range(15):
            service.by(None).get("/api/v1/jobs")
            service.by("watcher").submit(csv_job(1))
        right = service.by("importer").get("/api/v1/jobs")

    assert right.status == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "bearer {}x",
        "Basic {}",
        "Bearer {} {}",
        "Bearer {}, Bearer x",
        "{}",
        "Bearer ümläut",
        "Bearer " + "x" * 7000,
        "Bearer {}\t",
    ],
)
def test_odd_headers_let_nobody_in(place: MakePlace, value: str) -> None:
    """What only looks like a token is none; and the digest from the configuration is none either."""
    with serving(place()) as service:
        right = token_of("boss")
        odd = once(service.url, "GET", "/api/v1/jobs", b"", [("Authorization", value.format(right, right))])
        hashed = Caller(url=service.url, token=digest(right)).get("/api/v1/jobs")

    assert odd.status in ((200,) if value == "Bearer {}\t" else (400, 401))
    assert hashed.status == 401


def test_tokens_are_nowhere(place: MakePlace) -> None:
    """No token, right or wrong, is in the log, in the state directory or in an answer."""
    somewhere = place()
    with serving(somewhere) as service:
        boss = service.by("boss")
        boss.finished(boss.hand_in(csv_job(1)))
        Visitor(url=service.url).sign_in(token_of("hr"))
        wrong = Caller(url=service.url, token="pw_wrong_Kanarienvogel").get("/api/v1/jobs")
        once(service.url, "GET", "/api/v1/jobs?token=pw_query_Kanarienvogel")
        texts = [path.read_bytes() for path in somewhere.state.rglob("*") if path.is_file()]
        texts += [somewhere.folder.joinpath("serve.log").read_bytes(), wrong.body]

    for text in texts:
        for canary in (token_of("boss"), token_of("hr"), "Kanarienvogel"):
            assert canary.encode() not in text


def test_tokens_are_compared_in_constant_time() -> None:
    """The code that knows tokens' digests compares them by `compare_digest`, and nowhere by ==."""
    sources = {path: path.read_text("utf-8") for path in (PACKAGE / "serve").rglob("*.py")}
    comparing = [path.name for path, text in sources.items() if "compare_digest" in text]
    bare = []
    for path, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.In | ast.NotEq):
                words = ast.unparse(node)
                if words != HARMLESS and any(
                    word in words for word in ("sha256", "signature", "form_token", "secret")
                ):
                    bare.append(f"{path.name}: {words}")

    assert comparing
    assert bare == []
