"""The targets a command works on: all that the configuration has, one of them, or that of a run."""

from pathlib import Path
from typing import NamedTuple

from ..errors import ExitCode, RunFault, UsageFault
from ..journal import LAST, KnownRun, RunRecord
from ..operator_files import find_config
from ..run_context import RunContext
from ..runs.each_target import BrokenTarget
from ..runs.lookup import find_run, is_of_target
from ..settings.configuration import load_usable_settings
from ..superoffice import target_name
from ..target_files import TargetFile, TargetFiles
from ..wording import series
from .chosen_target import explain_misnamed, find_all_targets
from .invocation import build_context, context_of, load, load_common, load_target, set_up
from .options import Options
from .output import remark_at_length


class Contexts(NamedTuple):
    """The surroundings of each target that a command works on; it exits with 2 where one is broken."""

    each: list[RunContext]
    broken: list[BrokenTarget]
    common: RunContext  # of what belongs to no target; where there is only one, that one's
    is_several: bool  # whether the configuration has several targets, also where the command names one


def contexts_of(options: Options) -> Contexts:
    """Return the surroundings of a command that works on all targets, or on the one that is named."""
    set_up(options)
    targets = find_all_targets(options)
    if targets is None:
        loaded = load(options)
        context = build_context(loaded, offline=True)
        return Contexts([context], [], context, is_several=options.target is not None)
    common = build_context(load_common(options), offline=True)
    each, broken = (
        [],
        [_describe_broken(path.stem, path, explain_misnamed(path), options) for path in targets.misnamed],
    )
    for target in targets.by_name.values():
        try:
            each.append(_build_located(target, options))
        except UsageFault as fault:
            broken.append(_describe_broken(target.name, target.path, str(fault), options))
    return Contexts(each, broken, common, is_several=True)


def _describe_broken(name: str, path: Path, why: str, options: Options) -> BrokenTarget:
    return BrokenTarget(name, why, load_usable_settings(find_config(options.config), options.flags, path))


def _build_located(target: TargetFile, options: Options) -> RunContext:
    """Return the surroundings of a target; raise UsageFault where it has no address, or a wrong one."""
    context = build_context(load_target(target, options), offline=True)
    if not context.target:
        try:
            target_name(context.settings.target, context.settings.auth.login_url)
        except UsageFault as fault:
            raise UsageFault(f"{target.path}: {fault}") from None
    return context


def end_with(code: int, contexts: Contexts) -> int:
    """Report the targets that are broken; return the exit code of a command that ended with *code*."""
    for target in contexts.broken:
        remark_at_length(f"presence-worker: target {target.name}: {target.message}")
    return int(ExitCode.USAGE) if contexts.broken else code


def owner_of(contexts: Contexts, run: KnownRun) -> RunContext | None:
    """Return by whose settings a run is judged; None: by none, such as those of a file that is broken.

    A run of no target, or of one that is gone, is judged by the common file, if the command is about all.
    """
    record = None if run.fault else run.record
    named = [each for each in contexts.each if record and each.target_name == record.target_name]
    there = [each for each in contexts.each if record and is_of_target(record, each)]
    if named or len(there) == 1:
        return (named or there)[0]
    is_about_all = contexts.common.target_name is None
    return contexts.common if is_about_all and not contexts.broken else None


def context_of_run(options: Options, run: str | None, *, offline: bool = False) -> RunContext:
    """Return the surroundings of a command that works on a *run*: those of the run's target.

    A run of a target that is gone can be reported, which is *offline*, but nothing can be sent.
    """
    set_up(options)
    targets = find_all_targets(options) if run not in (None, LAST) else None
    if targets is None or run is None:
        return context_of(options, offline=offline)
    common = build_context(load_common(options), offline=True)
    name = find_run(run, common).name
    record = next((each.record for each in common.archive.index.runs() if each.name == name), None)
    owner = record and _find_owner(record, targets, options)
    if record is None or (owner is None and offline):
        return common  # of a run that has just begun, which the command itself refuses
    if owner is None:
        gone = record.target_name or record.target
        words = f"run {name} is for {gone}, and no target is called so or leads there now"
        raise RunFault(words, next=common.command("runs"))
    return context_of(options._replace(target=owner), offline=offline)


def _find_owner(record: RunRecord, targets: TargetFiles, options: Options) -> str | None:
    """Return the name of a run's target, else of the only one with the run's address."""
    if record.target_name in targets.by_name:
        return record.target_name
    found = [str(each.target_name) for each in contexts_of(options).each if each.target == record.target]
    if len(found) > 1:
        words = f"run {record.run_id} is for {record.target}, and so are {series(found, 'and')}"
        raise RunFault(f"{words}. Name one of them with --target")
    return found[0] if found else None
