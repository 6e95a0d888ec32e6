"""Rows whose answer turns out to be another's after it was taken: they are read back."""

import structlog

from ..delivery import Halt, deliver, source_of
from ..delivery.policy import Tries
from ..journal import Journal
from ..model import Change, Outcome, Reason, Result, Trouble
from ..superoffice import Client
from .recorder import Recorder

IN_DOUBT = Outcome(
    result=Result.UNKNOWN,
    reason=Reason.BAD_ANSWER,
    detail="more answers came than requests went out; this row's may be another's",
    attempts=0,
    wire_puts=0,
    trouble=Trouble.OWN,  # not its last outcome: the row is read back
)
log = structlog.get_logger()


class Doubts:
    """Owns the rows that are to be read back. Until they are, the journal has them as unknown."""

    def __init__(self, journal: Journal, client: Client, recorder: Recorder, halt: Halt) -> None:
        self._journal = journal
        self._client = client
        self._recorder = recorder
        self._halt = halt
        self._rows: dict[int, Change] = {}

    def look(self) -> None:
        """Look out for doubts, between two rows."""
        if doubted := self._client.take_doubted():
            self._take(doubted)

    async def settle(self, tries: Tries, *, workers: int) -> None:
        """Read all of them back, and send again what is not proven; call it when nothing else is sent."""
        self._take(await self._client.take_last_doubted())
        while self._rows and not self._halt.reason:
            rows, self._rows = self._rows, {}
            await deliver(source_of(rows.values()), tries, self._settled, self._halt, workers=workers)
            self._take(await self._client.take_last_doubted())

    def _take(self, associates: set[int]) -> None:
        if not associates:
            return
        for change in self._journal.sessions.changes_of(associates):
            log.warning("row.in_doubt", row=change.row, associate_id=change.associate_id)
            self._rows[change.row] = change
            self._recorder.add(change.row, IN_DOUBT)

    def _settled(self, change: Change, outcome: Outcome) -> None:
        log.warning("row.read_back", row=change.row, associate_id=change.associate_id, result=outcome.result)
        self._recorder.add(change.row, outcome)
