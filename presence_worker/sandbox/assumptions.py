"""What only a live server can settle about SuperOffice, each as a switch."""

from dataclasses import dataclass, field, fields
from typing import NamedTuple

from .user_archive import RELIABLE, Paging


class Switch(NamedTuple):
    """A question with several possible answers."""

    choices: tuple[str, ...]  # the first is the default
    words: str  # for help


SWITCHES = {
    "unknown_id": Switch(
        ("404", "400", "500", "null", "none", "echo"),
        "An ID that no user has gets this answer; echo: what was sent.",
    ),
    "no_service_user": Switch(
        ("ok", "404", "400", "500", "null", "none"),
        "A user without access to Service gets this answer; ok: as others.",
    ),
    "long_message": Switch(
        ("refuse", "cut", "accept"), "A Message of more than 255 characters is refused, cut or accepted."
    ),
    "omitted_message": Switch(("clear", "keep"), "A PUT without Message clears or keeps the stored one."),
    "account_states": Switch(
        ("accept", "refuse"),
        "A Status that is not a presence, such as StatusDeleted, is accepted or refused.",
    ),
    "error_shape": Switch(
        ("mixed", "so", "so-message", "aspnet", "html", "empty"),
        "Errors have this form: SuperOffice's own (so), the framework's (aspnet), or both (mixed).",
    ),
    "throttle_form": Switch(
        ("seconds", "date", "bare", "ratelimit", "x-ratelimit"),
        "A 429 asks for patience in this form; seconds and date stand in Retry-After.",
    ),
    "xml": Switch(("on", "off"), "Bodies can be XML, both ways."),
    "form": Switch(("on", "off"), "The body of a PUT can be a form."),
    "full_mode": Switch(
        ("flat", "nested"), "Rows of the list of all users have this form (with $mode=full)."
    ),
}
FLAGS = {
    "loose_status": "A Status can be a number, or in another case.",
    "no_presence": "Presence calls answer 404, as in Online by default.",
    "no_query": "The list of all users answers 404.",
}
RIGHTS = ("put", "get", "query", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """How the sandbox answers where SuperOffice's answer is unknown; see SWITCHES for the choices."""

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
    version: str = "10.5 (presence-worker sandbox)"  # that GET /api answers

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


AS_DOCUMENTED = Assumptions()
