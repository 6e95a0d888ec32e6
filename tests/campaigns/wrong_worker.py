"""Workers that are deliberately wrong: what a campaign must find, or it finds nothing.

python -m tests.campaigns.wrong_worker outcome-before-answer run job.csv …
"""

import sys
from collections.abc import Callable
from pathlib import Path

import anyio

from presence_worker.cli.main import main
from presence_worker.fleet import group_writer, run_file
from presence_worker.fleet.held_target import HeldTarget
from presence_worker.journal import Journal, LocalOutbox, now
from presence_worker.model import Change, Outcome, Result
from presence_worker.run import commands
from presence_worker.run.sending import Recorder

HOPED = Outcome(result=Result.UPDATED, http_status=200, attempts=0, wire_puts=0)


def write_before_the_answer() -> None:
    """Write that a row is updated when it is handed out."""
    honest = LocalOutbox.take

    def take(self: LocalOutbox, after: int, most: int) -> list[Change]:
        page = honest(self, after, most)
        self.record([(change.row, HOPED, now()) for change in page])
        return page

    LocalOutbox.take = take  # type: ignore[method-assign]  # wrong on purpose


def never_sync() -> None:
    """Leave it to the disk when it writes."""
    honest = Journal.__init__

    def begin(self: Journal, path: Path | str, *, read_only: bool = False, is_copy: bool = False) -> None:
        honest(self, path, read_only=read_only, is_copy=is_copy)
        self._db.execute("PRAGMA synchronous = OFF")

    Journal.__init__ = begin  # type: ignore[method-assign]  # wrong on purpose


def write_at_the_end() -> None:
    """Write no outcome before the delivery is over."""

    async def run(_: Recorder, __: object) -> None:
        await anyio.sleep_forever()

    Recorder.run = run  # type: ignore[assignment,method-assign]  # wrong on purpose


def never_check_the_job() -> None:
    """Begin a run of a job without asking whether it has one."""
    commands.check_not_begun = lambda *_: None  # type: ignore[attr-defined]  # wrong on purpose


def never(self: HeldTarget, *_: object) -> None:
    """Take no notice that the target is another's."""


def never_check_the_token() -> None:
    """Go on with a target however long ago it was ours, and write as if it still were."""
    HeldTarget.may_send = lambda _: True  # type: ignore[assignment,method-assign]  # wrong on purpose
    HeldTarget.check = never  # type: ignore[assignment,method-assign]  # wrong on purpose
    HeldTarget.lose = never  # type: ignore[method-assign]  # wrong on purpose
    start, end = group_writer.WRITE.index("held AS ("), group_writer.WRITE.index("), written AS")
    unchecked = "held AS (SELECT target, token, NULL AS stop_by FROM asked WHERE %s <> ''"
    group_writer.WRITE = group_writer.WRITE[:start] + unchecked + group_writer.WRITE[end:]
    run_file.HOLD = "UPDATE lease SET run_id = %s WHERE target = %s AND %s + length(%s) > 0"


WRONGS: dict[str, Callable[[], None]] = {
    "outcome-before-answer": write_before_the_answer,
    "no-sync": never_sync,
    "outcomes-at-the-end": write_at_the_end,
    "no-check-of-job": never_check_the_job,
    "no-token": never_check_the_token,
}

if __name__ == "__main__":
    WRONGS[sys.argv.pop(1)]()
    main()
