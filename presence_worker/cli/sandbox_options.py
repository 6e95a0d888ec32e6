"""The options of `presence-worker sandbox`, and what they mean to it."""

from pathlib import Path
from typing import Any

import click

from ..model import MAX_ASSOCIATE_ID, NOT_PRESENT, Presence
from ..sandbox import FLAGS, RIGHTS, STATES, SWITCHES, Assumptions, Faults, Online, People, read_faults
from ..settings.value_types import parse_duration
from .options import Function

Given = dict[str, Any]
ID = click.IntRange(1, MAX_ASSOCIATE_ID)
DIFFERENCES: dict[str, Given] = {  # option that names people: how they differ
    "away": {"presence": Presence(status=NOT_PRESENT, message="")},
    "inactive": {"is_active": False},
    "no_service": {"ej_user_id": 0},
    "absent_from_query": {"in_query": False},
}


class Option(click.Option):
    """An option that stands in a section of the help."""

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return the default where it is to be told, but no range: an error tells that soon enough."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class Sectioned(click.Command):
    """A command whose help has its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section after another, in the order in which they were named first."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record:
                section = option.section if isinstance(option, Option) else "Help"
                sections.setdefault(section, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=26)


def _seconds(_: click.Context, __: click.Parameter, text: str) -> float:
    try:
        return float(parse_duration(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _faults(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> Faults:
    try:
        return read_faults(texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _state(_: click.Context, __: click.Parameter, name: str) -> str:
    return next((state for state in STATES if state.lower() == name.lower()), name)


WHERE, WHO, TROUBLE = "Where it is", "Who is there", "What goes wrong"
SIGN_IN, TENANT = "Signing in", "Tenant (Online)"
UNKNOWN = "Behaviour of SuperOffice that we could not verify (default: the first choice)"
PORT: Given = {"type": click.IntRange(0, 65535), "default": 0, "metavar": "PORT"}
COUNT: Given = {"type": ID, "default": 1000, "show_default": True, "metavar": "N"}
IDS: Given = {"type": ID, "multiple": True, "metavar": "ID"}
IN_FILE: Given = {"type": click.Path(path_type=Path, dir_okay=False), "metavar": "FILE"}
FAULTS: Given = {"multiple": True, "callback": _faults, "metavar": "FAULT"}
SECONDS: Given = {"callback": _seconds, "metavar": "DURATION"}
FLAG: Given = {"is_flag": True}


def _choice(*choices: str) -> Given:
    return {"type": click.Choice(choices), "default": choices[0]}


def _option_name(name: str) -> str:
    return f"--{name.replace('_', '-')}"


OPTIONS: tuple[tuple[str, str, str, Given], ...] = (  # section, name, help, and how it is read
    (WHERE, "--port", "Listen on this port; 0 takes any free one.", PORT),
    (WHERE, "--tls", "Speak https, with a certificate made at the start.", FLAG),
    (WHERE, "--ca-file", "Write the authority of that certificate to this file.", IN_FILE),
    (WHERE, "--log", "Add a JSON line per request, without comments and credentials.", IN_FILE),
    (WHO, "--people", "Associates 1 to N exist.", COUNT),
    (WHO, "--away", "This user is not present at first. Can be repeated.", IDS),
    (WHO, "--inactive", "This user is not active. Can be repeated.", IDS),
    (WHO, "--no-service", "This associate has no user in Service. Can be repeated.", IDS),
    (WHO, "--absent-from-query", "This ID is missing from the list of all users. Can be repeated.", IDS),
    (WHO, "--state", "Keep the presences in this file, for the next start.", IN_FILE),
    (TROUBLE, "--fault", "Let this go wrong; see below. Can be repeated.", FAULTS),
    (
        TROUBLE,
        "--seed",
        "The same requests meet the same faults every time.",
        {"type": int, "metavar": "N"},
    ),
    (
        TROUBLE,
        "--latency",
        "Each answer takes this long: seconds, or a text such as 50ms.",
        {**SECONDS, "default": "0"},
    ),
    (
        SIGN_IN,
        "--sign-in",
        "strict takes only tokens and tickets that this sandbox gave out.",
        _choice("any", "strict"),
    ),
    (
        SIGN_IN,
        "--token-life",
        "A token is valid this long, a ticket from its last use on.",
        {**SECONDS, "default": "1h"},
    ),
    (SIGN_IN, "--expired-as", "An expired token or ticket gets this answer.", _choice("401", "403")),
    (SIGN_IN, "--rotate", "Each refresh token works once; the answer has the next one.", FLAG),
    (SIGN_IN, "--app-key", "RSA key of the application; the file is made if it is missing.", IN_FILE),
    (
        TENANT,
        "--tenant-state",
        "The tenant has this state; only Running and OnlineMaintenance count as running.",
        {"callback": _state, "default": "Running", "metavar": "NAME"},
    ),
    (
        TENANT,
        "--state-valid",
        "The state is valid this long; then clients ask again.",
        {**SECONDS, "default": "1h"},
    ),
    (
        TENANT,
        "--move-after",
        "The tenant moves after N PUTs; the old address answers 421.",
        {"type": click.IntRange(0), "metavar": "N"},
    ),
    *(
        (UNKNOWN, _option_name(name), switch.words, _choice(*switch.choices))
        for name, switch in SWITCHES.items()
    ),
    *((UNKNOWN, _option_name(name), words, FLAG) for name, words in FLAGS.items()),
    (
        UNKNOWN,
        "--forbid",
        "These calls answer 403. Can be repeated.",
        {"type": click.Choice(RIGHTS), "multiple": True},
    ),
)


def sandbox_options(function: Function) -> Function:
    """Add all options of the sandbox."""
    for section, name, words, how in reversed(OPTIONS):
        function = click.option(name, cls=Option, section=section, help=words, **how)(function)
    return function


def people(given: Given) -> People:
    """Make the people that were asked for; raise UsageError for one who does not exist."""
    found = People(given["people"])
    for option, differences in DIFFERENCES.items():
        for associate_id in given[option]:
            if associate_id not in found:
                words = f"{_option_name(option)} {associate_id}: see --people, only 1 to {found.count} exist"
                raise click.UsageError(words)
            found.describe(associate_id, **differences)
    return found


def assumptions(given: Given) -> Assumptions:
    """Set the switches as they were asked for."""
    switches = {name: given[name] for name in (*SWITCHES, *FLAGS)}
    return Assumptions(**switches, forbid=frozenset(given["forbid"]))


def online(given: Given, app_key: bytes | None) -> Online:
    """Set what is asked of who signs in, and how the tenant fares."""
    return Online(
        strict=given["sign_in"] == "strict",
        token_life=given["token_life"],
        expired_as=int(given["expired_as"]),
        rotates=given["rotate"],
        app_key=app_key,
        state=given["tenant_state"],
        state_valid=given["state_valid"],
        move_after=given["move_after"],
    )
