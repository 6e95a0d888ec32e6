"""Scheme `soticket`: a ticket somebody else has got for us."""

from ...settings import Auth
from ..auth_secrets import application, secret_now
from ..credential import Credential, SignIn

NEEDED = ("auth.ticket",)


def signing_in(auth: Auth, **_: object) -> SignIn:
    """Make the function that shows the ticket, and beside it the application's token."""

    async def sign_in() -> Credential:
        return with_ticket(auth, secret_now(auth, "ticket"))

    return sign_in


def with_ticket(auth: Auth, ticket: str) -> Credential:
    """Give the credential of a ticket."""
    beside = application(auth, "app_token", "client_secret")
    return Credential(
        headers={"Authorization": f"SOTicket {ticket}", **beside}, secrets=(ticket, *beside.values())
    )
