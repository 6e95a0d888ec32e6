"""Checks of SuperOffice itself: tenant, version, clock and sign-in."""

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
TOO_MUCH = 300.0  # seconds; then SuperOffice may reject a system user's time stamp
LATER = "run doctor again later; if it stays, ask the administrator of SuperOffice"
SLOW_CLOCK = "set this machine's clock, and keep it right with NTP"
WRONG_CLOCK = "compare this machine's clock with a third one, and set the wrong clock"
CORRECT = "correct that, then run doctor again"
ADDRESS = "check target.base_url (or target.tenant)"


async def tenant(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether the tenant is running, and at which address."""
    caller, target = probe.way(), probe.settings.target
    configured = probe.root
    try:
        probe.root = await caller.fetch_root(trusting=False)
    except BlockedError as error:
        yield await _unknown_state(probe, caller, error.outcome)
        return
    where = probe.root or "the address in its ticket"
    if configured and probe.root and configured != probe.root:
        yield warning(
            f"{target.tenant} is running at {probe.root}, but target.base_url says {configured}",
            "remove target.base_url; SuperOffice then says where the tenant is",
        )
        probe.root = configured
    else:
        yield ok(f"{target.tenant} is running, at {where}")


async def _unknown_state(probe: Probe, caller: AnonymousClient, outcome: Outcome) -> CheckResult:
    """Judge whether a run can use the configured address anyway."""
    words, remedy = str(outcome.detail), "check target.tenant and target.environment, or ask SuperOffice"
    if probe.root is None:
        return fault(words, remedy)
    try:
        await caller.fetch_root(trusting=True)
    except BlockedError as error:
        return fault(str(error.outcome.detail), remedy)
    return warning(f"{words}. A run uses target.base_url instead", remedy)


async def online(_: Probe) -> AsyncIterator[CheckResult]:
    """Check whether this is SuperOffice Online, where presence is not available by default."""
    yield warning(WORDS, "ask before you plan with it; an error below may have this cause")


async def version(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check which SuperOffice answers, before any credential is sent."""
    caller = probe.way()
    if probe.root is None:
        yield skipped("the address is only known after sign-in")
        return
    try:
        hello = await caller.fetch_description(probe.root)
    except REQUEST_ERRORS as error:
        outcome = judge_error(error)
        words = "no complete answer came" if outcome.result is Result.UNKNOWN else reason_of(outcome)
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
    """Judge whether this version of SuperOffice has the calls that a run makes."""
    first = ".".join(map(str, FIRST_VERSION))
    too_old = is_too_old(version)
    if too_old is None:
        return warning(
            f"unknown version: SuperOffice says {version!r}",
            f"presence-worker needs SuperOffice {first} or later; ask which version this is",
        )
    if too_old:
        return fault(
            f"SuperOffice {version} is too old: presence needs {first} or later",
            f"upgrade SuperOffice to {first} or later",
        )
    return ok(f"SuperOffice {version}")


async def clock(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check how far this machine's clock is from SuperOffice's."""
    if probe.date is None or probe.heard_at is None:
        yield skipped("SuperOffice did not send its time")
        return
    ahead = (probe.heard_at - probe.date).total_seconds()
    remedy = WRONG_CLOCK if abs(ahead) > MOST_APART.total_seconds() else SLOW_CLOCK
    words = (
        f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} SuperOffice's"
    )
    if abs(ahead) <= NOTABLE:
        yield ok("this machine's clock agrees with SuperOffice's")
    elif abs(ahead) > TOO_MUCH and probe.settings.auth.scheme == "system-user":
        yield fault(f"{words}. A system user may not be able to sign in", remedy)
    else:
        yield warning(words, remedy)


async def sign_in(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether SuperOffice accepts the credentials; rejected ones are not sent again."""
    found = await ask_service(probe.us().fetch_principal)
    scheme = probe.settings.auth.scheme
    if isinstance(found, Principal):
        probe.principal = found
        yield ok(f"signed in ({scheme})")
    elif found.result is Result.REJECTED and not found.stop:
        yield warning(
            f"SuperOffice does not say which user signed in: {reason_of(found)}",
            "a run may still work; see the check presence",
        )
    elif found.stop:
        yield fault(
            reason_of(found),
            f"correct it, then run doctor again; sign-in was tried once (auth.scheme = {scheme})",
        )
    else:
        yield fault(reason_of(found), LATER)


async def user(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check which user signed in."""
    if probe.principal is None:
        yield skipped("SuperOffice does not say which user signed in")
        return
    name, number = probe.principal.name or "no login name", probe.principal.associate_id or "not known"
    yield ok(f"{name}, associate ID {number}")
