"""Numbers with their units, no more exact than people want them."""

SECOND = 1000  # milliseconds
EXACT = 10  # from here on, without a fraction
FEW = 100  # seconds that are told in seconds


def seconds(number: float) -> str:
    """Say how long something took."""
    if number < FEW:
        return f"{short(number)} s"
    minutes, rest = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def milliseconds(number: float) -> str:
    """Say how long something short took."""
    return f"{number / SECOND:.1f} s" if number >= SECOND else f"{short(number)} ms"


def short(number: float) -> str:
    """Give the two digits that matter, or all before the point."""
    return f"{number:.0f}" if number >= EXACT else f"{number:.2g}"
