"""The service itself: is it there, does it take our word for who we are, and do our clocks agree."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from ..model import Outcome, Result
from ..superoffice.anonymous_client import FIRST_VERSION, AnonymousClient, is_too_old
from ..superoffice.answer_headers import MOST_APART
from ..superoffice.online_hints import WORDS
from ..superoffice.read_answers import Principal
from ..superoffice.request_errors import REQUEST_ERRORS, BlockedError, judge_error
from .probe import CheckResult, Probe, ask_service, fault, ok, reason_of, skipped, warning

NOTABLE = 120.0  # seconds between two clocks
TOO_MUCH = 300.0  # likewise; then a system user's time stamp is probably not taken
LATER = "run doctor again later; if it stays, ask whoever runs the service"
SLOW_CLOCK = "set this machine's clock, and let it be kept by NTP"
WRONG_CLOCK = "one of the two clocks is wrong: compare this machine's with a third one"
CORRECT = "correct what is named, then run doctor again"
ADDRESS = "is target.base_url (or target.tenant) right?"


async def tenant(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the tenant is running, and where it lives."""
    caller, target = probe.way(), probe.settings.target
    configured = probe.root
    try:
        probe.root = await caller.fetch_root(trusting=False)
    except BlockedError as error:
        yield await _unknown_state(probe, caller, error.outcome)
        return
    where = probe.root or "where its ticket says"
    if configured and probe.root and configured != probe.root:
        yield warning(
            f"{target.tenant} is running at {probe.root}, but target.base_url says {configured}",
            "leave target.base_url out, so that the tenant is found wherever it is",
        )
        probe.root = configured
    else:
        yield ok(f"{target.tenant} is running, at {where}")


async def _unknown_state(probe: Probe, caller: AnonymousClient, outcome: Outcome) -> CheckResult:
    """Judge whether a run could go on with the configured address all the same."""
    words, remedy = str(outcome.detail), "see to it, or ask SuperOffice"
    if probe.root is None:
        return fault(words, remedy)
    try:
        await caller.fetch_root(trusting=True)
    except BlockedError as error:
        return fault(str(error.outcome.detail), remedy)
    return warning(f"{words}; a run would go on with target.base_url", remedy)


async def online(_: Probe) -> AsyncIterator[CheckResult]:
    """Check what SuperOffice says of presences in Online."""
    yield warning(WORDS, "ask before you plan on it; a refusal below may mean just that")


async def version(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check which service is there, before anybody shows a credential."""
    caller = probe.way()
    if probe.root is None:
        yield skipped("only the ticket says where the service is")
        return
    try:
        hello = await caller.fetch_description(probe.root)
    except REQUEST_ERRORS as error:
        outcome = judge_error(error)
        words = "no whole answer came" if outcome.result is Result.UNKNOWN else reason_of(outcome)
        yield fault(words, CORRECT if outcome.stop else LATER)
        return
    probe.date, probe.heard_at = hello.date, datetime.now(UTC)
    if hello.trouble:
        yield fault(f"GET {probe.root}/api: {hello.trouble}", ADDRESS)
    elif hello.oddity:
        yield warning(f"GET {probe.root}/api: {hello.oddity}", ADDRESS)
    elif hello.version:
        yield _judge_version(hello.version)


def _judge_version(version: str) -> CheckResult:
    """Judge whether a service of this version has the calls that a run makes."""
    first = ".".join(map(str, FIRST_VERSION))
    too_old = is_too_old(version)
    if too_old is None:
        return warning(
            f"unknown version: the service says {version!r}",
            f"presences can be set since SuperOffice {first}; ask which version it is",
        )
    if too_old:
        return fault(
            f"SuperOffice {version} cannot set presences: that needs {first} or later",
            f"upgrade SuperOffice to {first} or later",
        )
    return ok(f"SuperOffice {version}")


async def clock(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check how far this machine's clock is from the service's."""
    if probe.date is None or probe.heard_at is None:
        yield skipped("the service did not tell its time")
        return
    ahead = (probe.heard_at - probe.date).total_seconds()
    remedy = WRONG_CLOCK if abs(ahead) > MOST_APART.total_seconds() else SLOW_CLOCK
    words = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the service's"
    if abs(ahead) <= NOTABLE:
        yield ok("agrees with the service's")
    elif abs(ahead) > TOO_MUCH and probe.settings.auth.scheme == "system-user":
        yield fault(f"{words}; a system user could not sign in", remedy)
    else:
        yield warning(words, remedy)


async def sign_in(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the credentials are taken; they are shown once, and not again once refused."""
    found = await ask_service(probe.us().fetch_principal)
    scheme = probe.settings.auth.scheme
    if isinstance(found, Principal):
        probe.principal = found
        yield ok(f"the credentials are taken ({scheme})")
    elif found.result is Result.REJECTED and not found.stop:
        yield warning(
            f"the service does not say who we are: {reason_of(found)}", "see whether presences can be read"
        )
    elif found.stop:
        yield fault(reason_of(found), f"{CORRECT}; it was tried once (auth.scheme = {scheme})")
    else:
        yield fault(reason_of(found), LATER)


async def user(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check who we are."""
    if probe.principal is None:
        yield skipped("not told")
        return
    name, number = probe.principal.name or "no name told", probe.principal.associate_id or "not told"
    yield ok(f"{name}, associate {number}")
