"""Calls that are about all users, about who asks, and about the service itself."""

from .bodies import parse_json
from .calls import Incoming, Json, Reply, framework_refusal, success
from .state import SandboxState
from .tokens import find_signer
from .user_archive import next_query, read_query, show_flat, show_nested

MYSELF = 1  # the associate everybody signs in as
ROLE: dict[str, Json] = {"RoleId": 1, "RoleName": "User level 0", "RoleType": "Employee"}


def get_users(ask: Incoming, _: int, state: SandboxState) -> Reply:
    """Show a page of all users; JSON, whatever was asked for."""
    try:
        query = read_query(ask.query)
        page = state.archive.page(query)
    except ValueError as error:
        return framework_refusal(str(error))
    show = show_nested if query.full and state.assumptions.full_mode == "nested" else show_flat
    link = None
    if page.following is not None:
        link = f"{ask.origin}{ask.path}?{next_query(ask.query, page.following)}"
    return success({"odata.nextLink": link, "value": [show(row, query) for row in page.rows]})


def get_principal(ask: Incoming, _: int, state: SandboxState) -> Reply:
    """Show who signed the request."""
    person = state.people.person(MYSELF)
    principal: dict[str, Json] = {
        "UserType": "InternalAssociate",
        "Associate": person.name,
        "AssociateId": MYSELF,
        "IsPerson": True,
        "UserName": find_signer(ask.headers),
        "FullName": person.full_name,
        "EMailAddress": person.email,
        **ROLE,
        "EjUserId": person.ej_user_id,
        "EjUserStatus": state.people.presence(MYSELF).status,
    }
    return success(principal, "SoPrincipalCarrier")


def get_api(_: Incoming, __: int, state: SandboxState) -> Reply:
    """Show which service this is."""
    return success({"NetServerVersion": state.assumptions.version}, "Api")


def get_associates(ask: Incoming, _: int, state: SandboxState) -> Reply:
    """Show the associates of a list of ids; strangers are left out."""
    asked = parse_json(ask.body)
    ids = [each for each in asked if isinstance(each, int)] if isinstance(asked, list) else None
    if ids is None or ids != asked:
        return framework_refusal("expected a list of associates' ids")
    return success([_associate(state, each) for each in ids if each in state.people], "Associates")


def create_default_user(_: Incoming, __: int, ___: SandboxState) -> Reply:
    """Show a user as they are before anybody filled them in; nothing is stored."""
    user: dict[str, Json] = {"AssociateId": 0, "Name": "", "UserName": "", "EjUserId": 0, "Deleted": False}
    return success({**user, "Type": "InternalAssociate"}, "User")


def _associate(state: SandboxState, associate_id: int) -> dict[str, Json]:
    person = state.people.person(associate_id)
    return {
        "AssociateId": associate_id,
        "Name": person.name,
        "PersonId": associate_id,
        "Type": "InternalAssociate",
        "FullName": person.full_name,
        "Deleted": not person.is_active,
        "EjUserId": person.ej_user_id,
        "UserName": person.login,
    }
