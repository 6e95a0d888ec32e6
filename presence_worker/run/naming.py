"""Whom a job means that names people by login or e-mail: exactly one user, or nobody."""

from collections.abc import Mapping

from ..errors import InputRefused
from ..journal import Journal
from ..model import Reason, Result, Verdict
from ..settings import Settings
from .guards import too_many_invalid
from .staging import settle_clashes

MOST_NAMED = 5  # of the associates that a name may mean
Named = Mapping[str, set[int]]  # associates by login or e-mail, without case


def find_people(journal: Journal, named: Named, settings: Settings) -> InputRefused | None:
    """Put associates in the place of names; give why the job must be refused then, or None.

    Only now can be told who is protected, and which rows ask for the same person.
    """
    people: list[tuple[int, int]] = []
    verdicts: list[Verdict] = []
    for row, name in journal.identities():
        found = named.get(name) or set()
        if len(found) == 1:
            people.append((row, min(found)))
        else:
            verdicts.append(_nobody(row, found, settings))
    protected = frozenset(settings.safety.protected_ids)
    verdicts += [_protected(row, number) for row, number in people if number in protected]
    with journal.transaction():
        journal.name(people)
        journal.settle(verdicts)
        settle_clashes(journal, settings)
    return _too_many(journal, settings)


def _nobody(row: int, found: set[int], settings: Settings) -> Verdict:
    if found:
        several = ", ".join(map(str, sorted(found)[:MOST_NAMED]))
        words = f"{len(found)} associates have this name ({several}); name the associateId instead"
        return Verdict(row, Result.INVALID, Reason.AMBIGUOUS_IDENTITY, words)
    skipped = settings.input.unknown_people == "skip"
    result = Result.SKIPPED if skipped else Result.INVALID
    return Verdict(row, result, Reason.UNKNOWN_IDENTITY, "nobody in SuperOffice has this name")


def _protected(row: int, number: int) -> Verdict:
    words = f"associate {number} is in safety.protected_ids"
    return Verdict(row, Result.INVALID, Reason.PROTECTED, words)


def _too_many(journal: Journal, settings: Settings) -> InputRefused | None:
    counts = journal.counts()
    strangers = sum(
        rows
        for result, reason, rows, _ in journal.reasons()
        if (result, reason) == (Result.INVALID, Reason.UNKNOWN_IDENTITY)
    )
    invalid = counts[Result.INVALID] - strangers
    return too_many_invalid(invalid, sum(counts.values()), settings.safety)
