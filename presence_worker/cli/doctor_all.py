"""What `presence-worker doctor` finds with several targets: a line for each, those with errors first."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from textwrap import shorten
from typing import NamedTuple, TypeVar

import anyio

from ..doctor import Diagnosis, Severity
from ..doctor.checks import OF_DATABASE, OF_SERVICE, STATES, NamedResult, diagnose
from ..errors import ExitCode, PresenceWorkerError, UsageFault
from ..next_step import NextStep, command_line
from ..run_context import RunContext
from ..target_files import TargetFiles
from ..wording import amount, series
from .async_work import stop_on_signal, work
from .chosen_target import explain_misnamed
from .options import Options
from .output import WIDTH, print_json, print_lines, remark, wrap

BEFORE_ALL = " before all checks were made"
AT_ONCE = 8  # targets
LEAST = 40  # characters of what to correct, however long the name is
WORST_FIRST = (ExitCode.USAGE, ExitCode.STOPPED, ExitCode.DONE)
T = TypeVar("T")
NO_RUN = "No run can start: correct the database first"
NO_DATABASE = "Nothing to correct, but no run can start without the database"
VERDICTS = {Severity.FAULT: "error", Severity.WARNING: "warning", Severity.OK: "ok"}  # the worst first


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisOfAll:
    """What was found with each target, those with errors first."""

    state: str
    exit_code: ExitCode
    message: str
    next: NextStep | None
    target: None = None  # as in the answer about one
    checks: Sequence[NamedResult]  # of the service, which works for all targets
    targets: Sequence[Diagnosis]


class Examination(NamedTuple):
    """The checks of one target, ready to be made."""

    context: RunContext
    examine: Callable[[RunContext], Awaitable[Diagnosis]]


def examine_all(
    targets: TargetFiles, options: Options, prepare: Callable[[Options], Examination]
) -> DiagnosisOfAll:
    """Examine all targets side by side; return what was found, that with errors first."""
    prepared = {name: prepare(options._replace(target=name)) for name in targets.by_name}
    found = [_explain_failure(path.stem, UsageFault(explain_misnamed(path))) for path in targets.misnamed]
    if prepared:
        together = partial(_examine_together, prepared)
        found += work(partial(stop_on_signal, together, BEFORE_ALL), next(iter(prepared.values())).context)
    alike = _find_alike({name: each.context.target for name, each in prepared.items()})
    return _judge_all(found, alike)


def _judge_all(found: Sequence[Diagnosis], alike: Iterable[str]) -> DiagnosisOfAll:
    """Return what was found with the targets, and with the service that works for all of them."""
    of_service = _of_service(found)
    targets = sorted(map(_without_service, found), key=_rank)
    faulty = [str(each.target) for each in targets if each.exit_code]
    code = of_service.exit_code or targets[0].exit_code
    has_database = not _lacks_database(of_service.checks)
    words = [_message(faulty, len(targets))] if faulty or has_database else []
    words += _words_of_service(of_service, has_database=has_database)
    return DiagnosisOfAll(
        state=STATES[code],
        exit_code=code,
        message=". ".join([*words, *alike]),
        next=_next_of(
            [each for each in targets if each.exit_code] or found, is_of_one=bool(faulty) and has_database
        ),
        checks=of_service.checks,
        targets=targets if has_database else [_without_database(each, code) for each in targets],
    )


def _of_service(found: Iterable[Diagnosis]) -> Diagnosis:
    """Return what all targets have found alike, each result once."""
    checks = {_likeness(check): check for each in found for check in each.checks if check.name in OF_SERVICE}
    return diagnose(list(checks.values()), None, None)


def _words_of_service(found: Diagnosis, *, has_database: bool) -> list[str]:
    no_run = [] if has_database else [NO_RUN]
    return [*no_run, *(["The service cannot start"] if found.exit_code else [])]


def _likeness(check: NamedResult) -> NamedResult:
    """Return what makes two results the same; each target has measured the database itself."""
    return check._replace(words="") if check.name in OF_DATABASE else check


def _lacks_database(checks: Iterable[NamedResult]) -> bool:
    return any(check.name in OF_DATABASE and check.verdict is Severity.FAULT for check in checks)


def _without_database(found: Diagnosis, code: ExitCode) -> Diagnosis:
    """Return what was found with a target, which cannot work as long as the database cannot."""
    if found.exit_code:
        return found
    return replace(found, state=STATES[code], exit_code=code, message=NO_DATABASE)


def _next_of(found: Sequence[Diagnosis], *, is_of_one: bool) -> NextStep | None:
    """Return what to run after the corrections: for the worst target, or for all of them."""
    step = next((each.next for each in found if each.next), None)
    if step is None or is_of_one or "--target" not in step.words:
        return step
    place = step.words.index("--target")
    return NextStep(step.words[:place] + step.words[place + 2 :])


def _rank(found: Diagnosis) -> tuple[int, int, str]:
    """Return what sorts the worst first."""
    worst = [*VERDICTS].index(_worst(found))
    return (WORST_FIRST.index(found.exit_code), worst, str(found.target))


def _without_service(found: Diagnosis) -> Diagnosis:
    """Return what was found with the target itself."""
    own = [check for check in found.checks if check.name not in OF_SERVICE]
    return found if len(own) == len(found.checks) else diagnose(own, found.target, found.next)


async def _examine_together(prepared: Mapping[str, Examination], _: RunContext) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    limit = anyio.Semaphore(AT_ONCE)

    async def examine(name: str, examination: Examination) -> None:
        async with limit:
            try:
                diagnosis = await examination.examine(examination.context)
            except PresenceWorkerError as error:
                diagnosis = _explain_failure(name, error)
        found.append(replace(diagnosis, target=name))

    async with anyio.create_task_group() as group:
        for name, examination in prepared.items():
            group.start_soon(examine, name, examination)
    return found


def _explain_failure(name: str, error: PresenceWorkerError) -> Diagnosis:
    """Return what is known of a target whose checks could not be made."""
    code = error.exit_code if error.exit_code in STATES else ExitCode.USAGE
    return Diagnosis(
        state=STATES[code], exit_code=code, message=str(error), next=None, target=name, checks=()
    )


def _message(faulty: Sequence[str], number: int) -> str:
    if not faulty:
        return f"A run can start for each of {amount(number, 'target')}"
    return f"{len(faulty)} of {amount(number, 'target')} with errors: {series(faulty, 'and')}"


def _find_alike(addresses: Mapping[str, str]) -> Iterator[str]:
    """Yield which targets have the same address, by a slip or for two files; None says which."""
    for address in dict.fromkeys(filter(None, addresses.values())):
        names = [name for name, each in addresses.items() if each == address]
        if len(names) > 1:
            yield f"{series(names, 'and')} send to the same SuperOffice"


def show_all(found: DiagnosisOfAll, options: Options) -> None:
    """Print what was found with all targets, and what to run next."""
    if options.as_json:
        print_json(found)
    elif options.quiet:
        if found.exit_code:
            remark(f"presence-worker: {found.message}")
    else:
        print_lines(_lines(found))
    if found.next:
        remark(f"Next: {command_line(found.next)}")


def _lines(found: DiagnosisOfAll) -> Iterator[str]:
    width = max(
        len(name)
        for name in [*(str(each.target) for each in found.targets), *(check.name for check in found.checks)]
    )
    for each in found.targets:
        begin = f"{VERDICTS[_worst(each)]:<8} {each.target!s:<{width}}  "
        yield begin + shorten(_most_important(each), max(WIDTH - len(begin), LEAST), placeholder=" …")
    for check in found.checks:
        verdict = VERDICTS.get(check.verdict, check.verdict)
        yield from wrap(f"{verdict:<8} {check.name:<{width}}  {check.words}", indent=width + 11)
    yield ""
    yield from wrap(f"{found.message}.")


def _worst(found: Diagnosis) -> Severity:
    verdicts = [check.verdict for check in found.checks] or [Severity.FAULT]
    return next(verdict for verdict in VERDICTS if verdict in verdicts)


def _most_important(found: Diagnosis) -> str:
    """Return the first thing to correct; without one, the sentence on all checks."""
    worst = [check for check in found.checks if check.verdict == _worst(found)]
    is_well = not worst or _worst(found) is Severity.OK
    return found.message if is_well else f"{worst[0].name}: {worst[0].words}"
