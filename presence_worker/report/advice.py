"""What to do now: decided in one place, for the words of terminal and page and for the command to copy."""

from enum import StrEnum

from ..journal import Reader
from ..model import Reason, Result, State

MOVED = (Reason.MOVED_SINCE_PLAN, Reason.MOVED_SINCE_RUN)


class NextStep(StrEnum):
    """Something to do, in words."""

    CHECK = "mend the file and check it"
    APPLY = "look at what would be changed; if it is right, apply the run"
    RESUME = "resume the run"
    MEND = "mend failed.csv and run it"
    LOOK_AGAIN = "somebody changed what was read: plan failed.csv before you overwrite it"
    SCHEDULE = "look at `schedule`: what follows from earlier files is not done"


def next_steps(journal: Reader, state: str) -> list[NextStep]:
    """Give what is to be done after a run that ended in a state, in this order; none after a good night."""
    if state == State.REFUSED:
        return [NextStep.CHECK]
    unsettled = journal.to_send()
    if state in (State.PLANNED, State.HELD):
        return [NextStep.APPLY] if unsettled else []
    return [*([NextStep.RESUME] if unsettled else []), *_of_what_is_wrong(journal)]


def advice(journal: Reader, state: str) -> str:
    """Say the same in sentences, empty where nothing is to be done."""
    said = [f"then {step}" if number else step for number, step in enumerate(next_steps(journal, state))]
    return " ".join(f"{words[:1].upper()}{words[1:]}." for words in said)


def _of_what_is_wrong(journal: Reader) -> list[NextStep]:
    counts, to_mend = journal.counts(), journal.to_mend()
    is_moved = any(reason in MOVED for _, reason, *_ in journal.reasons())
    others = counts[Result.INVALID] + counts[Result.REJECTED] - to_mend
    mend = [NextStep.LOOK_AGAIN if is_moved else NextStep.MEND] if to_mend else []
    return [*mend, *([NextStep.SCHEDULE] if others else [])]
