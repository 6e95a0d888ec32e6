"""Calls that are about all users, about who asks, and about the service itself."""

from .archive import as_flat, as_nested
from .ask import Ask
from .queries import next_query, read_query
from .replies import Reply, not_understood, success
from .sign_in import signer
from .site import Site

MYSELF = 1  # the associate everybody signs in as
ROLE = {"RoleId": 1, "RoleName": "User level 0", "RoleType": "Employee"}


def get_users(ask: Ask, _: int, site: Site) -> Reply:
    """Show a page of all users; JSON, whatever was asked for."""
    try:
        query = read_query(ask.query)
        page = site.archive.page(query)
    except ValueError as error:
        return not_understood(str(error))
    show = as_nested if query.full and site.unknowns.full_mode == "nested" else as_flat
    link = None
    if page.following is not None:
        link = f"{ask.origin}{ask.path}?{next_query(ask.query, page.following)}"
    return success({"odata.nextLink": link, "value": [show(row, query) for row in page.rows]})


def get_principal(ask: Ask, _: int, site: Site) -> Reply:
    """Show who signed the request."""
    person = site.people.person(MYSELF)
    principal = {
        "UserType": "InternalAssociate",
        "Associate": person.name,
        "AssociateId": MYSELF,
        "IsPerson": True,
        "UserName": signer(ask.headers),
        "FullName": person.full_name,
        "EMailAddress": person.email,
        **ROLE,
        "EjUserId": person.ej_user_id,
        "EjUserStatus": site.people.presence(MYSELF).status,
    }
    return success(principal, "SoPrincipalCarrier")


def get_api(_: Ask, __: int, site: Site) -> Reply:
    """Show which service this is."""
    return success({"NetServerVersion": site.unknowns.version}, "Api")
