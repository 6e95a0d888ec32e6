"""The first sentence of the first page: that all is well, or what waits for whom."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ...report.reason_texts import Owner, is_trouble, owner_of
from ...report.run_list import UNREADABLE, Listed
from ...report.target_state import TargetState
from ...run_states import State
from ...wording import amount, figure, is_or_are, plain_duration
from ..what_follows import JobTrouble

TROUBLES = {  # by the word of /readyz
    "starting": "The service is starting.",
    "stopping": "The service is stopping.",
    "configuration": "The configuration has an error. Jobs wait until it is corrected.",
    "credentials": "SuperOffice rejected the credentials. Jobs wait until they are corrected.",
    "disk": "The disk is full, or cannot be written. No job can be taken in.",
    "database": "The database cannot be reached. No job can be taken in.",
}
TROUBLES_OF_TARGETS: Mapping[str, str] = {
    JobTrouble.CONFIGURATION: "The configuration of {} has an error.",
    JobTrouble.CREDENTIALS: "SuperOffice rejected the credentials of {}.",
    JobTrouble.DISK: "The disk is full, or cannot be written. Jobs of {} wait.",
    JobTrouble.BUSY: "Another program works on {}. Its jobs wait.",
}
NONE: Mapping[str, str] = MappingProxyType({})
WAITING = {  # by state, in the order in which they are shown: of one run, of several
    State.HELD: ("1 run waits for approval.", "{} runs wait for approval."),
    State.STOPPED: ("1 run stopped early. Resume it.", "{} runs stopped early. Resume them."),
    State.REFUSED: ("1 file is refused. Its sender must correct it.", "{} files are refused. Correct them."),
    UNREADABLE: ("1 run cannot be read.", "{} runs cannot be read."),
}
LOST = ("1 job failed. Send its file again.", "{} jobs failed. Send their files again.")
NOT_READ = (
    "1 job cannot be read. The log names its file.",
    "{} jobs cannot be read. The log names their files.",
)
OLD_SETTINGS = "The configuration has an error. The service works with the settings it had before."
WELL, NO_RUN = "All is well.", "No job has been sent yet."


class LostJobs(NamedTuple):
    """How many jobs have no run, and never get one."""

    failed: int = 0
    unreadable: int = 0


ALL_JOBS = LostJobs()  # all have one, or wait


def say_how_it_is(
    states: Sequence[TargetState],
    trouble: str | None,
    pauses: Mapping[str, str] = NONE,
    at_work: int = 0,
    *,
    lost: LostJobs = ALL_JOBS,
    has_old_settings: bool = False,
) -> list[str]:
    """Return the sentences: *trouble* of the service first, then what waits; else that all is well.

    The *pauses* are the troubles of single targets. Of *lost* jobs no run began. The service *has old
    settings* where the common file cannot be read. At the end stands how many runs are at work.
    """
    waiting = [run for state in states for run in state.waiting]
    said = [TROUBLES.get(trouble, f"The service cannot work: {trouble}.")] if trouble else []
    said += [OLD_SETTINGS] if has_old_settings else []
    broken = {state.target: JobTrouble.CONFIGURATION for state in states if state.expected.broken}
    said += [*_of_targets({**pauses, **broken}), *_of_jobs(lost.failed, LOST)]
    said += [*_of_jobs(lost.unreadable, NOT_READ), *_of_runs(waiting)]
    said += [*_of_rows(waiting), *_of_missing(states)]
    said = said or [WELL if any(state.job for state in states) else NO_RUN]
    return [*said, f"{amount(at_work, 'run')} {is_or_are(at_work)} at work."] if at_work else said


def _of_targets(troubles: Mapping[str, str]) -> Iterator[str]:
    for target, trouble in troubles.items():
        if words := TROUBLES_OF_TARGETS.get(trouble):
            yield words.format(target)


def _of_jobs(number: int, words: tuple[str, str]) -> Iterator[str]:
    if number:
        yield words[0] if number == 1 else words[1].format(figure(number))


def _of_runs(waiting: Sequence[Listed]) -> Iterator[str]:
    numbers = Counter(run.state for run in waiting)
    for state, (one, several) in WAITING.items():
        if number := numbers[state]:
            yield one if number == 1 else several.format(figure(number))


def _of_rows(waiting: Sequence[Listed]) -> Iterator[str]:
    """Yield how many rows of finished runs need attention, and by whom, as far as that is known."""
    finished = [run for run in waiting if run.state == State.FINISHED]
    rows = sum(run.open_here for run in finished)
    if not rows:
        return
    shares = Counter[Owner]()
    for run in finished:
        for each in run.summary.reasons if run.summary and not run.corrected else ():
            if is_trouble(each.result, run.state):
                shares[owner_of(each.reason, each.result)] += each.rows
    whose = ", ".join(f"{who} {figure(shares[who])}" for who in Owner if shares[who])
    needs = "needs" if rows == 1 else "need"
    yield f"{amount(rows, 'row')} {needs} attention{f': {whose}' if whose else ''}."


def _of_missing(states: Sequence[TargetState]) -> Iterator[str]:
    late = [state for state in states if state.missing]
    for state in late:
        every = plain_duration(state.missing.expected_every) if state.missing else ""
        name = f" of {state.target}" if len(states) > 1 else ""
        yield f"No job{name} has finished in the last {every}."
