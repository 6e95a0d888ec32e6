"""The presence of one associate: shown and set, and what is answered where there is none."""

from collections.abc import Callable, Mapping
from typing import Any

from ..model import PRESENT
from .ask import Ask
from .bodies import FORM, UnknownTypeError, is_xml, media_type, read_body
from .presences import NO_PRESENCE, ROOT, understood, written
from .replies import Reply, no_such_associate, not_understood, refusal, success
from .site import Site

Parts = Mapping[str, Any]
NOBODY: dict[str, Callable[[int, Parts], Reply]] = {  # what is answered about who has no presence
    "404": lambda associate_id, _: no_such_associate(associate_id),
    "400": lambda associate_id, _: refusal(400, "SoArgumentException", f"{associate_id} is no user."),
    "500": lambda *_: refusal(500, "NullReferenceException", "Object reference not set to an instance."),
    "null": lambda *_: success(None, ROOT),
    "none": lambda *_: success(written(NO_PRESENCE), ROOT),
    "echo": lambda _, parts: success(
        {"Status": parts.get("Status") or PRESENT, "Message": parts.get("Message") or ""}, ROOT
    ),
}


def put_presence(ask: Ask, associate_id: int, site: Site) -> Reply:
    """Store a presence and echo it."""
    try:
        parts = _body(ask, site)
    except UnknownTypeError as error:
        return not_understood(str(error), 415)
    except ValueError as error:
        return no_presence(site, associate_id) or not_understood(str(error))
    return set_presence(site, associate_id, parts)


def get_presence(_: Ask, associate_id: int, site: Site) -> Reply:
    """Show a presence."""
    return show_presence(site, associate_id)


def set_presence(site: Site, associate_id: int, parts: Parts) -> Reply:
    """Store what the *parts* of a presence ask for, and echo it."""
    nobody = no_presence(site, associate_id, parts)
    if nobody:
        return nobody
    try:
        presence = understood(parts, site.unknowns, stored=site.people.presence(associate_id).message)
    except ValueError as error:
        return not_understood(str(error))
    site.people.set_presence(associate_id, presence)
    return success(written(presence), ROOT, applied=True)


def show_presence(site: Site, associate_id: int) -> Reply:
    """Show what is stored of an associate."""
    return no_presence(site, associate_id) or success(written(site.people.presence(associate_id)), ROOT)


def no_presence(site: Site, associate_id: int, parts: Parts | None = None) -> Reply | None:
    """Give what is answered about an associate who has no presence; None where there is one."""
    if associate_id not in site.people:
        return NOBODY[site.unknowns.unknown_id](associate_id, parts or {})
    if site.unknowns.no_service_user != "ok" and not site.people.has_service_user(associate_id):
        return NOBODY[site.unknowns.no_service_user](associate_id, parts or {})
    return None


def _body(ask: Ask, site: Site) -> Parts:
    content_type, unknowns = ask.content_type, site.unknowns
    if (unknowns.xml == "off" and is_xml(media_type(content_type))) or (
        unknowns.form == "off" and media_type(content_type) == FORM
    ):
        raise UnknownTypeError("Content-Type: this service does not take that one")
    return read_body(content_type, ask.body)
