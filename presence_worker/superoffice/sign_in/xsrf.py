"""Scheme `xsrf`: the session of a browser, and the token its pages send along; for trying out."""

from ...settings import Auth
from ..auth_secrets import application, secret_now
from ..credential import Credential, SignIn

NEEDED = ("auth.xsrf_token", "auth.cookie")


def signing_in(auth: Auth, **_: object) -> SignIn:
    """Make the function that shows cookie and token."""

    async def sign_in() -> Credential:
        token, cookie = secret_now(auth, "xsrf_token"), secret_now(auth, "cookie")
        headers = {"Cookie": cookie, "X-XSRF-TOKEN": token, **application(auth, "app_token")}
        return Credential(headers=headers, secrets=(token, cookie))

    return sign_in
