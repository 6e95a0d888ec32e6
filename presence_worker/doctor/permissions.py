"""Checks of what SuperOffice lets us read and, where --write-check asks for it, write."""

from collections.abc import AsyncIterator
from functools import partial
from typing import NamedTuple

from ..errors import Locked, UsageFault
from ..model import Change, Outcome, Presence, Reason, Result
from ..superoffice import Client, is_online
from ..superoffice.online_hints import NOT_THERE
from ..superoffice.read_answers import NO_CHANGE
from ..superoffice.user_query import COLUMNS_OF, UserDirectory
from ..wording import amount, figure
from .probe import CheckResult, ExpectedJob, Probe, ask_service, fault, ok, reason_of, skipped, warning

MOST_PAGES = 10  # read to count the users; that is enough for most companies
LATER = "run doctor again later; if it stays, check the address, the proxy and the firewall"
BUSY = "wait until it ends"
PERMISSION = "ask the CRM administrator to give this user the right, or use another user"


async def users(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the list of all users can be read, and count them."""
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
    probe.expected = probe.expected or ExpectedJob(service, f"all {figure(service)} users of Service")
    yield ok(f"{least}{amount(number, 'user')}, {figure(service)} of them active with access to Service")


def _judge_refusal(outcome: Outcome, by_name: list[str]) -> CheckResult:
    words = f"the list of all users is not available: {reason_of(outcome)}"
    if outcome.result is not Result.REJECTED:
        return fault(words, LATER)
    if by_name:
        return fault(f"{words}. input.{by_name[0]} needs this list", PERMISSION)
    return warning(words, PERMISSION)


async def _count_users(client: Client, directory: UserDirectory) -> Outcome | None:
    """Read some pages of users; return the outcome that stopped it, or None."""
    for _ in range(MOST_PAGES):
        outcome = await ask_service(partial(client.fetch_users, directory, NO_CHANGE))
        if outcome.result is not Result.NOT_SENT:
            return outcome
        if directory.is_whole:
            break
    return None


async def presence(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether a status can be read: our own, or that of another user."""
    client, associate_id = probe.us(), _readable_user(probe)
    if associate_id is None:
        yield skipped("no user is known whose status could be read")
        return
    outcome = await ask_service(partial(client.get, read_of(associate_id)))
    probe.shows_presence = outcome.seen is not None
    words = f"the status of associate ID {associate_id} cannot be read: {reason_of(outcome)}"
    if probe.shows_presence:
        yield ok(f"the status of associate ID {associate_id} can be read")
    elif outcome.stop or outcome.reason not in (Reason.REFUSED, Reason.UNKNOWN_ASSOCIATE):
        yield fault(words, LATER)
    elif is_online(probe.settings.target) and outcome.http_status in NOT_THERE:
        yield fault(words, "ask SuperOffice, or the partner who registered your application, for access")
    else:
        yield warning(words, PERMISSION)


def _readable_user(probe: Probe) -> int | None:
    """Return whose status to read: our own, unless our user has no access to Service."""
    own = probe.principal and probe.principal.associate_id
    known = probe.users.users.items() if probe.users else ()
    others = (number for number, user in known if user.is_active and user.has_service)
    if own and probe.principal and probe.principal.has_service:
        return own
    return next(others, None) or own


class Readable(NamedTuple):
    """What SuperOffice lets us read."""

    users: bool  # all of them, in one query
    single: bool  # one user's status at a time


async def read_before(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check what a run can read before it writes."""
    readable = Readable(users=probe.users is not None, single=probe.shows_presence)
    yield READINGS[probe.settings.delivery.read_before](readable)


def _auto(readable: Readable) -> CheckResult:
    if readable.users and readable.single:
        return ok("one query lists all users; then each user who is not present is read")
    if readable.users:
        return warning(
            "one query lists all users. Comments cannot be read, so `undo` cannot restore them", PERMISSION
        )
    if readable.single:
        return warning(
            "each user of the file is read separately, because the list is not available", PERMISSION
        )
    return warning(
        "nothing can be read: a run finds no `unchanged` rows, and `undo` and `plan` cannot work",
        PERMISSION,
    )


def _query(readable: Readable) -> CheckResult:
    if not readable.users:
        return _auto(readable)
    return ok("one query lists all users. Comments are not read, so `undo` restores only the status")


def _each(readable: Readable) -> CheckResult:
    if readable.single:
        return ok("each user of the file is read separately")
    return fault(
        'users cannot be read, but delivery.read_before is "each": a run would send nothing', PERMISSION
    )


def _off(_: Readable) -> CheckResult:
    return ok('nothing is read (delivery.read_before = "off"): no `unchanged` rows, and no `undo`')


READINGS = {"auto": _auto, "each": _each, "query": _query, "off": _off}


def read_of(associate_id: int) -> Change:
    """Return the change that stands for reading a user."""
    return Change(row=0, associate_id=associate_id, wanted=Presence(status="", message=""))


async def write_back(probe: Probe) -> AsyncIterator[CheckResult]:
    """Write one user's status back as it is, while no run uses this SuperOffice."""
    client, associate_id = probe.us(), probe.write_to or 0
    try:
        with probe.context.hold_target():
            yield await _write_back(associate_id, client, probe.settings.input.allowed_statuses)
    except Locked:
        yield warning("nothing was written: another run uses this SuperOffice now", BUSY)
    except UsageFault as error:
        yield fault(f"nothing was written: {error}", "make presence-worker's account the owner of that file")


async def _write_back(associate_id: int, client: Client, allowed: list[str]) -> CheckResult:
    seen = await ask_service(partial(client.get, read_of(associate_id)))
    if seen.seen is None:
        return fault(
            f"nothing was written: associate ID {associate_id} cannot be read: {reason_of(seen)}",
            "use --write-check with another associate ID",
        )
    if seen.seen.status not in allowed:
        return warning(
            f"nothing was written: associate ID {associate_id} has an account state, not a presence status",
            "use --write-check with another associate ID",
        )
    change = Change(row=0, associate_id=associate_id, wanted=seen.seen)
    outcome = await ask_service(partial(client.put, change))
    if outcome.result is Result.UPDATED:
        return ok(f"the status of associate ID {associate_id} was written back, and SuperOffice confirmed it")
    if outcome.result is Result.REJECTED:
        return fault(
            f"SuperOffice rejected the write to associate ID {associate_id}: {reason_of(outcome)}",
            "ask the CRM administrator to give this user the right",
        )
    return fault(
        f"SuperOffice did not confirm the write to associate ID {associate_id}: {reason_of(outcome)}",
        "check this user's status in SuperOffice",
    )
