"""What [notify] may say: each fault of a channel has its place, and no secret is repeated."""

import pytest

from .conftest import Complaints, Load

MAIL = '[[notify.mail]]\nto = ["crm@example.com"]\nfrom = "presence@example.com"\nhost = "mail.example.com"\n'
HOOK = '[[notify.webhook]]\nurl = "https://hooks.example.com/x"\n'
SECRET = "s3cr3t"
ONLY_HTTPS = "must begin with https://. http:// is only for an address on this machine"
ONLY_TLS = 'must be "starttls" or "tls". "none" is only for a mail server on this machine'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'{MAIL}{MAIL}port = "x"', "FILE, line 9: notify.mail.2.port: must be a whole number, such as 1"),
        (f"{MAIL}{MAIL}hots = 1", "FILE, line 9: notify.mail.2.hots: no such setting; did you mean host?"),
        (f"{HOOK}[[notify.webhook]]", "FILE, line 3: notify.webhook.2: set url or url_file"),
        (f'{HOOK}url_file = "x"', "FILE, line 1: notify.webhook.1: url and url_file are both set; keep one"),
        (
            f'{HOOK}secret = "{SECRET}!"',
            'FILE, line 3: notify.webhook.1.secret: must be base64, with or without "whsec_" before it',
        ),
        (
            f'[[notify.webhook]]\nurl = "http://hooks.example.com/{SECRET}"',
            f"FILE, line 2: notify.webhook.1.url: {ONLY_HTTPS}",
        ),
        (
            f'[[notify.ping]]\nurl = "{SECRET}"',
            "FILE, line 2: notify.ping.1.url: must be a whole address that begins with https://",
        ),
        (
            f'[[notify.ping]]\nurl = "https://hc.example.com/{SECRET} x"',
            "FILE, line 2: notify.ping.1.url: must be a whole address that begins with https://",
        ),
        (
            f'[notify]\nping = [{{ url = "https://user:{SECRET}@[::1/" }}]',
            "FILE, line 2: notify.ping.1.url: must be a whole address that begins with https://",
        ),
        (
            f'{HOOK}headers = {{ "X Y" = "{SECRET}" }}',
            "FILE, line 3: notify.webhook.1.headers: must have names and values of plain ASCII characters",
        ),
        (
            f'{HOOK}headers = {{ Webhook-Id = "{SECRET}" }}',
            "FILE, line 3: notify.webhook.1.headers: must not have Webhook-Id, which presence-worker sets",
        ),
        (
            f'{HOOK}proxy = "{SECRET}"',
            "FILE, line 3: notify.webhook.1.proxy: must be an address, such as http://proxy.example.com:3128",
        ),
        (
            f'{MAIL}tls = "none"',
            f"FILE, line 5: notify.mail.1.tls: {ONLY_TLS}",
        ),
        (
            f'{MAIL}password = "{SECRET}"',
            "FILE, line 1: notify.mail.1: set both username and password (or password_file), or none of them",
        ),
        (
            MAIL.replace("crm@example.com", f"{SECRET} <crm@example.com>"),
            'FILE, line 2: notify.mail.1.to.1: must be a mail address alone, such as "crm@example.com"',
        ),
        (
            MAIL.replace("mail.example.com", f"https://{SECRET}/"),
            'FILE, line 4: notify.mail.1.host: must be the name of a host, such as "mail.example.com"',
        ),
        (
            "[[notify.command]]\nargv = []",
            "FILE, line 2: notify.command.1.argv: must have at least one value",
        ),
    ],
)
def test_a_fault_of_a_channel(text: str, line: str, complaints: Complaints) -> None:
    """A fault is said with its place and what to write there, and without what stands there."""
    lines = complaints(text)

    assert SECRET not in "\n".join(lines)
    assert lines == [line]


def test_what_is_missing_is_named(complaints: Complaints) -> None:
    """Each setting that a channel needs is named where its table begins."""
    assert complaints('\n[[notify.mail]]\nto = ["crm@example.com"]') == [
        "FILE, line 2: notify.mail.1.from: must be set",
        "FILE, line 2: notify.mail.1.host: must be set",
    ]


@pytest.mark.parametrize("text", [f'{HOOK}name = "mail"\n{MAIL}', f'{HOOK}name = "webhook-2"\n{HOOK}'])
def test_a_name_is_one_channels(text: str, complaints: Complaints) -> None:
    """A channel is remembered by its name, so no two may have the same, whatever their kinds."""
    (line,) = complaints(text)

    assert "notify: two channels have the name" in line


def test_the_clear_is_for_this_machine(load: Load) -> None:
    """On this machine, mail needs no TLS and a webhook no https."""
    found = load(
        MAIL.replace("mail.example.com", "127.0.0.1")
        + 'tls = "none"\n[[notify.webhook]]\nurl = "http://localhost:8080/x"\n'
    )

    assert (found.notify.mail[0].tls, len(found.notify.webhook)) == ("none", 1)


def test_no_secret_in_a_repr(load: Load) -> None:
    """Settings that are printed by mistake show no secret of a channel."""
    found = load(
        f'[[notify.webhook]]\nurl = "https://hooks.example.com/{SECRET}"\nsecret = "czNjcjN0"\n'
        f'headers = {{ Authorization = "{SECRET}" }}\n'
        f'{MAIL}username = "presence"\npassword = "{SECRET}"\n'
    )

    assert SECRET not in repr(found)
    assert "czNjcjN0" not in repr(found)
