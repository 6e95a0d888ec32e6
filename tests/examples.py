"""How many examples a property is tried with: a quarter, and all with EXAMPLES=all, as in `.ci/run`."""

import os

ALL = os.environ.get("EXAMPLES") == "all"
FEWEST = 10


def examples(number: int) -> int:
    """Give how many of *number* examples are tried."""
    return number if ALL else max(FEWEST, number // 4)
