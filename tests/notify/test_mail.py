"""How a mail is handed over: never in the clear to another machine, and never twice to who has it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from presence_worker.notify.channels import NotDelivered

from .given import MESSAGE, channels
from .receivers import Authority, MailReceiver, mail_receiver, make_authority

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of the mail server's own."""
    return make_authority(tmp_path_factory.mktemp("authority"))


async def send(
    server: MailReceiver, authority: Authority, to: Sequence[str] = ("crm@example.com",), **more: object
) -> None:
    """Send one mail to a server on this machine."""
    mail = {"to": [*to], "from": "presence@example.com", "host": "localhost", "port": server.port}
    (channel,) = channels(mail=[{**mail, "ca_file": authority.ca_file, **more}])
    await channel.send(MESSAGE)


async def test_several_recipients(authority: Authority) -> None:
    """All recipients get one mail, and see each other."""
    async with mail_receiver(tls=authority.server) as server:
        await send(server, authority, ("crm@example.com", "it@example.com"))

        (received,) = server.received
        assert received.recipients == ["crm@example.com", "it@example.com"]
        assert received.letter["To"] == "crm@example.com, it@example.com"


async def test_one_recipient_is_enough(authority: Authority) -> None:
    """Where the server takes a mail for some, it is delivered; for how many it did not is logged."""
    async with mail_receiver(tls=authority.server, rejecting=["gone@example.com"]) as server:
        with capture_logs() as logs:
            await send(server, authority, ("crm@example.com", "gone@example.com"))

        assert [received.recipients for received in server.received] == [["crm@example.com"]]
        assert logs == [
            {
                "event": "notify.recipients_rejected",
                "log_level": "warning",
                "host": "localhost",
                "recipients": 1,
            }
        ]


async def test_no_recipient_is_not_enough(authority: Authority) -> None:
    """Where the server takes it for none, it is not delivered."""
    async with mail_receiver(tls=authority.server, rejecting=["gone@example.com"]) as server:
        with pytest.raises(NotDelivered, match=r"^localhost: the server rejected all recipients$"):
            await send(server, authority, ("gone@example.com",))


async def test_without_starttls_nothing_goes(authority: Authority) -> None:
    """A server that offers no STARTTLS gets neither a password nor a mail."""
    async with mail_receiver(passwords={"presence": "s3cr3t"}) as server:
        with pytest.raises(NotDelivered, match=r"^localhost: the server does not offer STARTTLS$"):
            await send(server, authority, username="presence", password="s3cr3t")

        assert server.commands == ["EHLO"]


async def test_a_server_of_another_authority(authority: Authority, tmp_path: Path) -> None:
    """A server whose certificate is not trusted gets nothing."""
    async with mail_receiver(tls=make_authority(tmp_path).server) as server:
        with pytest.raises(NotDelivered, match=r"^localhost: .*certificate"):
            await send(server, authority)

        assert server.commands == ["EHLO"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_of_another_name(tls: str, tmp_path: Path) -> None:
    """A certificate has to be for the name in the settings."""
    other = make_authority(tmp_path, "mail.example.com")
    async with mail_receiver(tls=other.server, is_wrapped=tls == "tls") as server:
        with pytest.raises(NotDelivered, match=r"^localhost: Hostname mismatch"):
            await send(server, other, tls=tls)


async def test_the_clear_on_this_machine(authority: Authority) -> None:
    """A relay on this machine needs no TLS."""
    async with mail_receiver() as server:
        await send(server, authority, tls="none")

        assert len(server.received) == 1


@pytest.mark.parametrize("password", ["s3cr3t", "blåbær"])
async def test_sign_in(password: str, authority: Authority, tmp_path: Path) -> None:
    """A password in a file is used, with any letters; a wrong one is not delivered, and not shown."""
    file = tmp_path / "password"
    file.write_text(password)
    async with mail_receiver(tls=authority.server, passwords={"presence": password}) as server:
        await send(server, authority, username="presence", password_file=file)
        with pytest.raises(NotDelivered) as caught:
            await send(server, authority, username="presence", password=f"{password}x")

        assert len(server.received) == 1
        assert str(caught.value) == "localhost: the server rejected the user name or the password (535)"


async def test_other_letters_in_an_address(authority: Authority) -> None:
    """A name with other letters before the @ reaches a server that takes them."""
    async with mail_receiver(tls=authority.server) as server:
        await send(server, authority, ("bjørn@exämple.no",))

        (received,) = server.received
        assert received.recipients == ["bjørn@xn--exmple-cua.no"]
        assert received.letter["To"] == "bjørn@xn--exmple-cua.no"
