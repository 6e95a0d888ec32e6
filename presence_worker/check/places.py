"""Which columns of a job have, or may have, which meaning."""

from collections.abc import Mapping, Sequence

from ..intake.columns import FIRST_DAY_BACK, IDENTITIES, candidates, identity_settings
from ..intake.spelling import plain
from ..message_text import DAYS
from ..settings import Input

Places = Mapping[str, list[int]]  # setting: the columns that have, or may have, its meaning


def understood(names: Sequence[str], config: Input) -> Places:
    """Give the columns that have or may have a meaning; a configured identity is the only one."""
    ways = identity_settings(config) or [*IDENTITIES]
    places = {key: candidates(names, key, config) for key in (*ways, "status", "message", *DAYS)}
    return {key: found for key, found in places.items() if found}


def is_unclear(key: str, places: Places) -> bool:
    """Whether several columns could be *key*, or people are named in several ways: then none is chosen."""
    rivals = [way for way in IDENTITIES if way in places] if key in IDENTITIES else [key]
    return len(places[key]) > 1 or len(rivals) > 1


def missing(places: Places, config: Input) -> list[str]:
    """Give what a job must have, and has not."""
    who = [] if any(way in places for way in IDENTITIES) else ["who"]
    return who if "status" in places or config.default_status else [*who, "status"]


def is_first_day_back(names: Sequence[str], places: Places) -> bool:
    """Whether the name of the column of last days says that it has the first day back."""
    return any(plain(names[place]) in FIRST_DAY_BACK for place in places.get("until", ()))
