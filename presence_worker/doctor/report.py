"""The findings as one object, with the exit code that follows from them."""

from collections import Counter
from typing import Any

from ..errors import ExitCode
from ..next_step import NextStep, command_line
from ..text import counted
from .case import Case
from .findings import Finding, Verdict
from .table import CHECKS, HERE, THERE

STATES = {ExitCode.DONE: "checked", HERE: "refused", THERE: "stopped"}


def diagnosis(findings: list[Finding], case: Case, again: NextStep) -> dict[str, Any]:
    """Give what programs read; *again* is the command to run once what is wrong is mended."""
    codes = {CHECKS[each.name].exit_code for each in findings if each.verdict is Verdict.FAULT}
    code = next((code for code in (HERE, THERE) if code in codes), ExitCode.DONE)
    return {
        "state": STATES[code],
        "exit_code": int(code),
        "message": _message(Counter(each.verdict for each in findings)),
        "next": command_line(again) if code else None,
        "target": case.context.target or None,
        "checks": [each._asdict() for each in findings],
    }


def _message(counts: Counter[Verdict]) -> str:
    faults, warnings = counts[Verdict.FAULT], counts[Verdict.WARNING]
    beside = f"{warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else ""
    if faults:
        number = counted(faults, "fault")
        return f"{number}{f' and {beside}' if beside else ''}: mend what is told, then ask again"
    return f"a run can begin; {beside or 'nothing is wrong'}"
