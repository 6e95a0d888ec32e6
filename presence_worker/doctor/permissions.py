"""What the service lets us read and, only where somebody asks for that, write."""

from collections.abc import AsyncIterator
from functools import partial
from typing import NamedTuple

from ..errors import Locked, UsageFault
from ..journal import target_lock
from ..model import Change, Outcome, Presence, Reason, Result
from ..superoffice import Client, is_online
from ..superoffice.online_hints import NOT_THERE
from ..superoffice.read_answers import NOBODY
from ..superoffice.user_query import COLUMNS_OF, UserDirectory
from ..wording import amount
from .probe import CheckResult, ExpectedJob, Probe, ask_service, fault, ok, reason_of, skipped, warning

MOST_PAGES = 10  # read to count the users; a look is no census
LATER = "run doctor again later; if it stays, look at the address and at what stands in between"
BUSY = "wait until it has ended"
PERMISSION = "have it permitted to this user, or use another one"


async def users(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether all users may be read, and how many there are."""
    directory, config = UserDirectory(), probe.settings.input
    client = probe.us()
    before = client.gets
    outcome = await _count_users(client, directory)
    if outcome is not None:
        yield _judge_refusal(outcome, [key for key in COLUMNS_OF if getattr(config, key)])
        return
    probe.users, probe.pages = directory, client.gets - before
    number, service = len(directory.users), directory.service_users
    least = "" if directory.is_whole else "at least "
    probe.expected = probe.expected or ExpectedJob(service, f"all {service} users with a presence")
    yield ok(f"{least}{amount(number, 'user')}, {service} of them active and with a part in Service")


def _judge_refusal(outcome: Outcome, by_name: list[str]) -> CheckResult:
    words = f"the query of all users is not to be had: {reason_of(outcome)}"
    if outcome.result is not Result.REJECTED:
        return fault(words, LATER)
    if by_name:
        return fault(f"{words}; input.{by_name[0]} needs it", PERMISSION)
    return warning(words, PERMISSION)


async def _count_users(client: Client, directory: UserDirectory) -> Outcome | None:
    """Read some pages of users; give the outcome that kept us from it, or None."""
    for _ in range(MOST_PAGES):
        outcome = await ask_service(partial(client.fetch_users, directory, NOBODY))
        if outcome.result is not Result.NOT_SENT:
            return outcome
        if directory.is_whole:
            break
    return None


async def presence(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether a presence may be read: our own, or that of somebody who has one."""
    client, whom = probe.us(), _whom(probe)
    if whom is None:
        yield skipped("nobody is known whose presence could be read")
        return
    outcome = await ask_service(partial(client.get, read_of(whom)))
    probe.shows_presence = outcome.seen is not None
    words = f"that of associate {whom} cannot be read: {reason_of(outcome)}"
    if probe.shows_presence:
        yield ok(f"that of associate {whom} can be read")
    elif outcome.stop or outcome.reason not in (Reason.REFUSED, Reason.UNKNOWN_ASSOCIATE):
        yield fault(words, LATER)
    elif is_online(probe.settings.target) and outcome.http_status in NOT_THERE:
        yield fault(words, "ask SuperOffice, or the application's partner, to open it")
    else:
        yield warning(words, PERMISSION)


def _whom(probe: Probe) -> int | None:
    """Return whose presence is looked at: our own, unless we are known to have none."""
    own = probe.principal and probe.principal.associate_id
    known = probe.users.users.items() if probe.users else ()
    others = (number for number, user in known if user.is_active and user.has_service)
    if own and probe.principal and probe.principal.has_service:
        return own
    return next(others, None) or own


class Readable(NamedTuple):
    """What the service lets us read."""

    users: bool  # all of them, in one query
    looks: bool  # single presences


async def read_before(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check what a run would read before it writes, as things are."""
    readable = Readable(users=probe.users is not None, looks=probe.shows_presence)
    yield READINGS[probe.settings.delivery.read_before](readable)


def _auto(readable: Readable) -> CheckResult:
    if readable.users and readable.looks:
        return ok("one query for all users, then one look at each who is not present")
    if readable.users:
        return warning("one query for all users; comments cannot be read, nor put back by `undo`", PERMISSION)
    if readable.looks:
        return warning("one look at each person of the file, for the query is not to be had", PERMISSION)
    return warning(
        "nothing can be read: no row would be `unchanged`, there would be no `undo`, and `plan` cannot work",
        PERMISSION,
    )


def _query(readable: Readable) -> CheckResult:
    if not readable.users:
        return _auto(readable)
    return ok("one query for all users; comments are not read, and `undo` puts back the status alone")


def _each(readable: Readable) -> CheckResult:
    if readable.looks:
        return ok("one look at each person of the file")
    return fault("each person is to be looked at, which is not to be had: nothing would be sent", PERMISSION)


def _off(_: Readable) -> CheckResult:
    return ok("nothing, as delivery.read_before says: no `unchanged`, and no `undo`")


READINGS = {"auto": _auto, "each": _each, "query": _query, "off": _off}


def read_of(associate_id: int) -> Change:
    """Return the change that stands for a read of somebody."""
    return Change(row=0, associate_id=associate_id, wanted=Presence(status="", message=""))


async def write_back(probe: Probe) -> AsyncIterator[CheckResult]:
    """Write one presence back as it is, while nobody else of us writes."""
    client, whom = probe.us(), probe.write_to or 0
    try:
        with target_lock(probe.context.target, probe.context.archive.state_dir):
            yield await _write_back(whom, client, probe.settings.input.allowed_statuses)
    except Locked:
        yield warning("nothing was written: a run is at work on this SuperOffice now", BUSY)
    except UsageFault as error:
        yield fault(f"nothing was written: {error}", "give that file to the program's user")


async def _write_back(whom: int, client: Client, allowed: list[str]) -> CheckResult:
    seen = await ask_service(partial(client.get, read_of(whom)))
    if seen.seen is None:
        return fault(
            f"nothing was written: that of associate {whom} cannot be read: {reason_of(seen)}",
            "name another one",
        )
    if seen.seen.status not in allowed:
        return warning(
            f"nothing was written: associate {whom} has an account state, not a presence", "name another one"
        )
    change = Change(row=0, associate_id=whom, wanted=seen.seen)
    outcome = await ask_service(partial(client.put, change))
    if outcome.result is Result.UPDATED:
        return ok(f"associate {whom} was written as it was, and the service confirmed it")
    if outcome.result is Result.REJECTED:
        return fault(
            f"associate {whom} was not written: {reason_of(outcome)}", "have it permitted to this user"
        )
    return fault(
        f"associate {whom} was not confirmed: {reason_of(outcome)}", "look at the person in SuperOffice"
    )
