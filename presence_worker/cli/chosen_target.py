"""Which target of the configuration a command line means."""

import os
from itertools import chain, pairwise
from pathlib import Path

from ..errors import OptionFault, UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..operator_files import find_config
from ..settings.configuration import load_settings
from ..settings.origin import PREFIX
from ..target_files import NAMED_WRONG, TargetFile, TargetFiles, find_targets
from ..wording import series
from .options import BASE_URL, Options
from .repeated_options import options_to_find

PLACES = ("--config", "--state-dir")
OF_ONE = ("target", "auth")  # sections that say what a target is: no value of theirs can hold for several


def choose_target(options: Options) -> TargetFile | None:
    """Return the target that a command line means; None where the configuration has no folder of targets.

    Raise UsageFault where it means none of them, or does not say which.
    """
    config = find_config(options.config)
    targets = find_targets(config)
    if targets is None and options.target is not None:
        raise _no_targets(config, options)
    if targets is None:
        return None
    _refuse_variables(targets, options)
    if options.target is not None:
        return _find(options.target, targets, options)
    if targets.is_several or not targets.by_name:
        raise _fault(
            f"the configuration has several targets. Name one with --target: {_list(targets)}", options
        )
    (only,) = targets.by_name.values()
    return only


def _no_targets(config: Path | None, options: Options) -> OptionFault:
    """Return why no target can be named; raise UsageFault for a file that cannot be read."""
    if config is None:
        return OptionFault("option --target: no configuration file is found. Name it with --config")
    load_settings(config, options.flags)
    return OptionFault(f"option --target: {config} has only one target. Leave the option out")


def find_all_targets(options: Options) -> TargetFiles | None:
    """Return the targets where a command line names none, and there are several; else None.

    Raise UsageFault for an option or a variable that cannot be meant for all of them.
    """
    targets = find_targets(find_config(options.config))
    if targets is None or options.target is not None or not targets.is_several:
        return None
    _refuse_variables(targets, options)
    meant_for_one = [f"option {each}" for each in _options_for_one(options)]
    if meant_for_one:
        words = f"{meant_for_one[0]}: it needs --target, because there are several targets: {_list(targets)}"
        raise _fault(words, options)
    return targets


def explain_misnamed(path: Path) -> str:
    """Return what is wrong with a file whose name no target can have."""
    return f"{path}: {NAMED_WRONG}"


def _options_for_one(options: Options) -> list[str]:
    found = ["--sandbox"] if options.sandbox else []
    if "base_url" in options.flags.get("target", {}):
        found.append(BASE_URL)
    return [*found, *("--set" for section in OF_ONE if section in options.flags)]


def _refuse_variables(targets: TargetFiles, options: Options) -> None:
    """Raise UsageFault for variables that say of all targets what holds for one."""
    prefixes = tuple(f"{PREFIX}{section}__".upper() for section in OF_ONE)
    found = sorted(name for name in os.environ if name.upper().startswith(prefixes))
    if found and targets.is_several:
        words = "this variable would hold for all targets. Set it in the file of each target"
        raise _fault("\n".join(f"{name}: {words}" for name in found), options)


def _find(name: str, targets: TargetFiles, options: Options) -> TargetFile:
    if name in targets.by_name:
        return targets.by_name[name]
    misnamed = [path for path in targets.misnamed if path.stem == name]
    if misnamed:
        raise _fault(f"option --target: {explain_misnamed(misnamed[0])}", options)
    raise _fault(f"option --target: {name} is not a target. The targets are {_list(targets)}", options)


def _list(targets: TargetFiles) -> str:
    """Return the names as a sentence lists them; without any, what is wrong with the files."""
    if not targets.by_name:
        return "; ".join(map(explain_misnamed, targets.misnamed))
    return series(sorted(targets.by_name), "and")


def _fault(words: str, options: Options) -> UsageFault:
    """Return an error whose next command shows all targets: which one is meant, only a person knows."""
    given = options_to_find(options)
    pairs = [pair for pair in pairwise(given) if pair[0] in PLACES]
    return UsageFault(words, next=NextStep(("runs", *chain(*pairs))), page=ManualPage.MANY_TENANTS)
