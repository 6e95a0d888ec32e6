"""Numbers with their units, no more exact than people want them."""

SECOND = 1000  # milliseconds
EXACT = 10  # from here on, without a fraction


def milliseconds(number: float) -> str:
    """Say how long something short took."""
    return f"{number / SECOND:.1f} s" if number >= SECOND else f"{short(number)} ms"


def short(number: float) -> str:
    """Give the two digits that matter, or all before the point."""
    return f"{number:.0f}" if number >= EXACT else f"{number:.2g}"
