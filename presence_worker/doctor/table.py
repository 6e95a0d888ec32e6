"""All checks in the order in which they are made and told."""

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from ..errors import ExitCode
from ..superoffice import is_online
from . import duration, machine, network, reading, service, writing
from .case import Case
from .findings import BlockedError, Finding, Said, Verdict, skipped

HERE, THERE = ExitCode.USAGE, ExitCode.STOPPED  # whose fault it is: ours, or the service's


def _always(_: Case) -> bool:
    return True


def _has_tenant(case: Case) -> bool:
    return case.settings.target.tenant is not None


def _is_online(case: Case) -> bool:
    return not case.is_sandbox and case.caller is not None and is_online(case.settings.target)


def _may_write(case: Case) -> bool:
    return case.write_to is not None


class Check(NamedTuple):
    """A question, when it is asked, and what has to be in order before that."""

    make: Callable[[Case], AsyncIterator[Said]]  # raises BlockedError
    exit_code: ExitCode  # of a fault
    needs: tuple[str, ...] = ()
    concerns: Callable[[Case], bool] = _always


CHECKS = {
    "configuration": Check(machine.configuration, HERE),
    "secret files": Check(machine.secret_files, HERE),
    "state directory": Check(machine.state_directory, HERE),
    "disk room": Check(machine.disk_room, HERE, needs=("state directory",)),
    "lock": Check(machine.lock, HERE),
    "name resolution": Check(network.name_resolution, THERE),
    "TLS": Check(network.tls, THERE, needs=("name resolution",)),
    "tenant": Check(service.tenant, THERE, needs=("TLS",), concerns=_has_tenant),
    "tenant's host": Check(network.tenant_host, THERE, needs=("tenant",), concerns=_has_tenant),
    "Online": Check(service.online, THERE, concerns=_is_online),
    "version": Check(service.version, THERE, needs=("TLS", "tenant", "tenant's host")),
    "clock": Check(service.clock, THERE, needs=("version",)),
    "sign-in": Check(service.sign_in, THERE, needs=("configuration", "version", "clock")),
    "user": Check(service.user, THERE, needs=("sign-in",)),
    "all users": Check(reading.users, THERE, needs=("sign-in",)),
    "presence": Check(reading.presence, THERE, needs=("sign-in",)),
    "read first": Check(reading.read_before, THERE, needs=("sign-in",)),
    "write check": Check(writing.write_back, THERE, needs=("sign-in",), concerns=_may_write),
    "rate": Check(duration.rate, HERE),
    "maintenance": Check(duration.maintenance_ahead, THERE, concerns=_is_online),
}


async def check_up(case: Case) -> list[Finding]:
    """Make all checks; give what they found. What cannot be asked is said to be skipped."""
    findings: list[Finding] = []
    blocked: dict[str, str] = {}  # check: the one that is at the bottom of it
    for name, check in CHECKS.items():
        if not check.concerns(case):
            continue
        try:
            found = await _found(check, blocked, case)
        except BlockedError as error:
            blocked[name] = str(error)
            found = [skipped(f"after {error}")]
        if any(said.verdict is Verdict.FAULT for said in found):
            blocked[name] = name
        findings += [Finding(name, *said) for said in found]
    return findings


async def _found(check: Check, blocked: dict[str, str], case: Case) -> list[Said]:
    for need in check.needs:
        if need in blocked:
            raise BlockedError(blocked[need])
    return [said async for said in check.make(case)]
