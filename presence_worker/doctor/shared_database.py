"""Checks of the database that several machines share."""

from collections.abc import AsyncIterator

from anyio import to_thread

from ..clock import CLOCKS_DIFFER
from ..errors import DatabaseAway, UsageFault
from ..fleet.membership import DatabaseFacts
from ..settings.fleet import Fleet
from ..wording import milliseconds
from .probe import CheckResult, Probe, fault, ok, warning

OLDEST = 13  # version of PostgreSQL
TO_REACH = "check fleet.database, the network, and whether the database is at work"
TO_GRANT = "use a role that may write; config/postgresql/roles.sql makes one"
TO_KEEP = "set fsync and synchronous_commit to on: what the database confirms must not be lost"
TO_HIDE = "add ?sslmode=verify-full to fleet.database, and set up TLS in the database"
TO_CLOCK = "set this machine's clock, and keep it right with NTP"
PART = 10  # of a lease: so long may an answer take


def is_shared(probe: Probe) -> bool:
    """Return whether several machines share a database."""
    return probe.context.fleet is not None


def has_password(fleet: Fleet) -> bool:
    """Return whether the configuration itself has the password of the database."""
    address = fleet.database.get_secret_value() if fleet.database else ""
    return ":" in address.partition("://")[2].rpartition("@")[0]


async def reach(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the database that several machines share can be reached, and how fast it answers."""
    fleet = probe.context.fleet
    if fleet is None:  # see `is_shared`
        return
    try:
        probe.database = await to_thread.run_sync(fleet.examine)
    except (DatabaseAway, UsageFault) as error:
        yield fault(str(error).removeprefix("fleet.database: "), TO_REACH)
        return
    took = probe.database.round_trip
    if took > probe.settings.fleet.lease / PART:
        yield warning(f"it answers in {milliseconds(took * 1000)}, which is slow", TO_REACH)
    else:
        yield ok(f"it answers in {milliseconds(took * 1000)}")


async def fitness(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check its tables, our key and rights, and whether it keeps what it confirms; change nothing."""
    facts = probe.database
    if facts is None:  # the check before has it
        return
    found = [*_faults(facts), *_warnings(facts)]
    for result in found or [ok("its tables, our rights and the key fit")]:
        yield result


def _faults(facts: DatabaseFacts) -> list[CheckResult]:
    major = facts.version // 10000
    if major < OLDEST:
        return [fault(f"PostgreSQL {major} is too old", f"use PostgreSQL {OLDEST} or later")]
    if facts.trouble:
        return [fault(facts.trouble, "correct that, then run doctor again")]
    return [] if facts.may_write else [fault("our role may not write", TO_GRANT)]


def _warnings(facts: DatabaseFacts) -> list[CheckResult]:
    found = []
    if not facts.is_durable:
        found.append(warning("it can lose what it has confirmed", TO_KEEP))
    if not facts.is_private:
        found.append(warning("the connection is not encrypted", TO_HIDE))
    if abs(facts.ahead) > CLOCKS_DIFFER.total_seconds():
        way = "ahead of" if facts.ahead > 0 else "behind"
        found.append(warning(f"this machine's clock is {abs(facts.ahead):.0f} s {way} its clock", TO_CLOCK))
    return found
