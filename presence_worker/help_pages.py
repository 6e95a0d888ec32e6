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
    SandboxFault,
    SignInFault,
    StateFault,
    Stopped,
    Suspect,
    Terminated,
    UsageFault,
)
from .manual_pages import ManualPage, common_page
from .model import Reason

BY_EXIT_CODE = {  # of a run; without an entry the run went well
    ExitCode.CRASHED: ManualPage.TROUBLESHOOTING,
    ExitCode.USAGE: ManualPage.SETTINGS,
    ExitCode.INCOMPLETE: ManualPage.RESULTS_AND_REASONS,
    ExitCode.REFUSED: ManualPage.HR_FILES,
    ExitCode.HELD: ManualPage.EXIT_CODES,
    ExitCode.STOPPED: ManualPage.TROUBLESHOOTING,
    ExitCode.LOCKED: ManualPage.EVERY_NIGHT,
    ExitCode.INTERRUPTED: ManualPage.EXIT_CODES,
    ExitCode.TERMINATED: ManualPage.EXIT_CODES,
}
BY_SUSPECT = {  # what has to be corrected after a run that stopped
    Suspect.TARGET: ManualPage.FIRST_RUN,
    Suspect.LOGIN: ManualPage.SIGN_IN,
    Suspect.SIGN_IN: ManualPage.SIGN_IN,
    Suspect.PROXY: ManualPage.SETTINGS,
}
BY_REASON = {  # of rows that are not done, where all of them have the same page
    Reason.BAD_ASSOCIATE_ID: ManualPage.HR_FILES,
    Reason.BAD_DATE: ManualPage.LEAVE_AND_DATES,
    Reason.BAD_MESSAGE: ManualPage.HR_FILES,
    Reason.CONFLICT: ManualPage.HR_FILES,
    Reason.CONTROL_CHARACTERS: ManualPage.HR_FILES,
    Reason.FORMULA_WITHOUT_VALUE: ManualPage.HR_FILES,
    Reason.MESSAGE_TOO_LONG: ManualPage.HR_FILES,
    Reason.NO_COVERAGE: ManualPage.LEAVE_AND_DATES,
    Reason.NO_IDENTITY: ManualPage.HR_FILES,
    Reason.RAGGED_ROW: ManualPage.HR_FILES,
    Reason.STATUS_NOT_ALLOWED: ManualPage.HR_FILES,
    Reason.UNKNOWN_STATUS: ManualPage.HR_FILES,
}
BY_ERROR: dict[type[PresenceWorkerError], ManualPage] = {  # of a command that ended without a run
    PresenceWorkerError: ManualPage.TROUBLESHOOTING,
    UsageFault: ManualPage.SETTINGS,
    OptionFault: ManualPage.COMMANDS,
    SignInFault: ManualPage.SIGN_IN,
    RunFault: ManualPage.REPORTS,
    SandboxFault: ManualPage.SANDBOX,
    StateFault: ManualPage.TROUBLESHOOTING,
    InputRefused: ManualPage.HR_FILES,
    Held: ManualPage.EXIT_CODES,
    Stopped: ManualPage.TROUBLESHOOTING,
    Locked: ManualPage.EVERY_NIGHT,
    Interrupted: ManualPage.EXIT_CODES,
    Terminated: ManualPage.EXIT_CODES,
}


def page_of_run(
    code: int | None, suspect: Suspect | None, reasons: Iterable[str | None]
) -> ManualPage | None:
    """Return the page that helps after a run, by its exit code and the *reasons* of rows not done."""
    if not code:
        return None
    if suspect and code == ExitCode.STOPPED:
        return BY_SUSPECT[suspect]
    page = BY_EXIT_CODE[ExitCode(code)]
    if code not in (ExitCode.INCOMPLETE, ExitCode.REFUSED):
        return page
    return common_page(BY_REASON.get(Reason(reason), page) for reason in reasons if reason) or page


def page_of_error(error: PresenceWorkerError) -> ManualPage:
    """Return the page that helps after a command that ended without a run."""
    if isinstance(error, Stopped) and error.suspect:
        return BY_SUSPECT[error.suspect]
    return error.page or next(BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR)
