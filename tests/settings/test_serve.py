"""What [serve] may say: where it listens, who comes in, and which folders it takes jobs from."""

import pytest

from presence_worker.settings.serve import Address, Complete

from .conftest import Complaints, Load

DIGEST = "0" * 64
TOKEN = f'[serve.tokens.crm]\nsha256 = "{DIGEST}"\nroles = ["submit"]\n'
ADDRESS = 'must be a host and a port, such as "127.0.0.1:8470"'
SIZE = 'must be a number of bytes, or a size such as "32 MiB"'
INBOX = '[[serve.inbox]]\nfolder = "/srv/hr"\n'
SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[serve]\nlisten = "8470"', 'listen: must be a host and a port, such as "127.0.0.1:8470"'),
        (
            '[serve]\nlisten = "127.0.0.1:65536"',
            'listen: must be a host and a port, such as "127.0.0.1:8470"',
        ),
        ('[serve]\nmax_body = "32 MB"', 'max_body: must be a number of bytes, or a size such as "32 MiB"'),
        ("[serve]\nmax_body = true", 'max_body: must be a number of bytes, or a size such as "32 MiB"'),
        (
            '[serve]\npublic_url = "https://presence.example.com/x"',
            'public_url: must be an address without a path, such as "https://presence.example.com"',
        ),
        (
            '[serve]\npublic_url = "ftp://presence.example.com"',
            'public_url: must be an address without a path, such as "https://presence.example.com"',
        ),
        (
            f'[serve]\nwebhook_secret = "{SECRET}!"',
            'webhook_secret: must be base64, with or without "whsec_" before it',
        ),
        (
            f'[serve.tokens.crm]\nsha256 = "{SECRET}"\nroles = ["read"]',
            "tokens.crm.sha256: must be 64 hex digits. `presence-worker token` prints them",
        ),
        (
            f'[serve.tokens.crm]\nsha256 = "{DIGEST}"\nroles = []',
            "tokens.crm.roles: must have at least one value",
        ),
        (
            f'{INBOX}complete = "marker:done"',
            'inbox.1.complete: must be "rename", or such as "marker:.done" or "quiet:60s"',
        ),
        (
            f'{INBOX}complete = "quiet:0s"',
            'inbox.1.complete: must be "rename", or such as "marker:.done" or "quiet:60s"',
        ),
        (f"{INBOX}{INBOX}target = 1", "inbox.2.target: must be text in quotes"),
        ("[serve.inbox]\nfolder = 1", "inbox: must begin with the line [[serve.inbox]]"),
        (f"{INBOX}{INBOX}", "inbox: /srv/hr is in two tables; keep one"),
    ],
)
def test_a_fault(text: str, line: str, complaints: Complaints) -> None:
    """A fault is said with its place and what to write there, and without a secret."""
    (found,) = complaints(text)

    assert SECRET not in found
    assert f": serve.{line}" in found


@pytest.mark.parametrize(
    ("listen", "more", "is_safe"),
    [
        ("127.0.0.1:1", "", True),
        ("[::1]:1", "", True),
        ("localhost:1", "", True),
        ("0.0.0.0:1", "", False),
        (":1", "", False),
        ("10.0.0.1:1", "", False),
        ("10.0.0.1:1", "behind_proxy = true", True),
        ("10.0.0.1:1", 'tls_cert_file = "a"\ntls_key_file = "b"', True),
        ("127.0.0.1:1", 'tls_cert_file = "a"', False),
    ],
)
def test_no_token_goes_over_a_network_in_the_clear(
    load: Load, complaints: Complaints, listen: str, more: str, *, is_safe: bool
) -> None:
    """Anything but this machine needs TLS, of its own or of a proxy."""
    text = f'[serve]\nlisten = "{listen}"\n{more}'

    if is_safe:
        assert load(text).serve.listen.port == 1
    else:
        assert "tls_cert_file and tls_key_file" in complaints(text)[0]


def test_values(load: Load) -> None:
    """Sizes and times have units; a folder is complete in one of three ways."""
    text = (
        '[serve]\nlisten = "[::1]:80"\nmax_body = "2KiB"\nsession = "1h"\n'
        '[[serve.inbox]]\nfolder = "/a"\n'
        '[[serve.inbox]]\nfolder = "/b"\ncomplete = "marker:.ok"\n'
        '[[serve.inbox]]\nfolder = "/c"\ncomplete = "quiet:2m"\n'
    )

    serve = load(text).serve

    assert (serve.listen, serve.max_body, serve.session) == (Address("::1", 80), 2048, 3600)
    assert [each.complete for each in serve.inbox] == [
        Complete(),
        Complete(marker=".ok"),
        Complete(quiet=120),
    ]


def test_one_secret_is_enough(complaints: Complaints) -> None:
    """The secret of webhooks stands in the configuration or in its own file."""
    (line,) = complaints(
        '[serve]\nwebhook_secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"\nwebhook_secret_file = "a"'
    )

    assert line.endswith("serve: webhook_secret and webhook_secret_file are both set; keep one")
