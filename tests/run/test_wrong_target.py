"""An address that leads elsewhere: the run belongs to the wrong target, so the job is begun anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.raw_server import Act, Peer, answer, echo

from .given import FAST, Ended, Worker, away, called, next_words, raw_up, wishes, write_csv

ELSEWHERE = answer(302, b"", {"Location": "https://login.example.com/?next=secret"})
PAGE = answer(200, b"<!DOCTYPE html><html><body>Please log in</body></html>", {"Content-Type": "text/html"})
NOT_FOUND = answer(404, b"<html><body>Not Found</body></html>")
NO_SUCH_HOST = "http://no-such-host.invalid/SuperOffice"
READING = ("off", "auto", "each", "query")
ROWS = 25


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience with what is not there."""
    for name in ("OUTAGE_PATIENCE", "PROBE_INTERVAL"):
        monkeypatch.setenv(f"PRESENCE_WORKER_DELIVERY__{name}", "0.01")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "0")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "none")


@contextmanager
def leading_to(act: Act | None) -> Iterator[str]:
    """Give an address at which all requests meet *act*; None: nobody has that name."""
    if act is None:
        yield NO_SUCH_HOST
        return
    with raw_up(act) as server:
        yield server.url


WRONG: dict[str, Act | None] = {
    "redirect": ELSEWHERE,
    "login page": PAGE,
    "404 to everything": NOT_FOUND,
    "421": answer(421),
    "no such host": None,
}


def configure(worker: Worker, url: str) -> Path:
    """Write the configuration; its address stands on line 3."""
    path = worker.folder / "settings.toml"
    path.write_text(f"[target]\nallow_http = true\nbase_url = '{url}'\n")
    return path


def job(worker: Worker, header: str = "") -> Path:
    path = write_csv(worker.folder / "the job.csv", away(range(1, ROWS + 1)))
    if header:
        path.write_text(path.read_text("utf-8").replace("associateId", header), "utf-8")
    return path


def options(worker: Worker, config: Path, how: str) -> tuple[str, ...]:
    where = ("--config", str(config), "--state-dir", str(worker.state), "--json")
    return (*where, *FAST, "--read-before", how)


@pytest.mark.parametrize("how", READING)
@pytest.mark.parametrize("name", WRONG)
@pytest.mark.proves("SuperOffice redirects to another address")
def test_once_corrected_the_file_is_run_anew(
    name: str, how: str, worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names file and line; once they are right, next works as printed, wherever it is typed."""
    path = job(worker)
    with leading_to(WRONG[name]) as wrong:
        config = configure(worker, wrong)
        ended = worker.call("run", str(path), *options(worker, config, how))
    configure(worker, sandbox.url)
    monkeypatch.chdir("/")

    following = worker.follow(ended)

    assert (ended.code, next_words(ended)[:2]) == (6, ["run", str(path)])
    assert f"The address comes from target.base_url ({config}, line 3). " in ended.summary["message"]
    assert (following.code, len(wishes(sandbox))) == (0, ROWS)


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize("name", ["404 to everything", "redirect"])
def test_a_plan_stays_a_plan(command: str, name: str, worker: Worker, sandbox: Sandbox) -> None:
    """Whoever only wanted to look is not led into sending."""
    dry = ("--dry-run",) if command == "run" else ()
    with leading_to(WRONG[name]) as wrong:
        config = configure(worker, wrong)
        ended = worker.call(command, str(job(worker)), *options(worker, config, "auto"), *dry)
    configure(worker, sandbox.url)

    following = worker.follow(ended)

    assert (ended.code, next_words(ended)[0]) == (6, "plan")
    assert (following.code, following.summary["state"], wishes(sandbox)) == (0, "planned", [])


def test_people_by_their_names(worker: Worker) -> None:
    """Nobody can be looked up at the wrong place, and nothing is sent there."""
    with leading_to(NOT_FOUND) as wrong:
        ended = worker.call(
            "run", str(job(worker, "login")), *options(worker, configure(worker, wrong), "auto")
        )

    assert (ended.code, next_words(ended)[0]) == (6, "run")
    assert ended.summary["requests"]["put"] == 0


def test_what_does_not_speak_tls(worker: Worker, sandbox: Sandbox) -> None:
    """The wrong port, or http where https is written, is a wrong address as well."""
    config = configure(worker, sandbox.url.replace("http", "https"))

    ended = worker.call("run", str(job(worker)), *options(worker, config, "off"))

    assert (ended.code, next_words(ended)[0]) == (6, "run")


@pytest.mark.parametrize("option", ["--base-url {}", "--set target.base_url={}"])
def test_a_wrong_option_is_not_repeated(option: str, worker: Worker, sandbox: Sandbox) -> None:
    """With it the command could not work: without it, it works once the configuration is right."""
    config = configure(worker, sandbox.url)
    with leading_to(ELSEWHERE) as wrong:
        given = (*options(worker, config, "off"), *option.format(wrong).split())
        ended = worker.call("run", str(job(worker)), *given)

    following = worker.follow(ended)

    assert (ended.code, following.code) == (6, 0)
    assert (
        "The address comes from target.base_url (option --base-url). The next command does not"
        in ended.summary["message"]
    )


def test_a_wrong_variable_is_named_and_not_repeated(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likewise an address of the environment."""
    with leading_to(ELSEWHERE) as wrong:
        monkeypatch.setenv("PRESENCE_WORKER_TARGET__BASE_URL", wrong)
        ended = worker.call("run", str(job(worker)), "--state-dir", str(worker.state), "--json", *FAST)
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__BASE_URL", sandbox.url)

    following = worker.follow(ended)

    assert (ended.code, following.code) == (6, 0)
    assert (
        "The address comes from target.base_url (PRESENCE_WORKER_TARGET__BASE_URL). "
        in ended.summary["message"]
    )


def test_what_came_through_a_pipe_is_fed_again(worker: Worker, sandbox: Sandbox) -> None:
    """The file is not there to be named."""
    text = job(worker).read_text("utf-8")
    with leading_to(ELSEWHERE) as wrong:
        config = configure(worker, wrong)
        ended = called("run", "-", *options(worker, config, "off"), "--format", "csv", text=text)
    configure(worker, sandbox.url)

    following = called(*next_words(ended), text=text)

    assert (ended.code, next_words(ended)[:2]) == (6, ["run", "-"])
    assert "Feed the job on standard input again." in ended.summary["message"]
    assert (following.code, len(wishes(sandbox))) == (0, ROWS)


def test_a_run_that_was_right_before_is_resumed(worker_on: Callable[..., Worker]) -> None:
    """What was applied proves the address: the run belongs to it, and resume sends the rest."""
    acts = iter([answer(302, b"", {"Location": "/login"})])
    sent = 0

    async def act(peer: Peer, request: object) -> None:
        nonlocal sent
        sent += 1
        trouble = next(acts, None) if sent > 3 else None
        await (trouble or echo)(peer, request)  # type: ignore[arg-type]

    with raw_up(act) as server:
        worker = worker_on(server)
        ended = worker("run", job(worker), "--concurrency", "1")
        following = worker.follow(ended)

    assert (ended.code, next_words(ended)[0], following.code) == (6, "resume", 0)


def test_the_reading_of_a_resumed_run_is_kept(worker: Worker, sandbox: Sandbox) -> None:
    """The second session has no options of the input: next has those of the first."""
    path = write_csv(worker.folder / "job.csv", away(range(1, ROWS + 1)), "\t")
    config = configure(worker, NO_SUCH_HOST)
    given = options(worker, config, "off")
    worker.call("run", str(path), *given, "--delimiter", "tab")
    resumed: Ended = worker.call("resume", *given)
    configure(worker, sandbox.url)

    following = worker.follow(resumed)

    assert next_words(resumed)[:2] == ["run", str(path)]
    assert (resumed.code, following.code) == (6, 0)


def test_no_line_says_to_resume_what_is_begun_anew(worker: Worker) -> None:
    """Resumed, the run would go to the wrong place once more, or be refused."""
    with leading_to(ELSEWHERE) as wrong:
        given = options(worker, configure(worker, wrong), "auto")
        ended = worker.call("run", str(job(worker)), *(word for word in given if word != "--json"))

    assert ended.code == 6
    assert "resume the run" not in ended.out
