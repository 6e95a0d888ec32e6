"""Tables of exit codes, results, reasons and checks, in the words of terminal and page."""

from presence_worker.doctor.checks import CHECKS
from presence_worker.errors import EXIT_CODES
from presence_worker.model import Reason, Result
from presence_worker.report.reason_texts import RESULTS, owner_of, reason_words
from tests.manual.command_parts import table

DONE = {
    Result.UPDATED: "yes",
    Result.UNCHANGED: "yes",
    Result.SKIPPED: "yes",
    Result.DUPLICATE: "as that row",
}
OF_REASONS = {Reason.REFUSED: Result.REJECTED}  # with what result the words of a reason are shown


def exit_codes(_: str) -> str:
    rows = [(str(int(code)), row.meaning, row.sent) for code, row in EXIT_CODES.items()]
    return table(("code", "meaning", "anything sent?"), rows)


def results(_: str) -> str:
    rows = [(f"`{result}`", RESULTS[result], DONE.get(result, "no")) for result in Result]
    return table(("result", "meaning", "done?"), rows)


def reasons(_: str) -> str:
    """Give each reason: what it means, who acts, what to do."""
    rows = []
    for reason in Reason:
        result = OF_REASONS.get(reason, Result.INVALID)
        words = reason_words(reason, result)
        acts = "–" if words.remedy == "nothing" else str(owner_of(reason, result))
        rows.append((f"`{reason}`", words.what, acts, words.remedy))
    return table(("reason", "meaning", "who acts", "what to do"), rows)


def checks(_: str) -> str:
    """Give doctor's checks, in the words of the functions that make them."""
    rows = [(name, first_line(check.make.__doc__ or "")) for name, check in CHECKS.items()]
    return table(("check", "what it does"), rows)


def first_line(words: str) -> str:
    return words.strip().split("\n")[0]
