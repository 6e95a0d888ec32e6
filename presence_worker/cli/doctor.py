"""`presence-worker doctor`."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from ..clock import today
from ..doctor import Diagnosis, Probe, Severity, diagnose, run_checks
from ..errors import OptionFault, UsageFault
from ..fleet.membership import Membership
from ..manual_pages import manual_command
from ..model import MAX_ASSOCIATE_ID
from ..next_step import NextStep, command_line
from ..operator_files import find_config
from ..run_context import SANDBOX, RunContext
from ..settings import NOWHERE, Settings
from ..settings.configuration import are_valid_toml, load_usable_settings
from ..superoffice import check_settings, open_client
from ..target_files import TargetFiles
from .async_work import stop_on_signal, work
from .chosen_target import choose_target, find_all_targets
from .doctor_all import BEFORE_ALL, Examination, examine_all, show_all
from .invocation import archive_in, archive_of, blames_an_option, find_target_name, fleet_of, load, set_up
from .lazy import load_lazily
from .options import Options, options_of
from .output import print_json, print_lines, remark, wrap
from .repeated_options import options_to_repeat

INDENT = 26  # columns: verdict and name of a check
TO_CORRECT = (Severity.WARNING, Severity.FAULT)
VERDICTS = {Severity.FAULT: "error"}  # as people read it; scripts know the other word


@click.command("doctor")
@click.option(
    "--write-check",
    type=click.IntRange(1, MAX_ASSOCIATE_ID),
    metavar="ID",
    help="Also write: send the current status of this associate ID back unchanged. Doctor writes nothing "
    "else.",
)
@click.option("--all", "is_all", is_flag=True, help="Check all targets. Without --target, it does so anyway.")
@options_of("doctor")
def command(options: Options, write_check: int | None, *, is_all: bool) -> int:
    """Check whether a run would work, and say what to correct.

    Doctor checks settings, files, network, certificates, clock, sign-in, rights, speed and notifications. It
    follows the same rules as a run. It tries a password only once, and sends no notification. It changes
    nothing, except a refresh token that SuperOffice replaces at sign-in.

    With several targets, doctor checks all of them, and prints one line for each. Those with errors come
    first. With --target it checks one, and shows all checks.

    Exit code 0: a run can start (also with warnings). 2: correct something on this side. 6: SuperOffice does
    not answer, rejects the sign-in, or is older than 10.2.

    \b
    Examples:
      presence-worker doctor
      presence-worker doctor --sandbox
      presence-worker doctor --json
    """
    if targets := _find_all(options, write_check, is_all=is_all):
        all_found = examine_all(targets, options, _prepare)
        show_all(all_found, options)
        return int(all_found.exit_code)
    found = find_trouble(options, write_check)
    _show(found, options)
    return int(found.exit_code)


def _find_all(options: Options, write_check: int | None, *, is_all: bool) -> TargetFiles | None:
    """Return the targets where there are several to be checked."""
    set_up(options)
    if is_all and options.target:
        raise OptionFault("options --all and --target: keep one")
    if options.target is None and not _config(options):
        return None
    targets = find_all_targets(options)
    if targets and write_check:
        raise OptionFault("option --write-check: an associate ID is of one target. Name it with --target")
    if targets is None:
        choose_target(options)
    return targets


def find_trouble(options: Options, write_check: int | None = None) -> Diagnosis:
    """Return what would keep a run with these options from working."""
    context, examine = _prepare(options, write_check)
    return work(partial(stop_on_signal, examine, BEFORE_ALL), context)


def _prepare(options: Options, write_check: int | None = None) -> Examination:
    """Return the checks, ready to be made; raise OptionFault where none can be."""
    settings, problems = _settings(options)
    if write_check in settings.safety.protected_ids:
        raise OptionFault(f"option --write-check: {write_check} is in safety.protected_ids; name another one")
    examine = partial(_examine, options=options, problems=problems, write_to=write_check)
    return Examination(_context(options, settings), examine)


def _settings(options: Options) -> tuple[Settings, list[str]]:
    """Return the settings, or what can be used of them, with all that is wrong with them."""
    problems: dict[str, None] = {}  # each once, in order
    try:
        settings = load(options).settings
    except UsageFault as fault:
        problems = dict.fromkeys(str(fault).splitlines())
        config = _config(options)
        target = choose_target(options) if config else None
        settings = load_usable_settings(config, options.flags, target and target.path)
        if not are_valid_toml(config, target and target.path):
            return _without_place(settings), list(
                problems
            )  # what else seems to be missing stands in that file
    for check in (archive_of, fleet_of, *(() if options.sandbox else (check_settings,))):
        try:
            check(settings)
        except UsageFault as fault:
            problems |= dict.fromkeys(str(fault).splitlines())
    return settings, list(problems)


def _without_place(settings: Settings) -> Settings:
    """Return settings without a state directory that perhaps is not the one of the broken file."""
    if "state_dir" in settings.storage.model_fields_set:
        return settings
    return settings.model_copy(update={"storage": settings.storage.model_copy(update={"state_dir": NOWHERE})})


def _config(options: Options) -> Path | None:
    try:
        return find_config(options.config)
    except UsageFault:  # a file that does not exist: the settings' problems have it
        return None


def _context(options: Options, settings: Settings) -> RunContext:
    fleet = None if options.sandbox else _fleet(settings)
    return RunContext(
        settings=settings,
        day=today(settings.input.timezone),
        archive=archive_in(settings.storage.state_dir, fleet),
        fleet=fleet,
        target=SANDBOX if options.sandbox else find_target_name(settings),
        target_name=options.target,
        options=_options_of(options, settings),
        input_options=(),
        open_service=partial(open_client, settings),
    )


def _fleet(settings: Settings) -> Membership | None:
    try:
        return fleet_of(settings)
    except UsageFault:  # an extra that is not installed: the settings' problems have it
        return None


def _options_of(options: Options, settings: Settings) -> tuple[str, ...]:
    try:
        return options_to_repeat(options, settings)
    except UsageFault:  # a configuration file that is not there
        return options.repeated


async def _examine(
    context: RunContext, *, options: Options, problems: list[str], write_to: int | None
) -> Diagnosis:
    async with AsyncExitStack() as opened:
        if options.sandbox:
            inside = load_lazily(".cli.sandbox:settings_of_sandbox")(context.settings)
            context = replace(context, settings=await opened.enter_async_context(inside))
        config = _config(options)
        own = choose_target(options) if config else None
        files = tuple(each for each in (config, own and own.path) if each)
        probe = Probe(context=context, problems=problems, config=files, write_to=write_to)
        more = ("--write-check", str(write_to)) if write_to else ()
        again = NextStep(("doctor", *context.options, *more))
        if blames_an_option(problems, options):
            again = NextStep(("doctor", "--help"))  # the same options again cannot work
        return diagnose(await run_checks(probe), context.target or None, again)


def _show(found: Diagnosis, options: Options) -> None:
    if options.as_json:
        print_json(found)
    elif options.quiet:
        if found.exit_code:
            remark(f"presence-worker: {found.message}")
    else:
        print_lines(lines_of(found))
    if found.next:
        remark(f"Next: {command_line(found.next)}")


def lines_of(found: Diagnosis) -> Iterator[str]:
    """Yield what a person reads of it."""
    for check in found.checks:
        verdict = VERDICTS.get(check.verdict, check.verdict)
        yield from wrap(f"{verdict:<8} {check.name:<16} {check.words}", indent=INDENT)
        if check.remedy and check.verdict in TO_CORRECT:
            yield from wrap(f"{'':<{INDENT}}-> {check.remedy}", indent=INDENT + 3)
    yield ""
    yield from wrap(f"{found.message}.")
    for page in dict.fromkeys(check.page for check in found.checks if check.verdict in TO_CORRECT):
        yield f"Help: {manual_command(page)}"
