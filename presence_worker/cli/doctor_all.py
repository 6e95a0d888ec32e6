"""What `presence-worker doctor` finds with several targets: a line for each, those with errors first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..doctor import Diagnosis, Severity
from ..doctor.checks import STATES
from ..errors import ExitCode
from ..next_step import NextStep, command_line
from ..target_files import TargetFiles
from ..wording import amount, series
from .chosen_target import explain_misnamed
from .options import Options
from .output import print_json, print_lines, remark, wrap

Examine = Callable[[Options], Diagnosis]  # checks one target
WORST_FIRST = (ExitCode.USAGE, ExitCode.STOPPED, ExitCode.DONE)
VERDICTS = {Severity.FAULT: "error", Severity.WARNING: "warning", Severity.OK: "ok"}  # the worst first


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisOfAll:
    """What was found with each target, those with errors first."""

    state: str
    exit_code: ExitCode
    message: str
    next: NextStep | None
    targets: Sequence[Diagnosis]


def examine_all(
    targets: TargetFiles, options: Options, examine: Callable[[Options], Diagnosis]
) -> DiagnosisOfAll:
    """Examine one target after the other; return all that was found."""
    found = [_examine_misnamed(path.stem, explain_misnamed(path)) for path in targets.misnamed]
    found += [replace(examine(options._replace(target=name)), target=name) for name in targets.by_name]
    found.sort(key=lambda each: WORST_FIRST.index(each.exit_code))
    code = found[0].exit_code
    return DiagnosisOfAll(
        state=STATES[code],
        exit_code=code,
        message=_message([str(each.target) for each in found if each.exit_code], len(found)),
        next=next((each.next for each in found if each.next), None),
        targets=found,
    )


def _examine_misnamed(name: str, words: str) -> Diagnosis:
    code = ExitCode.USAGE
    return Diagnosis(state=STATES[code], exit_code=code, message=words, next=None, target=name, checks=())


def _message(faulty: Sequence[str], number: int) -> str:
    if not faulty:
        return f"A run can start for each of {amount(number, 'target')}"
    return f"{len(faulty)} of {amount(number, 'target')} with errors: {series(faulty, 'and')}"


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
    width = max(len(str(each.target)) for each in found.targets)
    for each in found.targets:
        verdicts = [check.verdict for check in each.checks] or [Severity.FAULT]
        worst = next(verdict for verdict in VERDICTS if verdict in verdicts)
        names = dict.fromkeys(check.name for check in each.checks if check.verdict == worst)
        words = ", ".join(names) if worst is not Severity.OK else ""
        yield f"{VERDICTS[worst]:<8} {each.target!s:<{width}}  {words or each.message}"
    yield ""
    yield from wrap(f"{found.message}.")
