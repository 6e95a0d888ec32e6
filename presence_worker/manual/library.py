"""The pages as they are shipped: the subject of each, its text, and the page that a name means."""

import difflib
from importlib.resources import files

from ..errors import UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..wording import series

LIST = NextStep(("manual", "--list"))
SUFFIX = ".md"
SCHEMA = ("report", "summary.schema.json")
NEAREST = 3  # similar pages that an error names
SUMMARIES = {
    ManualPage.INSTALL: "Install, update and remove presence-worker.",
    ManualPage.FIRST_RUN: "From the HR file to the first run on your SuperOffice.",
    ManualPage.SIGN_IN: "Password, Windows account, ticket, SuperOffice Online.",
    ManualPage.HR_FILES: "Files from HR systems, with worked examples.",
    ManualPage.LEAVE_AND_DATES: "Lists of leave, first and last days, forms of dates.",
    ManualPage.EVERY_NIGHT: "Run it on a schedule, and see in the morning how it went.",
    ManualPage.MONITORING: "Get a message when a run failed, or did not run.",
    ManualPage.MANY_TENANTS: "Many customers from one configuration.",
    ManualPage.MANY_MACHINES: "Several machines share the work; each can replace another.",
    ManualPage.SERVICE: "Take jobs by HTTP, from folders and by schedule.",
    ManualPage.HTTP_API: "Send jobs from another program, with curl and Python.",
    ManualPage.REPORTS: "The report of a run, and the list of all runs.",
    ManualPage.RESULTS_AND_REASONS: "Each result and reason: its meaning, and who acts.",
    ManualPage.TROUBLESHOOTING: "Something went wrong: doctor, and what happens when.",
    ManualPage.COMMANDS: "Every command with its options and examples.",
    ManualPage.SETTINGS: "Every setting with its default and its variable.",
    ManualPage.EXIT_CODES: "What the exit codes mean.",
    ManualPage.JSON: "Every field of the JSON output, with samples for scripts.",
    ManualPage.SANDBOX: "The simulated SuperOffice, and the faults it can have.",
    ManualPage.SUPEROFFICE_API: "Which parts of the API are used, and what is unknown.",
    ManualPage.HOW_IT_WORKS: "What is read first, how rows are sent, and outages.",
    ManualPage.PERFORMANCE: "How fast it is, and what limits it.",
    ManualPage.SECURITY: "Where secrets and reasons of absence are kept.",
    ManualPage.UPGRADING: "What changes with a new version.",
    ManualPage.TERMS: "The words of this manual.",
}


def read_page(page: ManualPage) -> str:
    """Return the Markdown of a page."""
    return (files(__package__) / f"{page}{SUFFIX}").read_text("utf-8")


def read_schema() -> str:
    """Return the JSON Schema of a summary."""
    return files(__package__.rpartition(".")[0]).joinpath(*SCHEMA).read_text("utf-8")


def find_page(name: str) -> ManualPage:
    """Return the page that *name* means, or begins; raise UsageFault, naming the nearest ones."""
    wanted = name.strip().lower().removesuffix(SUFFIX).replace("_", "-").replace(" ", "-")
    begun = [page for page in ManualPage if page.startswith(wanted)]
    if wanted in begun or len(begun) == 1:
        return ManualPage(wanted) if wanted in begun else begun[0]
    nearest = begun or _nearest(wanted)
    hint = f"; did you mean {series(nearest, 'or')}?" if nearest else ""
    raise UsageFault(f'the manual has no page "{name}"{hint}', next=LIST, page=ManualPage.COMMANDS)


def _nearest(wanted: str) -> list[str]:
    """Return the pages whose names look like *wanted*, or whose names or summaries have this word."""
    close = difflib.get_close_matches(wanted, list(ManualPage), n=NEAREST)
    known = {page: f"{page} {words}".lower() for page, words in SUMMARIES.items()}
    naming = [page for page, words in known.items() if wanted in words and page not in close]
    return [str(page) for page in [*close, *naming][:NEAREST]]
