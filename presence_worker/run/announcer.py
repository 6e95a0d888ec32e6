"""What a run tells its subscribers: each event is made here, with the run's id and its target."""

from ..events import (
    Activity,
    Announced,
    Emit,
    Noted,
    RowRead,
    RowSettled,
    StepEnded,
    StepStarted,
    Stopping,
    Topic,
)
from ..journal import Journal, RunRecord
from ..model import Result
from .guards import comparison_notes, same_file_warning


def requests_in_all(journal: Journal, *, more: int, gets: int) -> int:
    """Return the requests of a run: *more* behind the *gets* of this session, and all of earlier ones."""
    return more + gets + journal.sessions.work().gets + journal.results.puts()[0]


class Announcer:
    """Owns the name of a run in its events, and the figures of the step it is at."""

    def __init__(self, emit: Emit, run_id: str, target: str, to_send: int = 0) -> None:
        self.emit = emit
        self.run_id = run_id
        self.target = target
        self.total = to_send
        self.done = 0  # rows of the step
        self.activity: Activity | None = None  # none between two steps

    def begin(self, activity: Activity, total: int) -> None:
        """Begin a step of *total* rows."""
        self.activity, self.total, self.done = activity, total, 0
        self.emit(StepStarted(run_id=self.run_id, target=self.target, activity=activity, total=total))

    def end(self) -> None:
        """End the step."""
        if self.activity is not None:
            self.emit(StepEnded(run_id=self.run_id, target=self.target, activity=self.activity))
            self.activity = None

    def row_read(self, row: int, *, is_known: bool) -> None:
        """Emit that a row's present value was looked at."""
        self.done += 1
        self.emit(RowRead(run_id=self.run_id, target=self.target, row=row, is_known=is_known))

    def row_settled(self, row: int, result: Result) -> None:
        """Emit what became of a row."""
        self.done += 1
        self.emit(RowSettled(run_id=self.run_id, target=self.target, row=row, result=result))

    def note(self, words: str, topic: Topic, *, is_warning: bool = False) -> None:
        """Emit something that should be known beside the results."""
        self.emit(
            Noted(
                run_id=self.run_id,
                target=self.target,
                words=words,
                topic=topic,
                is_warning=is_warning,
            )
        )

    def note_all(self, run: RunRecord) -> None:
        """Emit all notes of a run that was staged."""
        about_last = comparison_notes(run.compared) if run.compared else []
        warning = same_file_warning(run.compared) if run.compared else None
        for words in run.notes:
            topic = Topic.COMPARISON if words in about_last else Topic.JOB
            self.note(words, topic, is_warning=words == warning)

    def announce(self, requests: int, rate: float, *, is_final: bool) -> None:
        """Emit how many requests the run takes in all, and how long they take at the configured *rate*."""
        self.emit(
            Announced(
                run_id=self.run_id,
                target=self.target,
                requests=requests,
                seconds=round(requests / rate, 1),
                rate=rate,
                is_final=is_final,
            )
        )

    def stop_soon(self, words: str) -> None:
        """Emit that the run was told to stop."""
        self.emit(Stopping(run_id=self.run_id, target=self.target, words=words))
