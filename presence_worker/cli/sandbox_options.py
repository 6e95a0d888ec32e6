"""The options of `presence-worker sandbox`, and what they mean to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypedDict

import click

from ..model import MAX_ASSOCIATE_ID, NOT_PRESENT, Presence
from ..sandbox import FLAGS, RIGHTS, STATES, SWITCHES, Assumptions, Faults, Online, People, read_faults
from ..settings.value_types import parse_duration
from .options import Function, How

ID = click.IntRange(1, MAX_ASSOCIATE_ID)


class Difference(TypedDict, total=False):
    """How a person differs from the others, by fields of Person."""

    presence: Presence
    is_active: bool
    ej_user_id: int
    in_query: bool


ONLINE = {  # option of SuperOffice Online: what it sets
    "token_life": "token_life",
    "rotate": "rotates",
    "tenant_state": "state",
    "state_valid": "state_valid",
    "move_after": "move_after",
}
DIFFERENCES: dict[str, Difference] = {  # option that names people: how they differ
    "away": {"presence": Presence(status=NOT_PRESENT, message="")},
    "inactive": {"is_active": False},
    "no_service": {"ej_user_id": 0},
    "absent_from_query": {"in_query": False},
}


class Option(click.Option):
    """An option whose help has no range: an error says that soon enough."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return the default where it is shown, but no range."""
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
                section = SECTIONS.get(option.opts[0], "Help")
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
PORT: How = {"type": click.IntRange(0, 65535), "default": 0, "metavar": "PORT"}
COUNT: How = {"type": ID, "default": 1000, "show_default": True, "metavar": "N"}
IDS: How = {"type": ID, "multiple": True, "metavar": "ID"}
IN_FILE: How = {"type": click.Path(path_type=Path, dir_okay=False), "metavar": "FILE"}
FAULTS: How = {"multiple": True, "callback": _faults, "metavar": "FAULT"}
SECONDS: How = {"callback": _seconds, "metavar": "DURATION"}
FLAG: How = {"is_flag": True}


def _choice(*choices: str) -> How:
    return {"type": click.Choice(choices), "default": choices[0]}


def _option_name(name: str) -> str:
    return f"--{name.replace('_', '-')}"


OPTIONS: tuple[tuple[str, str, str, How], ...] = (  # section, name, help, and how it is read
    (WHERE, "--port", "Listen on this port; 0 takes any free one.", PORT),
    (WHERE, "--tls", "Speak https, with a certificate made at the start.", FLAG),
    (WHERE, "--ca-file", "Write the authority of that certificate to this file.", IN_FILE),
    (WHERE, "--log", "Add a JSON line per request, without comments and credentials.", IN_FILE),
    (WHO, "--people", "Users 1 to N exist.", COUNT),
    (WHO, "--away", "This user is not present at first. Can be repeated.", IDS),
    (WHO, "--inactive", "This user is not active. Can be repeated.", IDS),
    (WHO, "--no-service", "This user has no access to Service. Can be repeated.", IDS),
    (WHO, "--absent-from-query", "This ID is missing from the list of all users. Can be repeated.", IDS),
    (WHO, "--state", "Keep the presences in this file, for the next start.", IN_FILE),
    (TROUBLE, "--fault", "Let this go wrong; see below. Can be repeated.", FAULTS),
    (
        TROUBLE,
        "--seed",
        "The same requests meet the same faults every time.",
        {"type": click.INT, "metavar": "N"},
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


SECTIONS = {name: section for section, name, _, _ in OPTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What was asked for."""

    port: int
    tls: bool
    ca_file: Path | None
    log: Path | None
    people: int
    differing: Mapping[str, Sequence[int]]  # associates by option, of DIFFERENCES
    state: Path | None
    faults: Faults
    latency: float  # seconds
    sign_in: str
    online: Online  # without its key
    app_key: Path | None
    assumptions: Assumptions


def sandbox_options(function: Callable[[SandboxOptions], int]) -> Function:
    """Add all options of the sandbox."""

    @wraps(function)
    def with_options(**given: Any) -> int:
        switches = {name: given.pop(name) for name in (*SWITCHES, *FLAGS)}
        online = Online(
            strict=given["sign_in"] == "strict",
            expired_as=int(given.pop("expired_as")),
            **{field: given.pop(name) for name, field in ONLINE.items()},
        )
        options = SandboxOptions(
            differing={name: given.pop(name) for name in DIFFERENCES},
            faults=replace(given.pop("fault"), seed=given.pop("seed")),
            online=online,
            assumptions=Assumptions(**switches, forbid=frozenset(given.pop("forbid"))),
            **given,
        )
        return function(options)

    command: Function = with_options
    for _, name, words, how in reversed(OPTIONS):
        command = click.option(name, cls=Option, help=words, **how)(command)
    return command


def people(options: SandboxOptions) -> People:
    """Make the people that were asked for; raise UsageError for one who does not exist."""
    found = People(options.people)
    for option, difference in DIFFERENCES.items():
        for associate_id in options.differing[option]:
            if associate_id not in found:
                words = f"{_option_name(option)} {associate_id}: see --people, only 1 to {found.count} exist"
                raise click.UsageError(words)
            found.describe(associate_id, **difference)
    return found
