"""Scheme `basic`: a user's name and password, with each request."""

import base64

from ...settings import Auth
from ..auth_secrets import application, secret_now
from ..credential import Credential, SignIn

NEEDED = ("auth.username", "auth.password")


def signing_in(auth: Auth, **_: object) -> SignIn:
    """Make the function that puts name and password together."""

    async def sign_in() -> Credential:
        pair = f"{auth.username}:{secret_now(auth, 'password')}"
        encoded = base64.b64encode(pair.encode()).decode()
        headers = {"Authorization": f"Basic {encoded}", **application(auth, "app_token")}
        return Credential(headers=headers, secrets=(secret_now(auth, "password"), encoded))

    return sign_in
