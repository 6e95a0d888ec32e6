"""What only a live server can settle about SuperOffice, each as a switch."""

from dataclasses import dataclass, field, fields
from typing import NamedTuple

from .archive import RELIABLE, Paging


class Switch(NamedTuple):
    """A question with several possible answers."""

    choices: tuple[str, ...]  # the first is how the sandbox is unless told otherwise
    words: str  # for help


SWITCHES = {
    "unknown_id": Switch(
        ("404", "400", "500", "null", "none", "echo"), "What asking for an id nobody has answers."
    ),
    "no_service_user": Switch(
        ("ok", "404", "400", "500", "null", "none"), "The same for who has no user in Service."
    ),
    "long_message": Switch(("refuse", "cut", "accept"), "A Message of more than 255 characters."),
    "omitted_message": Switch(("clear", "keep"), "What a PUT without Message does to the stored one."),
    "account_states": Switch(("accept", "refuse"), "Statuses that are no presence."),
    "error_shape": Switch(
        ("mixed", "so", "so-message", "aspnet", "html", "empty"), "Bodies of errors; so: SuperOffice's own."
    ),
    "throttle_form": Switch(
        ("seconds", "date", "bare", "ratelimit", "x-ratelimit"),
        "How a 429 says the wait; the first two: Retry-After.",
    ),
    "xml": Switch(("on", "off"), "XML bodies, both ways."),
    "form": Switch(("on", "off"), "Form bodies of a PUT."),
    "full_mode": Switch(("flat", "nested"), "Rows of the query of all users with $mode=full."),
}
FLAGS = {
    "loose_status": "A Status may be a number, or in another case.",
    "no_presence": "There is no User agent: 404, as in Online by default.",
    "no_query": "The query of all users is not to be had: 404.",
}
RIGHTS = ("put", "get", "query", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowns:
    """How the sandbox answers where nobody knows what SuperOffice does; see SWITCHES for the choices."""

    unknown_id: str = "404"
    no_service_user: str = "ok"
    long_message: str = "refuse"
    omitted_message: str = "clear"
    account_states: str = "accept"
    error_shape: str = "mixed"
    throttle_form: str = "seconds"
    xml: str = "on"
    form: str = "on"
    full_mode: str = "flat"
    loose_status: bool = False
    no_presence: bool = False
    no_query: bool = False
    forbid: frozenset[str] = field(default_factory=frozenset)  # of RIGHTS: what is answered 403
    paging: Paging = RELIABLE
    version: str = "10.5 (presence-worker sandbox)"  # that GET /api tells

    def __post_init__(self) -> None:
        wrong = [
            f"{each.name}: expected one of {', '.join(SWITCHES[each.name].choices)}"
            for each in fields(self)
            if each.name in SWITCHES and getattr(self, each.name) not in SWITCHES[each.name].choices
        ]
        if self.forbid - set(RIGHTS):
            wrong.append(f"forbid: expected some of {', '.join(RIGHTS)}")
        if wrong:
            raise ValueError("; ".join(wrong))


AS_DOCUMENTED = Unknowns()
