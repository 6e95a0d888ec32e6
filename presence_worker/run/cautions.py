"""What earlier runs leave in doubt for a later one: said in a note, for only people can look."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import structlog

from ..errors import PresenceWorkerError
from ..journal import JOURNAL, Journal, KnownRun, RunRecord, made_ago
from ..run_context import RunContext
from ..schedule.history import earlier_than
from ..wording import amount

MOST_NAMED = 10  # associates
NOT_KNOWN = "It is not known what became of a request of an earlier run for"
MAY_COME = (
    f"{NOT_KNOWN} {{users}}. SuperOffice may still carry it out and overwrite what this run has set. Check "
    "{whom} in SuperOffice: {names}"
)
log = structlog.get_logger()


def unanswered(journal: Journal, context: RunContext) -> str | None:
    """Return a note on the users whom this run has set, and an earlier one left `unknown`; None for none.

    A request without a certain outcome may still be carried out. Runs older than safety.max_resume_age do
    not count: no request is on its way that long.
    """
    left = _left_unknown(journal.run(), context)
    users = sorted({user for user in journal.results.written_associates() if user in left}) if left else []
    if not users:
        return None
    names = ", ".join(map(str, users[:MOST_NAMED])) + (", …" if len(users) > MOST_NAMED else "")
    whom = "this user" if len(users) == 1 else "these users"
    return MAY_COME.format(users=amount(len(users), "user"), whom=whom, names=names)


def _left_unknown(run: RunRecord, context: RunContext) -> set[int]:
    """Return the associates whose newest request of an earlier run has no certain outcome."""
    unknown: set[int] = set()
    for earlier in _recent(run, context):
        if not (unknown or earlier.to_send):
            continue
        try:
            with closing(Journal.open(earlier.folder / JOURNAL)) as journal:
                unknown -= {user for user in journal.results.written_associates() if user in unknown}
                unknown |= set(journal.results.unanswered())
        except PresenceWorkerError as error:  # the note is help, no guarantee
            log.warning("run.unreadable", earlier=earlier.folder.name, detail=str(error))
    return unknown


def _recent(run: RunRecord, context: RunContext) -> Iterator[KnownRun]:
    """Yield the target's runs before *run* that may be young, oldest first.

    How old a run is whose clock was behind that of a run before it is not known.
    """
    oldest = made_ago(context.settings.safety.max_resume_age)
    latest = datetime.min.replace(tzinfo=UTC)
    for earlier in reversed(earlier_than(run.run_id, context)):
        if earlier.fault or earlier.record.target != run.target:
            continue
        began = datetime.fromisoformat(earlier.record.created_at)
        if began >= oldest or began < latest:
            yield earlier
        latest = max(latest, began)
