"""What `check` says of a job that can be read: how many of its rows can be sent now."""

from collections.abc import Mapping

from ..model import Result
from ..wording import share


def prospects(counts: Mapping[str, int], *, by_name: bool) -> str:
    """Say in one sentence what `run` would do with the rows; *by_name* people are looked up only then."""
    rows, invalid, skipped = sum(counts.values()), counts[Result.INVALID], counts[Result.SKIPPED]
    if invalid:
        return f"{share(invalid, rows, 'row')} invalid; {_of_the_others(rows - invalid, skipped)}"
    if rows == skipped:
        who = "The one row asks for nothing" if rows == 1 else f"None of the {rows} rows asks for anything"
        return f"{who} now"
    sent = rows - skipped
    known = f", if SuperOffice knows whom {'they name' if sent > 1 else 'it names'}" if by_name else ""
    if skipped:
        return f"{sent} of {rows} rows can be sent now{known}; {_nothing_now(skipped)}"
    return f"{f'All {rows} rows' if rows > 1 else 'The one row'} can be sent{known}"


def _of_the_others(valid: int, skipped: int) -> str:
    if valid == skipped:
        return "nothing is left to send"
    if skipped:
        return f"`run` would send {valid - skipped}, and {_nothing_now(skipped)}"
    return "`run` would send the others" if valid > 1 else "`run` would send the other"


def _nothing_now(skipped: int) -> str:
    return "the others ask for nothing now" if skipped > 1 else "the other asks for nothing now"
