"""What every channel owes its caller, whatever it sends by."""

import stat
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.notify.channels import Channel, NotDelivered
from presence_worker.notify.channels.daemon import work_in_daemon
from tests.raw_server import Peer, raw_server

from .given import MESSAGE, channels
from .receivers import GOOD, SLOW, TROUBLES, Authority, mail_receiver, make_authority

SECRET = "s3cr3t-c4n4ry"
SIGNING = "czNjcjN0LWM0bjRyeS1zM2NyM3QtYzRuNHJ5"
SHORT = 0.3  # seconds until a channel that hangs is cancelled
FORMATS = ("json", "slack", "teams", "ntfy")
CRY = f"import sys; print('{SECRET}', file=sys.stderr); print('{SECRET}'); "
Opened = AbstractAsyncContextManager[tuple[Channel, Callable[[], int]]]

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of the receivers' own."""
    return make_authority(tmp_path_factory.mktemp("authority"))


def mail_settings(port: int, authority: Authority, **more: Any) -> dict[str, Any]:
    """Give a channel that signs in at a mail server."""
    return {
        "to": ["crm@example.com"],
        "from": "presence@example.com",
        "host": "localhost",
        "port": port,
        "username": "presence",
        "password": SECRET,
        "ca_file": authority.ca_file,
        **more,
    }


def webhook_settings(url: str, form: str = "json") -> dict[str, Any]:
    """Give a channel whose every setting is a secret."""
    return {
        "url": f"{url}/{SECRET}?sig={SECRET}",
        "format": form,
        "secret": SIGNING,
        "headers": {"Authorization": f"Bearer {SECRET}"},
    }


@asynccontextmanager
async def good_mail(authority: Authority, tls: str) -> AsyncIterator[tuple[Channel, Callable[[], int]]]:
    """Open a channel to a mail server."""
    server = mail_receiver(tls=authority.server, is_wrapped=tls == "tls", passwords={"presence": SECRET})
    async with server as receiver:
        (channel,) = channels(mail=[mail_settings(receiver.port, authority, tls=tls)])
        yield channel, lambda: len(receiver.received)


@asynccontextmanager
async def good_webhook(form: str) -> AsyncIterator[tuple[Channel, Callable[[], int]]]:
    """Open a channel to a webhook."""
    async with raw_server(otherwise=GOOD) as server:
        (channel,) = channels(webhook=[webhook_settings(server.url, form)])
        yield channel, lambda: len(server.requests)


@asynccontextmanager
async def good_command(folder: Path) -> AsyncIterator[tuple[Channel, Callable[[], int]]]:
    """Open a channel to a program, which writes down what it gets."""
    file = folder / "got"
    code = f"{CRY}open({str(file)!r}, 'a').write(sys.stdin.read() + chr(10))"
    (channel,) = channels(command=[{"argv": [sys.executable, "-c", code, SECRET]}])
    yield channel, lambda: len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture(params=["starttls", "tls", *FORMATS, "command"])
def opened(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Opened:
    """A channel of each kind, with how many messages its receiver has got."""
    kind = request.param
    if kind in FORMATS:
        return good_webhook(kind)
    return good_command(tmp_path) if kind == "command" else good_mail(authority, kind)


async def test_delivers_once(opened: Opened) -> None:
    """A receiver that says yes has got the message, and got it once."""
    async with opened as (channel, count):
        await channel.send(MESSAGE)

        assert count() == 1


async def test_shows_no_secret(opened: Opened) -> None:
    """What a channel looks like in a log or a traceback has no secret in it."""
    async with opened as (channel, _):
        assert SECRET not in repr(channel)
        assert SIGNING not in repr(channel)


async def words_of(channel: Channel) -> str:
    """Return why a channel did not deliver, for sure without a secret or the words of another."""
    with pytest.raises(NotDelivered) as caught:
        await channel.send(MESSAGE)
    words = str(caught.value)
    assert SECRET not in words
    assert SIGNING not in words
    assert "token-in-the-answer" not in words
    assert "crm@example.com" not in words
    assert "\n" not in words
    return words


@pytest.mark.parametrize("form", ["json", "ntfy"])
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_webhook_in_trouble(trouble: str, form: str) -> None:
    """Anything but a whole answer with 2xx is not delivered; it is asked once, and nowhere else."""
    async with raw_server(otherwise=TROUBLES[trouble]) as server:
        (channel,) = channels(webhook=[webhook_settings(server.url, form)])

        words = await words_of(channel)

        assert words.startswith("127.0.0.1")
        assert len(server.requests) == 1


async def test_nobody_listens(authority: Authority) -> None:
    """A receiver that is not there is named by its host."""
    hook, mail = channels(
        webhook=[webhook_settings("http://127.0.0.1:1")], mail=[mail_settings(1, authority)]
    )[::-1]

    assert await words_of(hook) == "127.0.0.1: no connection"
    assert await words_of(mail) == "localhost: no connection"


MAIL_TROUBLES: Mapping[str, tuple[bytes, str]] = {  # what a mail server greets with, and what we say
    "too busy": (f"421 {SECRET}\r\n".encode(), "localhost: the server answered 421"),
    "garbage": (b"\0\xff\r\n\r\n", "localhost: the server answered -1"),
    "close": (b"", "localhost: the server ended the connection, or gave no valid answer"),
}


@pytest.mark.parametrize("trouble", MAIL_TROUBLES)
async def test_a_mail_server_in_trouble(trouble: str, authority: Authority) -> None:
    """What a mail server says is not repeated."""
    greeting, expected = MAIL_TROUBLES[trouble]

    async def greet(peer: Peer) -> None:
        await peer.send(greeting)
        await peer.close()

    async with raw_server(greeting=greet) as server:
        (channel,) = channels(mail=[mail_settings(server.port, authority)])

        assert await words_of(channel) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"{CRY}sys.exit(3)", f"{Path(sys.executable).name} ended with exit code 3"),
        (f"{CRY}import os; os.kill(os.getpid(), 9)", f"{Path(sys.executable).name} ended with exit code -9"),
    ],
)
async def test_a_program_in_trouble(code: str, expected: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A program that does not end with 0 has not delivered; its words are not ours."""
    (channel,) = channels(command=[{"argv": [sys.executable, "-c", code, SECRET]}])

    assert await words_of(channel) == expected
    assert capfd.readouterr() == ("", "")


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """A program that is missing or not executable is named; its arguments are not."""
    file = tmp_path / "notify-us"
    missing, not_ours = channels(
        command=[{"argv": ["/nowhere/notify-them", SECRET]}, {"argv": [str(file), SECRET]}]
    )
    file.write_text("#!/bin/sh\n")
    file.chmod(stat.S_IRUSR)

    assert await words_of(missing) == "notify-them: No such file or directory"
    assert await words_of(not_ours) == "notify-us: Permission denied"


async def test_a_program_need_not_read() -> None:
    """A program that ends with 0 has delivered, also where it has not read the message."""
    (channel,) = channels(command=[{"argv": [sys.executable, "-c", "import sys; sys.stdin.close()"]}])

    await channel.send(MESSAGE)


async def is_cancelled_at_once(channel: Channel) -> bool:
    """Cancel a channel that hangs; a test that hangs with it fails."""
    with anyio.fail_after(10), anyio.move_on_after(SHORT) as scope:
        await channel.send(MESSAGE)
    return scope.cancelled_caught


@pytest.mark.parametrize("way", SLOW)
async def test_a_webhook_that_hangs(way: str) -> None:
    """A request that gets no end can be cancelled at any time, and its connection is closed then."""
    async with raw_server(otherwise=SLOW[way]) as server:
        (channel,) = channels(webhook=[webhook_settings(server.url)])

        assert await is_cancelled_at_once(channel)
        await until_none(lambda: server.connections if way != "hang" else 0)


async def until_none(count: Callable[[], int]) -> None:
    """Wait until there is none any more."""
    with anyio.fail_after(10):
        while count():  # noqa: ASYNC110 - another process, or a server, is waited for
            await anyio.sleep(0.01)


@pytest.mark.parametrize("greeting", [b"", b"220-still\r\n", b"220 mail\r\n"])
async def test_a_mail_server_that_hangs(greeting: bytes, authority: Authority) -> None:
    """A mail that is not taken can be cancelled at any time, and the connection is closed then."""
    ended = anyio.Event()

    async def greet(peer: Peer) -> None:
        await peer.send(greeting)
        while await peer.reader.read(100):
            pass
        ended.set()

    async with raw_server(greeting=greet) as server:
        (channel,) = channels(mail=[mail_settings(server.port, authority)])

        assert await is_cancelled_at_once(channel)
        with anyio.fail_after(10):
            await ended.wait()


async def test_a_program_that_hangs(tmp_path: Path) -> None:
    """A program that does not end is killed, with all that it has started."""
    pids = tmp_path / "pids"
    child = "import time; time.sleep(600)"
    code = (
        "import os, subprocess, sys, time; "
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}]); "
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); time.sleep(600)"
    )
    (channel,) = channels(command=[{"argv": [sys.executable, "-c", code]}])

    async def send() -> None:
        await channel.send(MESSAGE)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await until_none(lambda: not (pids.exists() and pids.read_text()))
        tasks.cancel_scope.cancel()

    await until_none(lambda: sum(map(is_alive, pids.read_text().split())))


def is_alive(pid: str) -> bool:
    """Whether a process still works: one that has ended may wait for its parent."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_secrets_are_read_when_they_are_used(tmp_path: Path) -> None:
    """A file with a new secret counts from the next message on; without it, nothing is delivered."""
    file = tmp_path / "url"
    (channel,) = channels(webhook=[{"url_file": file, "format": "json"}])

    assert await words_of(channel) == f"url_file: {file}: No such file or directory"
    async with raw_server(otherwise=GOOD) as server:
        file.write_text(f"{server.url}/hook\n")
        await channel.send(MESSAGE)

        assert [request.path for request in server.requests] == ["/hook"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (
            f"http://crm.example.com/{SECRET}",
            "must begin with https://. http:// is only for an address on this machine",
        ),
        (f"{SECRET}", "must be a whole address that begins with https://"),
        (f"https://crm.example.com/{SECRET}\nsecond", "must be a whole address that begins with https://"),
    ],
)
async def test_a_file_with_another_thing(text: str, words: str, tmp_path: Path) -> None:
    """What is wrong with a secret in a file is said without the secret."""
    file = tmp_path / "url"
    file.write_text(text)
    (channel,) = channels(webhook=[{"url_file": file}])

    assert (await words_of(channel)).endswith(words)


def test_names_and_order() -> None:
    """Channels come in the order mail, webhook, command, and are called as their settings say."""
    mail = {"to": ["a@example.com"], "from": "b@example.com", "host": "localhost"}
    hook = {"url": "https://hooks.example.com/x"}
    opened = channels(
        on="all",
        command=[{"argv": ["true"], "details": True}],
        webhook=[hook, {**hook, "name": "chat", "on": "never"}, hook],
        mail=[mail, mail],
    )

    assert [(each.name, each.kind, each.on, each.details) for each in opened] == [
        ("mail", "mail", "all", False),
        ("mail-2", "mail", "all", False),
        ("webhook", "webhook", "all", False),
        ("chat", "webhook", "never", False),
        ("webhook-3", "webhook", "all", False),
        ("command", "command", "all", True),
    ]


async def test_no_thread_keeps_the_program() -> None:
    """What hangs in a thread, such as a look-up of a name, does not keep the program from ending."""
    assert await work_in_daemon(lambda: threading.current_thread().daemon)
    with pytest.raises(ZeroDivisionError):
        await work_in_daemon(lambda: 1 / 0)
