"""Scheme `bearer`: an access token somebody else has got for us."""

from ...settings import Auth
from ..auth_secrets import application, secret_now
from ..credential import Credential, SignIn

NEEDED = ("auth.token",)


def signing_in(auth: Auth, **_: object) -> SignIn:
    """Make the function that shows the token."""

    async def sign_in() -> Credential:
        return with_token(auth, secret_now(auth, "token"))

    return sign_in


def with_token(auth: Auth, token: str) -> Credential:
    """Give the credential of an access token."""
    beside = application(auth, "app_token")
    return Credential(
        headers={"Authorization": f"Bearer {token}", **beside}, secrets=(token, *beside.values())
    )
