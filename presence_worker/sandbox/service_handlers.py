"""What the service answers: calls about presences, about users, and about itself.

Agents are the same calls as remote procedures, with their arguments in the body, in any case.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..model import MAX_MESSAGE_LENGTH, NOT_PRESENT, PRESENT, STATUSES, Presence
from .assumptions import AS_DOCUMENTED, Assumptions
from .bodies import FORM, Parts, UnknownTypeError, is_xml, lower_names, media_type, parse_json, read_body
from .calls import Incoming, Json, Reply, framework_refusal, no_such_associate, refusal, success
from .state import SandboxState
from .tokens import find_signer
from .user_archive import next_query, read_query, show_flat, show_nested

ROOT = "UserPresenceStatus"  # what XML calls a presence
NO_PRESENCE = Presence(status="StatusNone", message="")
_BY_LOWER_CASE = {name.lower(): name for name in STATUSES}
_BY_NUMBER = {str(number): name for name, number in STATUSES.items()}
MYSELF = 1  # the associate everybody signs in as
ROLE: dict[str, Json] = {"RoleId": 1, "RoleName": "User level 0", "RoleType": "Employee"}


def presence_parts(presence: Presence) -> dict[str, str]:
    """Return a presence as the service names its parts."""
    return {"Status": presence.status, "Message": presence.message}


def read_asked_presence(content_type: str, body: bytes) -> Presence:
    """Read the body of a PUT, or of the agent's twin of it, as documented; raise ValueError if it is none."""
    parts = read_body(content_type, body)
    twin = lower_names(parts).get("userpresencestatus")
    return read_presence(capitalize_names(twin) if isinstance(twin, dict) else parts)


def capitalize_names(parts: Parts) -> Parts:
    """Return the parts of a presence by their names, in whatever case those came."""
    return {name.capitalize(): part for name, part in parts.items()}


def read_presence(parts: Parts, assumptions: Assumptions = AS_DOCUMENTED, *, stored: str = "") -> Presence:
    """Read what is asked for; raise ValueError with what was expected, never with what was found.

    Without a Message, or with null, *stored* goes or stays, as the switch says; by itself it goes: there is
    no PATCH for this resource.
    """
    status, message = _read_status(parts.get("Status"), assumptions), parts.get("Message")
    if message is None:
        message = stored if assumptions.omitted_message == "keep" else ""
    if not isinstance(message, str):
        raise ValueError("Message: expected a text")  # noqa: TRY004 - one kind for callers
    if len(message) > MAX_MESSAGE_LENGTH:
        if assumptions.long_message == "refuse":
            raise ValueError(f"Message: expected a text of at most {MAX_MESSAGE_LENGTH} characters")
        message = message[:MAX_MESSAGE_LENGTH] if assumptions.long_message == "cut" else message
    return Presence(status=status, message=message)


def _read_status(value: Json, assumptions: Assumptions) -> str:
    if assumptions.loose_status and isinstance(value, str | int):
        text = str(value).lower()
        value = _BY_LOWER_CASE.get(text) or _BY_NUMBER.get(text)
    allowed = STATUSES if assumptions.account_states == "accept" else (PRESENT, NOT_PRESENT)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"Status: expected exactly one of {', '.join(allowed)}")
    return value


NO_USER: dict[str, Callable[[int, Parts], Reply]] = {  # the answer about an associate without a presence
    "404": lambda associate_id, _: no_such_associate(associate_id),
    "400": lambda associate_id, _: refusal(400, "SoArgumentException", f"{associate_id} is not a user."),
    "500": lambda *_: refusal(500, "NullReferenceException", "Object reference not set to an instance."),
    "null": lambda *_: success(None, ROOT),
    "none": lambda *_: success(presence_parts(NO_PRESENCE), ROOT),
    "echo": lambda _, parts: success(
        {"Status": parts.get("Status") or PRESENT, "Message": parts.get("Message") or ""}, ROOT
    ),
}


def put_presence(ask: Incoming, associate_id: int, state: SandboxState) -> Reply:
    """Store a presence and echo it."""
    try:
        parts = _read_body(ask, state)
    except UnknownTypeError as error:
        return framework_refusal(str(error), 415)
    except ValueError as error:
        return no_presence(state, associate_id) or framework_refusal(str(error))
    return set_presence(state, associate_id, parts)


def get_presence(_: Incoming, associate_id: int, state: SandboxState) -> Reply:
    """Show a presence."""
    return show_presence(state, associate_id)


def set_presence(state: SandboxState, associate_id: int, parts: Parts) -> Reply:
    """Store what the *parts* of a presence ask for, and echo it."""
    missing = no_presence(state, associate_id, parts)
    if missing:
        return missing
    try:
        presence = read_presence(parts, state.assumptions, stored=state.people.presence(associate_id).message)
    except ValueError as error:
        return framework_refusal(str(error))
    state.people.set_presence(associate_id, presence)
    return success(presence_parts(presence), ROOT, applied=True)


def show_presence(state: SandboxState, associate_id: int) -> Reply:
    """Show what is stored of an associate."""
    return no_presence(state, associate_id) or success(
        presence_parts(state.people.presence(associate_id)), ROOT
    )


def no_presence(state: SandboxState, associate_id: int, parts: Parts | None = None) -> Reply | None:
    """Return what is answered about an associate who has no presence; None where there is one."""
    if associate_id not in state.people:
        return NO_USER[state.assumptions.unknown_id](associate_id, parts or {})
    if state.assumptions.no_service_user != "ok" and not state.people.has_service_user(associate_id):
        return NO_USER[state.assumptions.no_service_user](associate_id, parts or {})
    return None


def _read_body(ask: Incoming, state: SandboxState) -> Parts:
    content_type, assumptions = ask.content_type, state.assumptions
    if (assumptions.xml == "off" and is_xml(media_type(content_type))) or (
        assumptions.form == "off" and media_type(content_type) == FORM
    ):
        raise UnknownTypeError("Content-Type: this service does not take that one")
    return read_body(content_type, ask.body)


Arguments = Mapping[str, Json]  # by name, in lower case
NOT_FOUND = 404
UNKNOWN_ID = success(None, ROOT)  # what agents answer where the REST calls answer 404


def _with_arguments(
    call: Callable[[Arguments, int, SandboxState], Reply],
) -> Callable[[Incoming, int, SandboxState], Reply]:
    """Return a call that reads its arguments, of one that is about an associate."""

    def read_and_call(ask: Incoming, _: int, state: SandboxState) -> Reply:
        arguments = lower_names(parse_json(ask.body))
        associate_id = arguments.get("associateid")
        if not isinstance(associate_id, int) or isinstance(associate_id, bool):
            return framework_refusal("expected an object with AssociateId")
        reply = call(arguments, associate_id, state)
        return replace(UNKNOWN_ID if reply.status == NOT_FOUND else reply, about=associate_id)

    return read_and_call


def _get_presence(_: Arguments, associate_id: int, state: SandboxState) -> Reply:
    return show_presence(state, associate_id)


def _set_presence(arguments: Arguments, associate_id: int, state: SandboxState) -> Reply:
    parts = arguments.get("userpresencestatus")
    if not isinstance(parts, dict):
        return framework_refusal("expected an object with AssociateId and UserPresenceStatus")
    return set_presence(state, associate_id, capitalize_names(parts))


agent_get_presence = _with_arguments(_get_presence)
agent_set_presence = _with_arguments(_set_presence)


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
    """Show a user with empty fields; nothing is stored."""
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
