"""The targets that the service works for, as the configuration has them now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..clock import today
from ..errors import PresenceWorkerError, UsageFault
from ..report.run_list import Listed
from ..report.target_state import TargetState
from ..run_context import RunContext
from ..runs.each_target import BrokenTarget, judge_targets
from ..settings.fleet import takes
from ..settings.serve import Serve

Mark = Sequence[tuple[str, int, int, int, int]] | None
MOST_DRAIN = 4.0  # seconds: another machine goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTargets:
    """What one reading of the configuration gave."""

    each: Mapping[str, RunContext]  # by the names that jobs and tokens use; in the order of the configuration
    broken: Mapping[str, str]  # name: what is wrong with its file
    common: RunContext  # of what belongs to no target
    serve: Serve

    @property
    def names(self) -> list[str]:
        """Return the names of all targets, also of those that are broken."""
        return [*self.each, *self.broken]

    @property
    def places(self) -> int:
        """Return how many runs this process may have side by side."""
        return self.common.settings.fleet.runs if self.common.fleet else self.serve.runs

    def works_for(self, name: str) -> bool:
        """Return whether this machine has the secrets of a target, and carries out its jobs."""
        return self.common.fleet is None or takes(self.common.settings.fleet, name)

    @property
    def addresses(self) -> dict[str, str]:
        """Return the addresses of the targets whose jobs this machine carries out, by their names."""
        return {name: each.target for name, each in self.each.items() if self.works_for(name)}

    @property
    def drain(self) -> float | None:
        """Return the seconds that runs have to end when the service stops; None: as long as it takes."""
        drain = self.serve.drain
        if self.common.fleet is None:
            return drain
        return MOST_DRAIN if drain is None else min(drain, MOST_DRAIN)

    def context_of_messages(self, name: str) -> RunContext:
        """Return the surroundings of messages about a target; the common channels serve a broken one."""
        return self.each.get(name) or replace(self.common, target="", target_name=name)

    def judge(self, runs: Sequence[Listed]) -> list[TargetState]:
        """Return how each target is; see `judge_targets`."""
        broken = [BrokenTarget(name, words, self.common.settings) for name, words in self.broken.items()]
        return judge_targets([*self.each.values()], broken, self.common, runs)


class ServedTargets:
    """Owns what was loaded last. A common file that is broken later leaves the old settings as they are."""

    def __init__(self, load: Callable[[], LoadedTargets], mark: Callable[[], Mark] = lambda: None) -> None:
        """*mark* gives what changes with the files of the configuration, or None where that is not known."""
        self._load = load
        self._mark_of = mark
        self._mark = mark()
        self.loaded = load()
        self.problem: str | None = None  # why the last reading failed; None: it did not

    @property
    def names(self) -> list[str]:
        """Return the names of all targets, also of those that are broken."""
        return self.loaded.names

    def reload(self) -> None:
        """Read the configuration again; a fault of the common file is kept in `problem`."""
        self._mark = self._mark_of()
        try:
            self.loaded = self._load()
            self.problem = None
        except PresenceWorkerError as fault:
            self.problem = str(fault)

    def context(self, name: str) -> RunContext:
        """Return the surroundings of a run of a target, as its files are now; raise UsageFault if they fail.

        What has not changed is not read again: with a thousand targets, that takes seconds for each run.
        """
        if not self._is_fresh():
            self.reload()
        if name in self.loaded.each:
            context = self.loaded.each[name]
            return replace(context, day=today(context.settings.input.timezone))
        raise UsageFault(self.loaded.broken.get(name, f"{name} is not a target of the configuration"))

    def _is_fresh(self) -> bool:
        """Return whether all is well, and no file has changed since it was read."""
        is_well = self.problem is None and not self.loaded.broken
        return is_well and self._mark is not None and self._mark == self._mark_of()
