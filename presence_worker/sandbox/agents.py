"""The agents: the same calls as remote procedures, with their arguments in the body, in any case."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from .ask import Ask
from .presence_calls import set_presence, show_presence
from .presences import ROOT, in_any_case
from .replies import Reply, not_understood, success
from .site import Site

Arguments = dict[str, Any]  # by name, in lower case
NOT_FOUND = 404
UNKNOWN_ID = success(None, ROOT)  # what agents answer where the REST calls answer 404


def _with_arguments(call: Callable[[Arguments, int, Site], Reply]) -> Callable[[Ask, int, Site], Reply]:
    """Make a call that is about an associate of one that reads its arguments."""

    def called(ask: Ask, _: int, site: Site) -> Reply:
        try:
            value = orjson.loads(ask.body)
        except ValueError:
            value = None
        arguments = {name.lower(): part for name, part in value.items()} if isinstance(value, dict) else {}
        associate_id = arguments.get("associateid")
        if not isinstance(associate_id, int) or isinstance(associate_id, bool):
            return not_understood("expected an object with AssociateId")
        reply = call(arguments, associate_id, site)
        return replace(UNKNOWN_ID if reply.status == NOT_FOUND else reply, about=associate_id)

    return called


def _get_presence(_: Arguments, associate_id: int, site: Site) -> Reply:
    return show_presence(site, associate_id)


def _set_presence(arguments: Arguments, associate_id: int, site: Site) -> Reply:
    parts = arguments.get("userpresencestatus")
    if not isinstance(parts, dict):
        return not_understood("expected an object with AssociateId and UserPresenceStatus")
    return set_presence(site, associate_id, in_any_case(parts))


get_presence = _with_arguments(_get_presence)
set_user_presence = _with_arguments(_set_presence)


def get_associates(ask: Ask, _: int, site: Site) -> Reply:
    """Show the associates of a list of ids; strangers are left out."""
    try:
        ids = orjson.loads(ask.body)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not all(isinstance(each, int) for each in ids):
        return not_understood("expected a list of associates' ids")
    return success([_associate(site, each) for each in ids if each in site.people], "Associates")


def new_user(_: Ask, __: int, ___: Site) -> Reply:
    """Show a user as they are before anybody filled them in; nothing is stored."""
    user = {"AssociateId": 0, "Name": "", "UserName": "", "EjUserId": 0, "Deleted": False}
    return success({**user, "Type": "InternalAssociate"}, "User")


def _associate(site: Site, associate_id: int) -> dict[str, Any]:
    person = site.people.person(associate_id)
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
