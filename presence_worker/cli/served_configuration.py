"""What the service reads of the configuration, its targets, and how it works for them."""

import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageFault
from ..events import emit_to
from ..loading import is_installed
from ..manual_pages import ManualPage
from ..notify.notifier import name_target
from ..operator_files import find_config
from ..run_context import RunContext
from ..serve.served_targets import LoadedTargets, Mark
from ..settings import Settings
from ..settings.fleet import Fleet, takes
from ..settings.serve import AccessToken, Role
from ..settings.value_types import CRON, INSTALL_CRON
from ..superoffice import open_client
from ..target_files import find_targets
from ..wording import series
from .chosen_target import choose_target, explain_misnamed, find_all_targets
from .invocation import Loaded, build_context, find_target_name, load_common, load_target
from .log import log_event
from .options import Options
from .token import digest_of

ROLES: list[Role] = ["submit", "read", "rows", "approve"]
NO_WAY_IN = (
    "serve: no way in is set. Set a token (serve.tokens, see `presence-worker token`), serve.webhook_secret, "
    "a folder ([[serve.inbox]]) or a time (job.at)"
)
MOVED = "storage.state_dir: it changed. Restart the service to use the new one"
OF_SANDBOX = "sandbox"  # the name of its token
SETTLED_AFTER = 2.0  # seconds; a file changed later than that may change again without a new time stamp


class Rehearsal(NamedTuple):
    """What `--sandbox` makes for this start."""

    settings: Settings  # that lead to the simulated SuperOffice
    token: str


class ServedConfiguration:
    """Owns what cannot change while the service works."""

    def __init__(self, options: Options, rehearsal: Rehearsal | None, *, has_front: bool = True) -> None:
        self._options = options
        self._has_front = has_front
        self._rehearsal = rehearsal
        self._state_dir: Path | None = None

    def load(self) -> LoadedTargets:
        """Read the configuration; raise UsageFault where the service cannot work with it."""
        found = _load_several(self._options) or _load_one(self._options)
        found = replace(found, each={name: _for_the_log(each) for name, each in found.each.items()})
        if self._rehearsal:
            found = _rehearse(found, self._rehearsal)
        elif self._has_front:
            _check_ways_in(found)
            _check_inboxes(found)
        self._check_state_dir(found.common.archive.state_dir)
        return found

    def mark(self) -> Mark:
        """Return what changes with the files of all targets; None where one changed just now, or is gone."""
        config = find_config(self._options.config)
        try:
            targets = find_targets(config)
            paths = [target.path for target in targets.by_name.values()] if targets else []
            found = [(str(path), path.stat()) for path in [*paths, *([config] if config else [])]]
        except (OSError, UsageFault):
            return None
        if any(abs(time.time() - file.st_mtime) < SETTLED_AFTER for _, file in found):
            return None
        return [(path, file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns) for path, file in found]

    def _check_state_dir(self, state_dir: Path) -> None:
        if self._state_dir not in (None, state_dir):
            raise UsageFault(MOVED)
        self._state_dir = state_dir


def _load_several(options: Options) -> LoadedTargets | None:
    """Return all targets where the command line names none, and there are several."""
    targets = find_all_targets(options)
    if targets is None:
        return None
    common = load_common(options)
    each: dict[str, RunContext] = {}
    broken = {path.stem: explain_misnamed(path) for path in targets.misnamed}
    for target in targets.by_name.values():
        try:
            each[target.name] = _build(load_target(target, options), target.name, common.settings.fleet)
        except UsageFault as fault:
            broken[target.name] = str(fault)
    return LoadedTargets(
        each=each, broken=broken, common=build_context(common, offline=True), serve=common.settings.serve
    )


def load_chosen(options: Options) -> Loaded:
    """Return the settings of the only target, or of the one that the command line names."""
    target = choose_target(options)
    return load_target(target, options) if target else load_common(options)


def _load_one(options: Options) -> LoadedTargets:
    loaded = load_chosen(options)
    name = loaded.target.name if loaded.target else find_target_name(loaded.settings)
    context = _build(loaded, name, loaded.settings.fleet)
    return LoadedTargets(
        each={name_target(context): context}, broken={}, common=context, serve=loaded.settings.serve
    )


def _build(loaded: Loaded, name: str, fleet: Fleet) -> RunContext:
    """Return the surroundings of runs of a target; those that other machines work for need no secrets."""
    return build_context(loaded, offline=fleet.is_used and not takes(fleet, name))


def _for_the_log(context: RunContext) -> RunContext:
    """Return the surroundings of runs that only the log hears of."""
    return replace(context, subscriber=emit_to(log_event))


def _rehearse(found: LoadedTargets, rehearsal: Rehearsal) -> LoadedTargets:
    """Let the targets lead to the simulated SuperOffice, and the token in."""
    ((name, context),) = found.each.items()
    inside = context.settings.model_copy(
        update={"target": rehearsal.settings.target, "auth": rehearsal.settings.auth}
    )
    tokens = found.serve.tokens | {OF_SANDBOX: AccessToken(sha256=digest_of(rehearsal.token), roles=ROLES)}
    return replace(
        found,
        each={name: replace(context, settings=inside, open_service=lambda: open_client(inside))},
        serve=found.serve.model_copy(update={"tokens": tokens, "four_eyes": False}),
    )


def _check_ways_in(found: LoadedTargets) -> None:
    serve = found.serve
    ways = (serve.tokens, serve.webhook_secret, serve.webhook_secret_file, serve.inbox)
    if not any(ways) and not any(each.settings.job.at for each in found.each.values()):
        raise UsageFault(NO_WAY_IN, page=ManualPage.SERVICE)


def _check_inboxes(found: LoadedTargets) -> None:
    names = found.names
    for inbox in found.serve.inbox:
        wanted = inbox.target or (names[0] if len(names) == 1 else None)
        if wanted not in names:
            words = f'"{wanted}" is not a target' if wanted else "there are several targets"
            raise UsageFault(
                f"serve.inbox: {inbox.folder}: {words}. Set target to one of them: {series(names, 'or')}",
                page=ManualPage.SERVICE,
            )


def check_installed() -> None:
    """Raise UsageFault where the extra of the service is not installed."""
    if not is_installed(CRON):
        raise UsageFault(
            f"serve: it needs one more package. Install it: {INSTALL_CRON}", page=ManualPage.SERVICE
        )
