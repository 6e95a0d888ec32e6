"""Whether a staged job may be sent as it is: pure decisions on numbers."""

from ..errors import Held, InputRefused, UsageFault
from ..settings import Delivery, Safety


def check_reading(delivery: Delivery) -> None:
    """Raise UsageFault where every present value shall be read first, which is not available yet."""
    if delivery.read_before == "each":
        raise UsageFault("delivery.read_before: each is not available yet; use auto or off")


def too_many_invalid(invalid: int, rows: int, safety: Safety) -> InputRefused | None:
    """Give the reason to refuse a job whose rows are wrong too often, or None."""
    if not safety.max_invalid.tripped(invalid, whole=rows, floor=safety.percent_floor):
        return None
    return InputRefused(
        f"{invalid} of {rows} rows are invalid, more than safety.max_invalid ({safety.max_invalid}) allows; "
        "nothing was sent: mend the file, or its export"
    )


def too_many_changes(changes: int, users: int | None, safety: Safety) -> Held | None:
    """Give the reason to hold a job that would change too much, or None.

    *users* is the number of the service's users, None where they were not read.
    """
    if not safety.max_changes.tripped(changes, whole=users, floor=safety.percent_floor):
        return None
    return Held(
        f"{changes} changes are more than safety.max_changes ({safety.max_changes}) allows; "
        "nothing was sent: look at the report, then apply the run if it is right"
    )
