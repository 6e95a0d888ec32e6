"""All users of the service, and whom a job means that names people by login or e-mail."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

import structlog

from ..delivery import Halt, Policy
from ..errors import InputRefused, Stopped, Suspect
from ..journal import Journal, Unnamed
from ..model import Change, Outcome, Presence, Reason, Result, Verdict
from ..run_context import RunContext
from ..runs.lookup import earlier_than
from ..schedule.due_rows import add_due
from ..schedule.history import read_schedule
from ..settings import Settings
from ..superoffice import Client
from ..superoffice.user_query import COLUMNS_OF, UserDirectory
from .guards import too_many_invalid
from .staging import settle_clashes

PAGE = 500  # rows read from the journal at once
NOT_FOUND = 404
NO_USER = Change(row=0, associate_id=0, wanted=Presence(status="", message=""))  # whom the query is about
NO_NAMES = "logins and e-mail addresses cannot be found: SuperOffice does not list all users"
MOST_NAMED = 5  # of the users that a name may mean
Named = Mapping[str, AbstractSet[int]]  # associates by login or e-mail, without case
log = structlog.get_logger()


async def fetch_users(
    column: str | None, client: Client, policy: Policy, halt: Halt
) -> tuple[UserDirectory | None, Outcome | None]:
    """Return all users, or what kept us from reading them; a *column* has the names by which to find them."""
    directory = UserDirectory(*(COLUMNS_OF[column] if column else ()))
    pipeline = policy.pipeline(partial(client.fetch_users, directory))
    with halt.scope():
        while not directory.is_whole and not halt.reason:
            outcome = await pipeline.settle(NO_USER)
            if outcome.result is not Result.NOT_SENT and not halt.reason:
                return None, outcome
        if directory.is_whole:
            log.info("read.users", users=len(directory.users))
    return None if halt.reason else directory, None


def lack_of_users(trouble: Outcome | None) -> Stopped:
    """Return the error for a job that names people, where the users were not read."""
    is_elsewhere = trouble is not None and (trouble.html or trouble.http_status == NOT_FOUND)
    return Stopped(
        f"{NO_NAMES}; is target.base_url right?" if is_elsewhere else NO_NAMES,
        suspect=Suspect.TARGET if is_elsewhere else None,
    )


def resolve_identities(named: Named, journal: Journal, context: RunContext) -> InputRefused | None:
    """Put associates in the place of names; give why the job must be refused then, or None.

    Only now it is known who is protected, which rows ask for the same person, and which rows of earlier jobs
    are due.
    """
    run, settings, index = journal.run(), context.settings, context.archive.index
    was_added = run.input.scheduled is not None  # before this run was resumed
    earlier = None if was_added else read_schedule(earlier_than(run.run_id, index.runs(run.target)), context)
    with journal.transaction():
        for rows in journal.by_person.identities(PAGE):
            _resolve_page(journal, rows, named, settings)
        settle_clashes(journal, settings)
        refused = _refusal_for_invalid(journal, settings)
        if not refused and earlier is not None:
            add_due(journal, earlier, settings)
            settle_clashes(journal, settings)
    return refused


def _resolve_page(journal: Journal, rows: Sequence[Unnamed], named: Named, settings: Settings) -> None:
    meant = [(each, named.get(each.known_as, frozenset())) for each in rows]
    people = [(each, min(found)) for each, found in meant if len(found) == 1]
    protected = frozenset(settings.safety.protected_ids)
    journal.by_person.set_associates((each.row, number) for each, number in people)
    journal.rows.mark_settled(
        _judge_unresolved(each.row, found, settings)
        for each, found in meant
        if len(found) != 1 and (each.valid or (each.withdraws and found))
    )
    journal.rows.mark_settled(
        _judge_protected(each.row, number) for each, number in people if each.valid and number in protected
    )


def _judge_unresolved(row: int, found: AbstractSet[int], settings: Settings) -> Verdict:
    if found:
        several = ", ".join(map(str, sorted(found)[:MOST_NAMED]))
        words = f"{len(found)} users have this name ({several}); use the associate ID instead"
        return Verdict(row, Result.INVALID, Reason.AMBIGUOUS_IDENTITY, words)
    skipped = settings.input.unknown_people == "skip"
    result = Result.SKIPPED if skipped else Result.INVALID
    return Verdict(
        row, result, Reason.UNKNOWN_IDENTITY, "no SuperOffice user has this login or e-mail address"
    )


def _judge_protected(row: int, number: int) -> Verdict:
    words = f"user {number} is in safety.protected_ids"
    return Verdict(row, Result.INVALID, Reason.PROTECTED, words)


def _refusal_for_invalid(journal: Journal, settings: Settings) -> InputRefused | None:
    counts = journal.results.counts()
    strangers = sum(
        rows
        for result, reason, rows, *_ in journal.results.reasons()
        if (result, reason) == (Result.INVALID, Reason.UNKNOWN_IDENTITY)
    )
    invalid = counts[Result.INVALID] - strangers
    return too_many_invalid(invalid, sum(counts.values()), settings.safety)
