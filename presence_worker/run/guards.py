"""Whether a staged job may be sent as it is: pure decisions on numbers."""

from collections.abc import Mapping, Sequence

from ..errors import Held, InputRefused
from ..settings import MAX_CHANGES, Safety
from ..settings.quantities import Limit
from ..wording import amount, is_or_are, share


def too_many_invalid(invalid: int, rows: int, safety: Safety) -> InputRefused | None:
    """Give the reason to refuse a job whose rows are wrong too often, or None."""
    if not safety.max_invalid.is_tripped(invalid, whole=rows, floor=safety.percent_floor):
        return None
    return InputRefused(
        f"{share(invalid, rows, 'row')} invalid, more than safety.max_invalid ({safety.max_invalid}) allows; "
        "nothing was sent: correct the file, or its export"
    )


def too_many_changes(changes: Mapping[str, int], users: int | None, safety: Safety) -> Held | None:
    """Give the reason to hold a job that would change too much, or None.

    *changes* counts them by status; *users* is the number of the service's users, None where they were not
    read. Where the operator limits single statuses, the others together keep the default limit.
    """
    limits = safety.max_changes
    if isinstance(limits, Limit):
        return _held(sum(changes.values()), "", limits, users, safety)
    others = sum(number for status, number in changes.items() if status not in limits)
    judged = (_held(changes.get(s, 0), f" to {s}", limit, users, safety) for s, limit in limits.items())
    rest = _held(others, " to other statuses", MAX_CHANGES, users, safety)
    return next(filter(None, judged), rest)


def _held(number: int, to: str, limit: Limit, users: int | None, safety: Safety) -> Held | None:
    if not limit.is_tripped(number, whole=users, floor=safety.percent_floor):
        return None
    return Held(
        f"{amount(number, 'change')}{to} {is_or_are(number)} more than safety.max_changes ({limit}) allows"
    )


def too_different(differences: Sequence[str], safety: Safety) -> Held | None:
    """Give the reason to hold a job that is very different from the last one, where that is wanted."""
    if not (differences and safety.strict):
        return None
    return Held(f"the job differs from the last one: {'; '.join(differences)}")
