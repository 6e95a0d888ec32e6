"""The whole examination: what it needs is opened, used and closed again."""

from contextlib import AsyncExitStack, suppress

from ..errors import UsageFault
from ..superoffice import open_client
from ..superoffice.addresses import service_root
from ..superoffice.anonymous_client import open_anonymous_client
from .case import Case
from .findings import Finding
from .table import check_up


async def examine(case: Case) -> list[Finding]:
    """Make all checks that can be made; with problems in the settings, no credential is shown."""
    async with AsyncExitStack() as opened:
        with suppress(UsageFault):  # which is among the problems
            case.root = service_root(case.settings.target)
            case.caller = await opened.enter_async_context(open_anonymous_client(case.settings))
        if not case.problems:
            case.client = await opened.enter_async_context(open_client(case.settings))
        return await check_up(case)
