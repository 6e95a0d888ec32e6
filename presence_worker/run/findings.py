"""What was read of the present values, on its way into the journal."""

import structlog

from ..journal import Finding, Journal, Wish
from ..model import Intent, Presence, Verdict
from ..run_context import RunContext
from .verdicts import judged

log = structlog.get_logger()


class Findings:
    """Owns what was found out and is not on disk yet; it is written in groups."""

    def __init__(self, journal: Journal, context: RunContext, moved_by: Intent | None) -> None:
        self._journal = journal
        self._progress = context.progress
        self._moved_by = moved_by
        self._findings: list[Finding] = []
        self._verdicts: list[Verdict] = []
        self._notes: list[str] = []

    def add(self, wish: Wish, seen: Presence, *, knows_comment: bool) -> None:
        """Take in what somebody holds now, and what follows from it."""
        self._findings.append(Finding(wish.row, seen.status, seen.message if knows_comment else None))
        if verdict := judged(wish, seen, self._moved_by, knows_comment=knows_comment):
            self._verdicts.append(verdict)

    def settle(self, verdict: Verdict) -> None:
        """Take in that a row is settled."""
        self._verdicts.append(verdict)

    def forget(self, row: int) -> None:
        """Leave out what was taken in of a row and is not on disk yet."""
        self._findings = [finding for finding in self._findings if finding.row != row]
        self._verdicts = [verdict for verdict in self._verdicts if verdict.row != row]

    def note(self, words: str) -> None:
        """Let whoever reads the report, the log or the terminal know."""
        log.warning("read.without", words=words)
        self._progress.remark(words)
        self._notes.append(words)

    def write(self) -> None:
        """Put all that was taken in on disk."""
        if not (self._findings or self._verdicts or self._notes):
            return
        with self._journal.transaction():
            self._journal.found(self._findings)
            self._journal.settle(self._verdicts)
            if self._notes:
                self._journal.describe(notes=[*self._journal.run().notes, *self._notes])
        for waiting in (self._findings, self._verdicts, self._notes):
            waiting.clear()
