"""When a message is due: how a command ended, beside what was sent last, is a message or nothing."""

from typing import NamedTuple

from ..run_states import State
from ..settings.notify import Policy

PLANS_TO_REPORT = (State.HELD, State.REFUSED)


class Occurrence(NamedTuple):
    """What happened to a target: a command ended, or a job is late."""

    state: str
    exit_code: int | None  # None: a job is late
    began: str | None  # the run, UTC, ISO 8601; of a late job, the last one that finished
    reasons: frozenset[str] = frozenset()
    is_job: bool = False  # the run has a file of its own, so that no job is late after it
    is_plan: bool = False  # nothing was to be sent

    @property
    def trouble(self) -> tuple[int | None, frozenset[str]]:
        """What makes two troubles the same."""
        return self.exit_code, self.reasons

    @property
    def is_late(self) -> bool:
        """Return whether no command ended, but a timer found that a job is late."""
        return self.exit_code is None


class LastTrouble(NamedTuple):
    """The trouble that a channel has sent last, and that is not over."""

    exit_code: int | None  # None: a job is late
    reasons: tuple[str, ...]
    since: str | None  # when its first run began
    sent_at: float  # seconds since 1970
    kept_back: int = 0  # how often it was not sent since then
    late_since: str | None = None  # of the job that was late last
    times_late: int = 0  # how often that one was sent

    @property
    def trouble(self) -> tuple[int | None, frozenset[str]]:
        """What makes two troubles the same."""
        return self.exit_code, frozenset(self.reasons)


class Decision(NamedTuple):
    """What a channel does: whether a message is due, what it says of the time before, what to remember."""

    is_due: bool
    memory: LastTrouble | None  # None: all is well
    since: str | None = None
    repeated: int = 0
    is_well_again: bool = False
    times_late: int = 0  # how often the same late job is sent, with this message


def decide(
    happened: Occurrence, last: LastTrouble | None, *, on: Policy, repeat: float, now: float
) -> Decision:
    """Return what a channel sends; *last* is what it sent, *repeat* and *now* are seconds."""
    is_silent_plan = happened.is_plan and happened.state not in PLANS_TO_REPORT
    if on == "never" or is_silent_plan:
        return Decision(is_due=False, memory=last)
    if happened.exit_code == 0:
        return _decide_on_success(happened, last, on)
    is_same = last is not None and last.trouble == happened.trouble
    may_keep_back = on == "trouble" or happened.is_late  # a timer finds the same late job again and again
    if last and is_same and may_keep_back and 0 <= now - last.sent_at < repeat:
        return Decision(is_due=False, memory=last._replace(kept_back=last.kept_back + 1))
    since = last.since if last and is_same else happened.began
    memory = LastTrouble(
        exit_code=happened.exit_code,
        reasons=tuple(sorted(happened.reasons)),
        since=since,
        sent_at=now,
        late_since=last.late_since if last else None,
        times_late=last.times_late if last else 0,
    )
    if happened.is_late:
        memory = _count_late(memory, happened.began)
    repeated = last.kept_back if last else 0
    return Decision(is_due=True, memory=memory, since=since, repeated=repeated, times_late=memory.times_late)


def _count_late(memory: LastTrouble, since: str | None) -> LastTrouble:
    """Return a memory with one more message about a late job, also after other trouble: ids must differ."""
    is_same = memory.late_since == since
    return memory._replace(late_since=since, times_late=memory.times_late + 1 if is_same else 1)


def _decide_on_success(happened: Occurrence, last: LastTrouble | None, on: Policy) -> Decision:
    is_over = last is not None and (happened.is_job or last.exit_code is not None)
    if last and is_over:
        return Decision(
            is_due=True, memory=None, since=last.since, repeated=last.kept_back, is_well_again=True
        )
    return Decision(is_due=on == "all", memory=last)
