"""Which page of the manual helps after each kind of ending."""

from collections.abc import Iterable

from .errors import (
    ExitCode,
    Held,
    InputRefused,
    Interrupted,
    Locked,
    OptionFault,
    PresenceWorkerError,
    RunFault,
    SignInFault,
    StateFault,
    Stopped,
    Suspect,
    Terminated,
    UsageFault,
)
from .model import Reason

BY_EXIT_CODE = {  # of a run; without an entry the run went well
    ExitCode.CRASHED: "troubleshooting",
    ExitCode.USAGE: "settings",
    ExitCode.INCOMPLETE: "results-and-reasons",
    ExitCode.REFUSED: "hr-files",
    ExitCode.HELD: "exit-codes",
    ExitCode.STOPPED: "troubleshooting",
    ExitCode.LOCKED: "every-night",
    ExitCode.INTERRUPTED: "exit-codes",
    ExitCode.TERMINATED: "exit-codes",
}
BY_SUSPECT = {  # what has to be corrected after a run that stopped
    Suspect.TARGET: "first-run",
    Suspect.LOGIN: "sign-in",
    Suspect.SIGN_IN: "sign-in",
    Suspect.PROXY: "settings",
}
BY_REASON = {  # of rows that are not done, where all of them have the same page
    Reason.BAD_ASSOCIATE_ID: "hr-files",
    Reason.BAD_DATE: "leave-and-dates",
    Reason.BAD_MESSAGE: "hr-files",
    Reason.CONFLICT: "hr-files",
    Reason.CONTROL_CHARACTERS: "hr-files",
    Reason.FORMULA_WITHOUT_VALUE: "hr-files",
    Reason.MESSAGE_TOO_LONG: "hr-files",
    Reason.NO_COVERAGE: "leave-and-dates",
    Reason.NO_IDENTITY: "hr-files",
    Reason.RAGGED_ROW: "hr-files",
    Reason.STATUS_NOT_ALLOWED: "hr-files",
    Reason.UNKNOWN_STATUS: "hr-files",
}
BY_ERROR: dict[type[PresenceWorkerError], str] = {  # of a command that ended without a run
    PresenceWorkerError: "troubleshooting",
    UsageFault: "settings",
    OptionFault: "commands",
    SignInFault: "sign-in",
    RunFault: "reports",
    StateFault: "troubleshooting",
    InputRefused: "hr-files",
    Held: "exit-codes",
    Stopped: "troubleshooting",
    Locked: "every-night",
    Interrupted: "exit-codes",
    Terminated: "exit-codes",
}
BY_SETTING = {"auth.": "sign-in", "input.": "hr-files"}  # how what is said of a setting begins
PAGES = {  # all that are named
    page for table in (BY_EXIT_CODE, BY_SUSPECT, BY_REASON, BY_ERROR, BY_SETTING) for page in table.values()
}


def page_of_run(code: int | None, suspect: Suspect | None, reasons: Iterable[str | None]) -> str | None:
    """Return the page that helps after a run, by its exit code and the *reasons* of rows not done."""
    if not code:
        return None
    if suspect and code == ExitCode.STOPPED:
        return BY_SUSPECT[suspect]
    page = BY_EXIT_CODE[ExitCode(code)]
    if code != ExitCode.INCOMPLETE:
        return page
    pages = {BY_REASON.get(Reason(reason), page) for reason in reasons if reason}
    return pages.pop() if len(pages) == 1 else page


def page_of_error(error: PresenceWorkerError) -> str:
    """Return the page that helps after a command that ended without a run."""
    if isinstance(error, Stopped) and error.suspect:
        return BY_SUSPECT[error.suspect]
    words = str(error)
    if type(error) is UsageFault:
        for beginning, page in BY_SETTING.items():
            if all(line.startswith(beginning) for line in words.splitlines()):
                return page
    return next(BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR)
