"""What the service lets us read, and what a run makes of it."""

from collections.abc import AsyncIterator
from functools import partial

from ..model import Change, Outcome, Presence, Reason, Result
from ..superoffice import Client, is_online
from ..superoffice.online_hints import NOT_THERE
from ..superoffice.principal import NOBODY
from ..superoffice.user_query import COLUMNS_OF, UserDirectory
from ..text import counted
from .asking import answered, told
from .case import Case, Expected
from .findings import Said, fault, ok, skipped, warning

MOST_PAGES = 10  # read to count the users; a look is no census
LATER = "run doctor again later; if it stays, look at the address and at what stands in between"
PERMISSION = "have it permitted to this user, or use another one"


async def users(case: Case) -> AsyncIterator[Said]:
    """Say whether all users may be read, and how many there are."""
    census, config = UserDirectory(), case.settings.input
    outcome = await _counted(case.us(), census)
    if outcome is not None:
        yield _uncounted(outcome, [key for key in COLUMNS_OF if getattr(config, key)])
        return
    case.census = census
    number, service = len(census.users), census.service_users
    least = "" if census.is_whole else "at least "
    case.expected = case.expected or Expected(service, f"all {service} users with a presence")
    yield ok(f"{least}{counted(number, 'user')}, {service} of them active and with a part in Service")


def _uncounted(outcome: Outcome, by_name: list[str]) -> Said:
    words = f"the query of all users is not to be had: {told(outcome)}"
    if outcome.result is not Result.REJECTED:
        return fault(words, LATER)
    if by_name:
        return fault(f"{words}; input.{by_name[0]} needs it", PERMISSION)
    return warning(words, PERMISSION)


async def _counted(client: Client, census: UserDirectory) -> Outcome | None:
    """Read some pages of users; give the outcome that kept us from it, or None."""
    for _ in range(MOST_PAGES):
        outcome = await answered(partial(client.count, census, NOBODY))
        if outcome.result is not Result.NOT_SENT:
            return outcome
        if census.is_whole:
            break
    return None


async def presence(case: Case) -> AsyncIterator[Said]:
    """Say whether a presence may be read: our own, or that of somebody who has one."""
    client, whom = case.us(), _whom(case)
    if whom is None:
        yield skipped("nobody is known whose presence could be read")
        return
    outcome = await answered(partial(client.look, asking_about(whom)))
    case.shows_presence = outcome.seen is not None
    words = f"that of associate {whom} cannot be read: {told(outcome)}"
    if case.shows_presence:
        yield ok(f"that of associate {whom} can be read")
    elif outcome.stop or outcome.reason not in (Reason.REFUSED, Reason.UNKNOWN_ASSOCIATE):
        yield fault(words, LATER)
    elif is_online(case.settings.target) and outcome.http_status in NOT_THERE:
        yield fault(words, "ask SuperOffice, or the application's partner, to open it")
    else:
        yield warning(words, PERMISSION)


def _whom(case: Case) -> int | None:
    """Give whose presence is looked at: our own, unless we are known to have none."""
    own = case.principal and case.principal.associate_id
    known = case.census.users.items() if case.census else ()
    others = (number for number, user in known if user.is_active and user.has_service)
    if own and case.principal and case.principal.has_service:
        return own
    return next(others, None) or own


async def read_before(case: Case) -> AsyncIterator[Said]:
    """Say what a run would read before it writes, as things are."""
    how, census, looks = case.settings.delivery.read_before, case.census is not None, case.shows_presence
    yield READINGS[how](census, looks)


def _auto(census: bool, looks: bool) -> Said:  # noqa: FBT001 - what can be had, in the order of the table
    if census and looks:
        return ok("one query for all users, then one look at each who is not present")
    if census:
        return warning("one query for all users; comments cannot be read, nor put back by `undo`", PERMISSION)
    if looks:
        return warning("one look at each person of the file, for the query is not to be had", PERMISSION)
    return warning(
        "nothing can be read: no row would be `unchanged`, there would be no `undo`, and `plan` cannot work",
        PERMISSION,
    )


def _each(_: bool, looks: bool) -> Said:  # noqa: FBT001 - likewise
    if looks:
        return ok("one look at each person of the file")
    return fault("each person is to be looked at, which is not to be had: nothing would be sent", PERMISSION)


def _off(_: bool, __: bool) -> Said:  # noqa: FBT001 - likewise
    return ok("nothing, as delivery.read_before says: no `unchanged`, and no `undo`")


READINGS = {"auto": _auto, "each": _each, "off": _off}


def asking_about(associate_id: int) -> Change:
    """Give the change that stands for a read of somebody."""
    return Change(row=0, associate_id=associate_id, wanted=Presence(status="", message=""))
