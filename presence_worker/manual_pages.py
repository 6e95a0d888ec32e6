"""The pages of the manual: their names in reading order, and the command that shows one."""

from collections.abc import Iterable
from enum import StrEnum

from .next_step import NextStep, command_line


class ManualPage(StrEnum):
    """The name of a page; `presence_worker/manual/NAME.md` has its text."""

    INSTALL = "install"
    FIRST_RUN = "first-run"
    SIGN_IN = "sign-in"
    HR_FILES = "hr-files"
    LEAVE_AND_DATES = "leave-and-dates"
    EVERY_NIGHT = "every-night"
    MONITORING = "monitoring"
    MANY_TENANTS = "many-tenants"
    MANY_MACHINES = "many-machines"
    SERVICE = "service"
    HTTP_API = "http-api"
    REPORTS = "reports"
    RESULTS_AND_REASONS = "results-and-reasons"
    TROUBLESHOOTING = "troubleshooting"
    COMMANDS = "commands"
    SETTINGS = "settings"
    EXIT_CODES = "exit-codes"
    JSON = "json"
    SANDBOX = "sandbox"
    SUPEROFFICE_API = "superoffice-api"
    HOW_IT_WORKS = "how-it-works"
    PERFORMANCE = "performance"
    SECURITY = "security"
    UPGRADING = "upgrading"
    TERMS = "terms"


BY_SECTION = {  # the others: settings
    "auth": ManualPage.SIGN_IN,
    "input": ManualPage.HR_FILES,
    "notify": ManualPage.MONITORING,
    "metrics": ManualPage.MONITORING,
    "serve": ManualPage.SERVICE,
    "worker": ManualPage.MANY_MACHINES,
    "fleet": ManualPage.MANY_MACHINES,
}


def page_of_section(name: str) -> ManualPage:
    """Return the page that helps with the settings of a section."""
    return BY_SECTION.get(name, ManualPage.SETTINGS)


def common_page(pages: Iterable[ManualPage]) -> ManualPage | None:
    """Return the page that all of them are; None where they differ, or there are none."""
    found = {*pages}
    return found.pop() if len(found) == 1 else None


def manual_step(page: ManualPage) -> NextStep:
    """Return the command that shows a page."""
    return NextStep(("manual", page))


def manual_command(page: ManualPage) -> str:
    """Return that command as sentences name it: `presence-worker manual sign-in`."""
    return command_line(manual_step(page))
