"""All runs of a state directory, or a part of them, by target."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from .missing import Missing, MissingData
from .run_list import Listed, UnreadableRun, correct
from .summary import Summary
from .target_state import TargetData, TargetState


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingData:
    """A list of runs as programs read it."""

    runs: Sequence[Summary | UnreadableRun]
    missing: MissingData | None
    targets: Sequence[TargetData]
    notes: Sequence[str]
    overview: str | None  # the page it was written to


class Group(NamedTuple):
    """A target, and those of its runs that are shown."""

    state: TargetState
    runs: Sequence[Listed]  # newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The runs of a state directory, or a part of them."""

    runs: Sequence[Listed]  # newest first
    targets: Sequence[TargetState] = ()  # those that need a person first; runs of no known target last
    notes: Sequence[str] = ()  # what is odd about them
    zone: str | None = None  # of all times; None: this machine's
    is_part: bool = False
    is_of_waiting: bool = False  # only of runs that wait for a person

    @property
    def missing(self) -> Missing | None:
        """The run that is missing, of the first target where one is."""
        return next((each.missing for each in self.targets if each.missing), None)

    @property
    def known_targets(self) -> list[TargetState]:
        """The targets without that of the runs that cannot be read."""
        return [each for each in self.targets if each.target]

    @property
    def shown_targets(self) -> list[TargetState]:
        """Those of the known targets that a list for people begins with."""
        return [each for each in self.known_targets if each.monitor_code or not self.is_of_waiting]

    @property
    def expected_targets(self) -> list[TargetState]:
        """The targets that are configured, and what cannot be read: it may be of one of them."""
        return [each for each in self.targets if each.expected.is_configured or not each.target]

    def of_expected_targets(self) -> "Listing":
        """Return the list without other targets, and their runs."""
        targets = self.expected_targets
        shown = {run.id for state in targets for run in state.runs}
        return replace(self, targets=targets, runs=[run for run in self.runs if run.id in shown])

    def groups(self) -> Iterator[Group]:
        """Yield each target with its runs."""
        shown = {run.id for run in self.runs}
        for state in self.targets:
            yield Group(state, [run for run in state.runs if run.id in shown])

    def as_data(self, overview: Path | None) -> ListingData:
        """Return the list as programs read it."""
        missing = self.missing
        return ListingData(
            runs=list(map(_data_of, self.runs)),
            missing=missing.as_data(self.zone) if missing else None,
            targets=[each.as_data(self.zone) for each in self.known_targets],
            notes=self.notes,
            overview=str(overview) if overview else None,
        )


def _data_of(run: Listed) -> Summary | UnreadableRun:
    return correct(run.known, run.corrected) if isinstance(run.known, Summary) else run.known
