"""Credentials: any will do, none will not."""

import base64

import pytest

from presence_worker.sandbox import Sandbox

from .caller import calling, presence_path

pytestmark = pytest.mark.anyio


def basic(text: str) -> str:
    """Give the header for a user and a password."""
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("authorization", "user"),
    [
        (basic("anna:pass:word"), "anna"),
        (basic("anna:"), "anna"),
        (basic("anna:x").replace("Basic", "bAsIc"), "anna"),
        ("SOTicket 7T:abc==", "sandbox"),
        ("Bearer 8A:Cust12345.abc", "sandbox"),
    ],
)
async def test_any_credential_will_do(sandbox: Sandbox, authorization: str, user: str) -> None:
    """Basic, SOTicket and Bearer are accepted, whatever they say; a name that is known is shown."""
    async with calling(sandbox, authorization) as caller:
        status, principal = await caller.get("/api/v1/User/currentPrincipal")

    assert status == 200
    assert principal["UserName"] == user
    assert principal | {"UserName": ""} == {
        "UserType": "InternalAssociate",
        "Associate": "USER1",
        "AssociateId": 1,
        "IsPerson": True,
        "UserName": "",
        "FullName": "User 1",
        "EMailAddress": "user1@example.com",
        "RoleId": 1,
        "RoleName": "User level 0",
        "RoleType": "Employee",
        "EjUserId": 1,
        "EjUserStatus": "StatusNormal",
    }


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ===",
        "Basic Ü",
        basic("anna"),
        basic(":x"),
        "Bearer ",
        "SOTicket",
        "NTLM abc",
    ],
)
@pytest.mark.parametrize("path", [presence_path(7), "/api/v1/User", "/api/v1/User/currentPrincipal"])
async def test_without_credentials_nothing_is_told(
    sandbox: Sandbox, authorization: str | None, path: str
) -> None:
    """No credentials, or malformed ones, are answered 401 in SuperOffice's own shape."""
    async with calling(sandbox, authorization) as caller:
        status, error = await caller.get(path)

    assert (status, error["Error"]) == (401, True)


async def test_which_service_it_is_needs_no_credentials(sandbox: Sandbox) -> None:
    """GET /api is open to all and tells the version."""
    async with calling(sandbox, None) as caller:
        status, api = await caller.get("/api")

    assert status == 200
    assert "sandbox" in api["NetServerVersion"]
