"""One question to the service, put as a run would put it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..model import Outcome, Trouble

T = TypeVar("T")


async def answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; once more where what was lacking (a new token, a new address) has come meanwhile."""
    found = await ask()
    if isinstance(found, Outcome) and found.trouble is Trouble.RENEWED:
        return await ask()
    return found


def told(outcome: Outcome) -> str:
    """Give why a question was not answered."""
    return str(outcome.stop or outcome.detail)
