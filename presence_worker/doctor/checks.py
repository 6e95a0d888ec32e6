"""All checks, in the order in which they are made and shown."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import ExitCode, UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..superoffice import is_online, open_client
from ..superoffice.addresses import service_root
from ..superoffice.anonymous_client import open_anonymous_client
from ..wording import amount
from . import (
    duration,
    hosted_service,
    machine,
    network,
    permissions,
    receivers,
    service_state,
    shared_database,
)
from .probe import CheckBlockedError, CheckResult, Probe, Severity, skipped

HERE, THERE = ExitCode.USAGE, ExitCode.STOPPED  # where the fault is: on this side, or at SuperOffice
STATES = {ExitCode.DONE: "checked", HERE: "refused", THERE: "stopped"}


def _always(_: Probe) -> bool:
    return True


def _has_tenant(probe: Probe) -> bool:
    return probe.settings.target.tenant is not None


def _is_online(probe: Probe) -> bool:
    return not probe.is_sandbox and probe.caller is not None and is_online(probe.settings.target)


def _may_write(probe: Probe) -> bool:
    return probe.write_to is not None


class NamedResult(NamedTuple):
    """What a check found, with its name and the page of the manual that helps."""

    name: str
    verdict: Severity
    words: str
    remedy: str | None
    page: ManualPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All results, with the exit code that follows from them."""

    state: str
    exit_code: ExitCode
    message: str
    next: NextStep | None
    target: str | None
    checks: Sequence[NamedResult]


class Check(NamedTuple):
    """One check: when it is made, and which checks must succeed before it."""

    make: Callable[[Probe], AsyncIterator[CheckResult]]  # raises CheckBlockedError
    exit_code: ExitCode  # of an error
    page: ManualPage  # that helps
    needs: tuple[str, ...] = ()
    concerns: Callable[[Probe], bool] = _always


CHECKS = {
    "configuration": Check(machine.configuration, HERE, ManualPage.SETTINGS),
    "secret files": Check(machine.secret_files, HERE, ManualPage.SECURITY),
    "database": Check(
        shared_database.reach, THERE, ManualPage.MANY_MACHINES, concerns=shared_database.is_shared
    ),
    "tables": Check(
        shared_database.fitness,
        HERE,
        ManualPage.MANY_MACHINES,
        needs=("database",),
        concerns=shared_database.is_shared,
    ),
    "state directory": Check(machine.state_directory, HERE, ManualPage.TROUBLESHOOTING),
    "disk room": Check(machine.disk_room, HERE, ManualPage.TROUBLESHOOTING, needs=("state directory",)),
    "lock": Check(machine.lock, HERE, ManualPage.TROUBLESHOOTING, needs=("tables",)),
    "name resolution": Check(network.name_resolution, THERE, ManualPage.TROUBLESHOOTING),
    "TLS": Check(network.tls, THERE, ManualPage.TROUBLESHOOTING, needs=("name resolution",)),
    "tenant": Check(service_state.tenant, THERE, ManualPage.SIGN_IN, needs=("TLS",), concerns=_has_tenant),
    "tenant's host": Check(
        network.tenant_host, THERE, ManualPage.TROUBLESHOOTING, needs=("tenant",), concerns=_has_tenant
    ),
    "Online": Check(service_state.online, THERE, ManualPage.SIGN_IN, concerns=_is_online),
    "version": Check(
        service_state.version, THERE, ManualPage.TROUBLESHOOTING, needs=("TLS", "tenant", "tenant's host")
    ),
    "clock": Check(service_state.clock, THERE, ManualPage.TROUBLESHOOTING, needs=("version",)),
    "sign-in": Check(
        service_state.sign_in, THERE, ManualPage.SIGN_IN, needs=("configuration", "version", "clock")
    ),
    "user": Check(service_state.user, THERE, ManualPage.SIGN_IN, needs=("sign-in",)),
    "all users": Check(permissions.users, THERE, ManualPage.SIGN_IN, needs=("sign-in",)),
    "presence": Check(permissions.presence, THERE, ManualPage.SIGN_IN, needs=("sign-in",)),
    "read first": Check(permissions.read_before, THERE, ManualPage.SIGN_IN, needs=("sign-in",)),
    "write check": Check(
        permissions.write_back, THERE, ManualPage.SIGN_IN, needs=("sign-in",), concerns=_may_write
    ),
    "rate": Check(duration.rate, HERE, ManualPage.PERFORMANCE),
    "maintenance": Check(duration.maintenance_ahead, THERE, ManualPage.EVERY_NIGHT, concerns=_is_online),
    "notifications": Check(receivers.channels, HERE, ManualPage.MONITORING, concerns=receivers.is_concerned),
    "metrics file": Check(receivers.textfile, HERE, ManualPage.MONITORING, concerns=receivers.has_textfile),
    "expected job": Check(receivers.heartbeat, HERE, ManualPage.MONITORING, concerns=receivers.is_scheduled),
    "service": Check(hosted_service.port, HERE, ManualPage.SERVICE, concerns=hosted_service.is_served),
    "queue": Check(
        hosted_service.queue, HERE, ManualPage.SERVICE, needs=("tables",), concerns=hosted_service.is_served
    ),
    "folders": Check(hosted_service.inboxes, HERE, ManualPage.SERVICE, concerns=hosted_service.has_inboxes),
}

OF_DATABASE = ("database", "tables")  # without which no run can start
OF_SERVICE = (*OF_DATABASE, "service", "queue", "folders")  # which all targets share


async def run_checks(probe: Probe) -> list[NamedResult]:
    """Make all checks that can be made; with problems in the settings, no credential is sent."""
    async with AsyncExitStack() as opened:
        with suppress(UsageFault):  # which is among the problems
            probe.root = service_root(probe.settings.target)
            probe.caller = await opened.enter_async_context(open_anonymous_client(probe.settings))
        if not probe.problems:
            probe.client = await opened.enter_async_context(open_client(probe.settings))
        return await _make_all(probe)


async def _make_all(probe: Probe) -> list[NamedResult]:
    """Make the checks in their order; skip a check that cannot be made, and say why."""
    results: list[NamedResult] = []
    blocked: dict[str, str] = {}  # check: the one to correct first
    for name, check in CHECKS.items():
        if not check.concerns(probe):
            continue
        try:
            found = await _make(check, blocked, probe)
        except CheckBlockedError as error:
            blocked[name] = str(error)
            found = [skipped(f"correct first: {error}")]
        if any(result.verdict is Severity.FAULT for result in found):
            blocked[name] = name
        results += [NamedResult(name, *result, check.page) for result in found]
    return results


async def _make(check: Check, blocked: dict[str, str], probe: Probe) -> list[CheckResult]:
    for need in check.needs:
        if need in blocked:
            raise CheckBlockedError(blocked[need])
    return [result async for result in check.make(probe)]


def diagnose(results: Sequence[NamedResult], target: str | None, again: NextStep | None) -> Diagnosis:
    """Judge all results together; *again* is the command to run after the corrections."""
    codes = {CHECKS[each.name].exit_code for each in results if each.verdict is Severity.FAULT}
    code = next((code for code in (HERE, THERE) if code in codes), ExitCode.DONE)
    return Diagnosis(
        state=STATES[code],
        exit_code=code,
        message=_message(Counter(each.verdict for each in results)),
        next=again if code else None,
        target=target,
        checks=results,
    )


def _message(counts: Counter[Severity]) -> str:
    errors, warnings = counts[Severity.FAULT], counts[Severity.WARNING]
    found = ", ".join(
        amount(number, thing) for number, thing in ((errors, "error"), (warnings, "warning")) if number
    )
    if errors:
        return f"{found}. Fix {'it' if errors + warnings == 1 else 'them'} and run doctor again"
    return f"A run can start. {found or 'No errors, no warnings'}"
