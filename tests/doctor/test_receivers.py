"""What doctor says of channels, of the file with figures, and of nights without a run; it sends nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from tests.notify.receivers import Authority, MailReceiver, mail_receiver, make_authority

from .given import Doctor, Told, answering

SECRET = "s3cr3t-c4n4ry"
MAIL = """
[[notify.mail]]
to = ["crm@example.com"]
from = "presence@example.com"
host = "localhost"
port = {port}
ca_file = "{ca_file}"
username = "presence"
password_file = "{password}"
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of the mail server's own."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def mail_up(authority: Authority | None) -> Iterator[MailReceiver]:
    """Let a mail server answer in a thread of its own."""
    receiver = mail_receiver(tls=authority.server if authority else None, passwords={"presence": SECRET})
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(receiver) as server:
        yield server


def examine(doctor: Doctor, text: str, name: str = "notifications") -> Told:
    """Examine a service that is well, with a configuration; a run can start with each of these."""
    doctor.configure(text)
    with answering() as server:
        examined = doctor(server.url)
    assert examined.ended.code == 0
    assert SECRET not in examined.ended.out + examined.ended.err
    return examined.told(name)


def secret_in(folder: Path, text: str = SECRET) -> Path:
    """Write a secret into a file."""
    file = folder / "secret"
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_a_mail_server_is_greeted_only(doctor: Doctor, authority: Authority, tmp_path: Path) -> None:
    """A mail server is asked whether it offers TLS: without sign-in, and without a mail."""
    with mail_up(authority) as server:
        text = MAIL.format(port=server.port, ca_file=authority.ca_file, password=secret_in(tmp_path))
        told = examine(doctor, text)

        assert told.verdicts == ["ok"]
        assert told.words == f"mail: localhost:{server.port} answers, with TLS"
        assert set(server.commands) == {"EHLO"}


@pytest.mark.parametrize(
    ("has_tls", "is_trusted", "words"),
    [
        (False, True, "the server does not offer STARTTLS"),
        (True, False, "certificate authority, set ca_file to its certificate file"),
    ],
)
def test_a_mail_server_that_cannot_be_used(
    doctor: Doctor, authority: Authority, tmp_path: Path, *, has_tls: bool, is_trusted: bool, words: str
) -> None:
    """What would keep a mail from going is a warning: a run works without it."""
    other = tmp_path / "other"
    other.mkdir()
    ca_file = (authority if is_trusted else make_authority(other)).ca_file
    with mail_up(authority if has_tls else None) as server:
        text = MAIL.format(port=server.port, ca_file=ca_file, password=secret_in(tmp_path))
        told = examine(doctor, text)

    assert told.verdicts == ["warning"]
    assert words in told.words
    assert "presence-worker notify --test" in told.remedies


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[notify.webhook]]\nurl = "https://127.0.0.1/{secret}"', ""),
        ('[[notify.ping]]\nurl_file = "{file}"', ""),
        ('[[notify.command]]\nargv = ["sh", "{secret}"]', ""),
        (
            '[[notify.webhook]]\nurl = "https://nowhere.invalid/{secret}"',
            "webhook: no address found for nowhere.invalid",
        ),
        (
            '[[notify.ping]]\nurl_file = "/nowhere/ping"',
            "ping: url_file: /nowhere/ping: No such file or directory",
        ),
        (
            '[[notify.webhook]]\nurl_file = "{file}"\nsecret_file = "{file}"',
            'webhook: secret_file: must be base64, with or without "whsec_" before it',
        ),
        (
            '[[notify.webhook]]\nurl_file = "{file}"\nca_file = "/nowhere/ca"',
            "webhook: ca_file: /nowhere/ca: No such file or directory",
        ),
        (
            '[[notify.command]]\nname = "pager"\nargv = ["/nowhere/notify", "{secret}"]',
            "pager: /nowhere/notify: no such program, or it may not be started",
        ),
    ],
)
def test_other_channels(text: str, words: str, doctor: Doctor, tmp_path: Path) -> None:
    """Names are looked up, secrets are read and programs are found; nothing is asked or started."""
    file = secret_in(tmp_path, f"https://127.0.0.1/{SECRET}")

    told = examine(doctor, text.format(file=file, secret=SECRET))

    assert told.verdicts == ["warning" if words else "ok"]
    assert words in told.words


def test_secrets_that_all_can_read(doctor: Doctor, tmp_path: Path) -> None:
    """Files with secrets of channels are as private as others, and so is the configuration with one."""
    file = secret_in(tmp_path, f"https://127.0.0.1/{SECRET}")
    file.chmod(0o644)

    told = examine(doctor, f'[[notify.webhook]]\nurl_file = "{file}"', "secret files")
    own = examine(doctor, f'[[notify.webhook]]\nurl = "https://127.0.0.1/{SECRET}"', "secret files")

    assert str(file) in told.words
    assert str(doctor.config) in own.words


def test_the_folder_of_the_figures(doctor: Doctor, tmp_path: Path) -> None:
    """The folder of the text file has to be there."""
    good = examine(doctor, f'[metrics]\ntextfile = "{tmp_path}/pw.prom"', "metrics file")
    bad = examine(doctor, f'[metrics]\ntextfile = "{tmp_path}/nowhere/pw.prom"', "metrics file")

    assert (good.verdicts, bad.verdicts) == (["ok"], ["warning"])
    assert "no such directory" in bad.words


@pytest.mark.parametrize("text", ['[job]\nat = "30 2 * * *"', '[[notify.command]]\nargv = ["sh"]'])
def test_a_missing_night_is_to_be_noticed(text: str, doctor: Doctor) -> None:
    """Who has a schedule or a channel wants to know of a night without a run."""
    without = examine(doctor, text, "expected job")
    with_it = examine(doctor, f'{text}\n[report]\nexpected_every = "24h"', "expected job")

    assert (without.verdicts, with_it.verdicts) == (["warning"], ["ok"])
    assert "expected_every" in without.words


def test_a_dead_mans_switch_notices_a_missing_night(doctor: Doctor) -> None:
    """Then nothing is to be corrected, but commands of ours still say nothing of a missing night."""
    told = examine(doctor, '[[notify.ping]]\nurl = "https://127.0.0.1/x"', "expected job")

    assert told.verdicts == ["ok"]
    assert "dead man's switch notices a night without a run" in told.words
    assert "`notify --late` do not" in told.words


def test_nothing_is_checked_that_is_not_used(doctor: Doctor) -> None:
    """Without channels, figures and schedule there is nothing to say."""
    for name in ("notifications", "metrics file", "expected job"):
        assert examine(doctor, "", name).verdicts == []
