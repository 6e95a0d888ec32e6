"""Whom a job means that names people by login or e-mail: exactly one user, or nobody."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ..errors import InputRefused
from ..journal import Journal, Unnamed
from ..model import Reason, Result, Verdict
from ..schedule.due_rows import add_due
from ..schedule.entries import Schedule
from ..settings import Settings
from .guards import too_many_invalid
from .staging import settle_clashes

PAGE = 500  # rows read from the journal at once
MOST_NAMED = 5  # of the associates that a name may mean
Named = Mapping[str, AbstractSet[int]]  # associates by login or e-mail, without case


def resolve_identities(
    journal: Journal, named: Named, settings: Settings, earlier: Schedule | None
) -> InputRefused | None:
    """Put associates in the place of names; give why the job must be refused then, or None.

    Only now can be told who is protected, which rows ask for the same person, and what is due of what
    *earlier* jobs had asked for (None: that was added before).
    """
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
        words = f"{len(found)} associates have this name ({several}); name the associateId instead"
        return Verdict(row, Result.INVALID, Reason.AMBIGUOUS_IDENTITY, words)
    skipped = settings.input.unknown_people == "skip"
    result = Result.SKIPPED if skipped else Result.INVALID
    return Verdict(row, result, Reason.UNKNOWN_IDENTITY, "nobody in SuperOffice has this name")


def _judge_protected(row: int, number: int) -> Verdict:
    words = f"associate {number} is in safety.protected_ids"
    return Verdict(row, Result.INVALID, Reason.PROTECTED, words)


def _refusal_for_invalid(journal: Journal, settings: Settings) -> InputRefused | None:
    counts = journal.results.counts()
    strangers = sum(
        rows
        for result, reason, rows, _ in journal.results.reasons()
        if (result, reason) == (Result.INVALID, Reason.UNKNOWN_IDENTITY)
    )
    invalid = counts[Result.INVALID] - strangers
    return too_many_invalid(invalid, sum(counts.values()), settings.safety)
