"""All users of the service in one query, page by page."""

from functools import partial

import structlog

from ..delivery import Halt, Policy
from ..model import Change, Outcome, Presence, Result
from ..superoffice import Client
from ..superoffice.user_query import UserDirectory

NOBODY = Change(row=0, associate_id=0, wanted=Presence(status="", message=""))  # whom the query is about
log = structlog.get_logger()


async def count_users(census: UserDirectory, client: Client, policy: Policy, halt: Halt) -> Outcome | None:
    """Read all users into *census*; give what kept us from it, or None. A halt ends it early."""
    tries = policy.tries(partial(client.count, census))
    with halt.scope():
        while not census.is_whole and not halt.reason:
            outcome = await tries.settle(NOBODY)
            if outcome.result is not Result.NOT_SENT and not halt.reason:
                return outcome
        if census.is_whole:
            log.info("read.users", users=len(census.users))
    return None
