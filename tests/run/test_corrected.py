"""Refused credentials: the next command tries nothing until they were corrected."""

import base64
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from presence_worker.errors import Stopped, Suspect
from presence_worker.journal import JOURNAL, Journal
from presence_worker.run.correcting import note_suspect
from presence_worker.run.staging import new_run
from presence_worker.settings import Auth, Settings, Target
from tests.raw_server import Peer, RawServer, Request, answer, echo

from .given import FAST, PASSWORD, Ended, Worker, away, next_words, raw_up, write_csv

RIGHT = "Zaunkoenig-9K"
STILL = "the credentials are still the ones that were rejected, so nothing was tried"


async def wants_the_right_one(peer: Peer, request: Request) -> None:
    pair = base64.b64encode(f"night:{RIGHT}".encode()).decode()
    act = echo if request.header("Authorization") == f"Basic {pair}" else answer(401)
    await act(peer, request)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A service that knows one password."""
    with raw_up(wants_the_right_one) as server:
        yield server


@pytest.fixture
def password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the password, which is wrong at first."""
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__PASSWORD")
    monkeypatch.setenv("PRESENCE_WORKER_AUTH__PASSWORD_FILE", str(tmp_path / "password"))
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    return path


@pytest.fixture
def worker(server: RawServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Worker:
    return Worker(tmp_path, server.url, capsys)


def refused(worker: Worker) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", away([1, 2, 3])), "--concurrency", "1")


def test_typed_blindly_it_tries_nothing(worker: Worker, server: RawServer, password: Path) -> None:
    """However often: the same password again and again would lock the account."""
    ended = refused(worker)
    asked = len(server.requests)

    again = [worker.follow(ended) for _ in range(3)]

    assert (ended.code, asked, len(server.requests)) == (6, 1, 1)
    assert next_words(ended)[::2][:1] == ["resume"]
    assert next_words(ended)[2] == "--if-corrected"
    assert [(each.code, each.summary["next"]) for each in again] == [(2, ended.summary["next"])] * 3
    assert all(STILL in each.summary["message"] for each in again)
    assert f"auth.password_file ({password})" in again[0].summary["message"]


def test_what_to_correct_is_said_once(worker_on: Callable[[RawServer], Worker]) -> None:
    """Behind the service's own words, which may end as a sentence does."""
    with raw_up(answer(401, b'{"ErrorMessage": "Wrong password."}')) as server:
        message = str(refused(worker_on(server)).summary["message"])

    assert "Wrong password. The credentials come from auth.username (" in message
    assert message.count("auth.username") == message.lower().count("correct ") == 1


def test_what_tells_credentials_apart_stays_in_the_journal(worker: Worker, password: Path) -> None:
    """Neither the index of runs nor a report has the fingerprint of refused credentials, or its salt."""
    ended = refused(worker)
    worker("runs")

    with closing(Journal.open(worker.folder_of(ended) / JOURNAL)) as journal:
        correction = journal.run().input.correction
    kept = [str(each).encode() for each in (correction and correction.refused) or ()]
    files = [path for path in worker.state.rglob("*") if path.is_file() and path.name != JOURNAL]
    found = [path.name for path in files if any(each in path.read_bytes() for each in kept)]

    assert (password.exists(), len(kept), found) == (True, 2, [])
    assert "runs.sqlite" in {path.name for path in files}


def test_once_corrected_it_goes_on(worker: Worker, server: RawServer, password: Path) -> None:
    """The message names the file; after that next works as printed."""
    ended = refused(worker)
    password.write_text(f"{RIGHT}\n")

    following = worker.follow(ended)

    assert (
        f"come from auth.username (PRESENCE_WORKER_AUTH__USERNAME) and auth.password_file ({password})"
        in (ended.summary["message"])
    )
    assert (following.code, len(server.puts)) == (0, 4)
    assert following.summary["next"] is None


def test_another_user_is_a_correction_as_well(
    worker: Worker, server: RawServer, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name may have been the mistake."""
    ended = refused(worker)
    monkeypatch.setenv("PRESENCE_WORKER_AUTH__USERNAME", "somebody-else")

    following = worker.follow(ended)

    assert (password.exists(), following.code, len(server.requests)) == (True, 6, 2)
    assert next_words(following)[2] == "--if-corrected"


def test_whoever_knows_better_resumes_without_the_option(
    worker: Worker, server: RawServer, password: Path
) -> None:
    """The account was unlocked, and the password was right all the time: it is tried once more."""
    refused(worker)

    resumed = worker("resume")

    assert (password.exists(), resumed.code, len(server.requests)) == (True, 6, 2)


def test_a_password_of_the_environment_is_named(worker: Worker) -> None:
    """The variable is what the operator corrects."""
    ended = refused(worker)

    assert "auth.password (PRESENCE_WORKER_AUTH__PASSWORD)" in ended.summary["message"]


@pytest.mark.parametrize("value", [PASSWORD])
def test_the_password_is_nowhere(value: str, worker: Worker, password: Path) -> None:
    """What is kept to compare with does not reveal it."""
    worker.follow(refused(worker))

    kept = [
        path for path in worker.state.rglob("*") if path.is_file() and value.encode() in path.read_bytes()
    ]

    assert (kept, password.read_text()) == ([], value)


def test_terminal_and_page_say_what_comes_first(worker: Worker, password: Path) -> None:
    """The order is plain: first correct, then resume."""
    path = write_csv(worker.folder / "job.csv", away([1, 2, 3]))
    ended = worker.call("run", str(path), "--base-url", worker.url, "--state-dir", str(worker.state), *FAST)

    (run,) = (worker.state / "runs").iterdir()
    words = "Correct the credentials, then resume the run. The same ones again may lock the account"
    assert password.exists()
    assert words in " ".join(ended.out.split())
    assert words in " ".join((run / "report.html").read_text("utf-8").split())


@pytest.mark.parametrize("scheme", ["oauth", "system-user"])
def test_what_is_fetched_anew_may_be_tried_again(scheme: str) -> None:
    """Nobody is locked out by a token, and its refusal is often corrected elsewhere."""
    settings = Settings(
        auth=Auth.model_validate({"scheme": scheme}), target=Target(base_url="https://x.example")
    )
    with closing(Journal("")) as journal:
        with journal.transaction():
            journal.stage(new_run("", "job.csv", "", settings, day=date(2026, 12, 1)), ())

        note_suspect(journal, Stopped("no", suspect=Suspect.SIGN_IN), settings)

        found = journal.run().input
        assert (found.suspect, found.are_credentials_refused) == (None, True)


def test_a_proxys_password_is_not_fetched_anew() -> None:
    """Whatever the scheme: the proxy would lock its own account."""
    settings = Settings(auth=Auth(scheme="oauth"), target=Target(base_url="https://x.example"))
    with closing(Journal("")) as journal:
        with journal.transaction():
            journal.stage(new_run("", "job.csv", "", settings, day=date(2026, 12, 1)), ())

        note_suspect(journal, Stopped("no", suspect=Suspect.PROXY), settings)

        correction = journal.run().input.correction
        assert correction is not None
        assert correction.refused is not None


def test_a_proxys_password_is_corrected_in_its_own_setting(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 407 is no matter of [auth]: the message does not send anybody there, and next sees the correction."""
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__ALLOW_HTTP", "true")
    target = Worker(tmp_path, "http://crm.example", worker._capsys)  # noqa: SLF001
    with raw_up(answer(407)) as proxy, raw_up(echo) as open_proxy:
        monkeypatch.setenv("PRESENCE_WORKER_TARGET__PROXY", proxy.url)
        ended = refused(target)
        blind = target.follow(ended)
        monkeypatch.setenv("PRESENCE_WORKER_TARGET__PROXY", open_proxy.url)
        following = target.follow(ended)

    assert next_words(ended)[2] == "--if-corrected"
    assert (blind.code, len(proxy.requests), following.code) == (2, 1, 0)
    said = [ended.summary["message"], blind.summary["message"]]
    assert all("target.proxy (PRESENCE_WORKER_TARGET__PROXY)" in words for words in said)
    assert not any("auth." in words for words in said)
