"""From options to the context of a run: settings are loaded, the log is set up, the target is known."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..clock import today
from ..errors import OptionFault, UsageFault
from ..events import Emit, emit_to
from ..fleet.membership import Membership
from ..journal import Archive, check_owner
from ..loading import is_installed
from ..operator_files import find_config
from ..run_context import SANDBOX, RunContext
from ..settings import NOWHERE, Settings
from ..settings.configuration import load_settings
from ..settings.origin import OPTION, origin_of
from ..superoffice import check_addresses, check_settings, open_client, target_name
from ..target_files import TargetFile
from . import log
from .async_work import raise_on_signal
from .chosen_target import choose_target
from .lazy import load_lazily
from .log import log_event
from .options import Options
from .output import is_terminal
from .remarks import print_remark, print_warning
from .repeated_options import options_to_repeat

NO_FLEET = "fleet.database is set, but the package for it is not installed. Install presence-worker[fleet]"
SETTING = re.compile(r"([a-z]+\.[a-z_]+): ")  # begins what is wrong with one


class Loaded(NamedTuple):
    """The settings of a command, and whose they are."""

    settings: Settings
    options: Options  # with the name of the target
    target: TargetFile | None = None  # None: the configuration has one target, or it is the common file alone


def load(options: Options) -> Loaded:
    """Load the settings of the target that a command line means, and set up the log by the options."""
    set_up(options)
    target = choose_target(options)
    return load_target(target, options) if target else load_common(options)


def load_target(target: TargetFile, options: Options) -> Loaded:
    """Load the settings of a target of several."""
    settings = load_settings(find_config(options.config), options.flags, target.path)
    loaded = Loaded(settings, options._replace(target=target.name), target)
    try:
        check_addresses(settings)
    except UsageFault as fault:
        raise UsageFault("\n".join(_with_places(str(fault).splitlines(), loaded))) from None
    return loaded


def load_common(options: Options) -> Loaded:
    """Load the settings of a configuration with one target, or what several share."""
    settings = load_settings(find_config(options.config), options.flags)
    check_addresses(settings)
    return Loaded(settings, options)


def set_up(options: Options) -> None:
    """Set up the log by the options, and let signals end the program."""
    log.set_up(verbosity=-1 if options.quiet else options.verbose, terminal=is_terminal(sys.stderr))
    raise_on_signal()


def context_of(options: Options, *, offline: bool = False) -> RunContext:
    """Return the surroundings of a command; *offline* ones need no address."""
    return build_context(load(options), offline=offline)


def build_context(loaded: Loaded, *, offline: bool = False) -> RunContext:
    """Return the surroundings of a command with the settings that were loaded."""
    settings, options, chosen = loaded
    if options.sandbox:
        target, open_service = SANDBOX, partial(load_lazily(".cli.sandbox:open_sandbox"), settings)
    elif offline:
        target, open_service = find_target_name(settings), partial(open_client, settings)
    else:
        _check(loaded)
        target = target_name(settings.target, settings.auth.login_url)
        open_service = partial(open_client, settings)
    fleet = None if options.sandbox else fleet_of(settings)
    return RunContext(
        settings=settings,
        day=today(settings.input.timezone),
        archive=_own_archive(settings, fleet),
        fleet=fleet,
        target=target,
        target_name=chosen and chosen.name,
        options=options_to_repeat(options, settings),
        input_options=options.of_the_input,
        withheld=options.withheld,
        open_service=open_service,
        subscriber=_subscribers(options),
        origin=_origin(loaded),
    )


def fleet_of(settings: Settings) -> Membership | None:
    """Return what this process shares with other machines; None: it works alone."""
    if not settings.fleet.is_used:
        return None
    if not is_installed("procrastinate"):
        raise UsageFault(NO_FLEET)
    member: Membership = load_lazily(".fleet.member:member_of")(settings.fleet)
    return member


def archive_in(state_dir: Path, fleet: Membership | None) -> Archive:
    """Return the runs, of all machines or of this one alone."""
    if fleet is None:
        return Archive(state_dir)
    shared: Archive = load_lazily(".fleet.shared_archive:FleetArchive")(state_dir, fleet)
    return shared


def _own_archive(settings: Settings, fleet: Membership | None) -> Archive:
    archive = archive_in(archive_of(settings).state_dir, fleet)
    for directory in (archive.state_dir, archive.runs):
        check_owner(directory)
    return archive


def _origin(loaded: Loaded) -> Callable[[str], str]:
    """Return what says where the value of a setting stands."""
    options, target = loaded.options, loaded.target and loaded.target.path
    return partial(origin_of, file=find_config(options.config), target=target, flags=options.flags)


def _subscribers(options: Options) -> Emit:
    """Return who hears of the run: the log, and a person at a terminal who wants more or less of it."""
    if options.quiet or not is_terminal(sys.stderr):
        return emit_to(log_event, print_warning)
    if options.no_progress:
        return emit_to(log_event, print_remark)
    show: Emit = load_lazily(".cli.progress:ProgressLine")().show
    return emit_to(log_event, print_remark, show)


def _check(loaded: Loaded) -> None:
    """Raise UsageFault for settings that cannot work; with several targets it names the file and line."""
    try:
        check_settings(loaded.settings)
    except UsageFault as fault:
        problems = str(fault).splitlines()
        if blames_an_option(problems, loaded.options):
            raise OptionFault(str(fault)) from None
        if loaded.target is None:
            raise
        raise UsageFault("\n".join(_with_places(problems, loaded)), page=fault.page) from None


def _with_places(problems: Iterable[str], loaded: Loaded) -> Iterator[str]:
    for words in problems:
        name = SETTING.match(words)
        yield f"{_origin(loaded)(name[1]) if name else loaded.target and loaded.target.path}: {words}"


def blames_an_option(problems: Iterable[str], options: Options) -> bool:
    """Return whether one of the problems is the value of an option: the same command again cannot work."""
    has_address = "base_url" in options.flags.get("target", {})
    return any(
        problem.startswith(OPTION) or (has_address and problem.startswith("target.base_url: must be"))
        for problem in problems
    )


def archive_of(settings: Settings) -> Archive:
    """Return the place of the runs; raise UsageFault where none is named, and the user has no home."""
    if settings.storage.state_dir == NOWHERE:
        home = os.environ.get("HOME")
        raise UsageFault(
            "storage.state_dir: not set, and this user has no home directory of their own "
            f"(HOME is {home or 'not set'}); name a directory with --state-dir"
        )
    return Archive(settings.storage.state_dir)


def find_target_name(settings: Settings) -> str:
    """Return the target's name; an empty one where the settings name none, or lead nowhere."""
    if not (settings.target.base_url or settings.target.tenant):
        return ""
    try:
        return target_name(settings.target, settings.auth.login_url)
    except UsageFault:
        return ""
