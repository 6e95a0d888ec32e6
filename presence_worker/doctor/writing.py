"""Whether a presence can be written: what was just read is put back, and only where somebody asked for it."""

from collections.abc import AsyncIterator
from functools import partial

from ..errors import Locked, UsageFault
from ..journal import target_lock
from ..model import Change, Result
from ..superoffice import Client
from .asking import answered, told
from .case import Case
from .findings import Said, fault, ok, warning
from .reading import asking_about

BUSY = "wait until it has ended"


async def write_back(case: Case) -> AsyncIterator[Said]:
    """Write one presence back as it is, while nobody else of us writes."""
    client, whom = case.us(), case.write_to or 0
    try:
        with target_lock(case.context.target, case.context.archive.state_dir):
            yield await _written_back(whom, client, case.settings.input.allowed_statuses)
    except Locked:
        yield warning("nothing was written: a run is at work on this SuperOffice now", BUSY)
    except UsageFault as error:
        yield fault(f"nothing was written: {error}", "give that file to the program's user")


async def _written_back(whom: int, client: Client, allowed: list[str]) -> Said:
    seen = await answered(partial(client.look, asking_about(whom)))
    if seen.seen is None:
        return fault(
            f"nothing was written: that of associate {whom} cannot be read: {told(seen)}", "name another one"
        )
    if seen.seen.status not in allowed:
        return warning(
            f"nothing was written: associate {whom} has an account state, not a presence", "name another one"
        )
    change = Change(row=0, associate_id=whom, wanted=seen.seen)
    outcome = await answered(partial(client.put, change))
    if outcome.result is Result.UPDATED:
        return ok(f"associate {whom} was written as it was, and the service confirmed it")
    if outcome.result is Result.REJECTED:
        return fault(f"associate {whom} was not written: {told(outcome)}", "have it permitted to this user")
    return fault(f"associate {whom} was not confirmed: {told(outcome)}", "look at the person in SuperOffice")
