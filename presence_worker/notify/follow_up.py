"""What a command that works on a run does about messages: it notes the run, and sends at its end."""

from collections.abc import Awaitable, Callable
from contextlib import closing

from ..events import Emit
from ..next_step import NextStep
from ..run_context import RunContext
from .dispatch import deliver
from .notification_store import NotificationStore
from .notifier import Notifier

Finish = Callable[[int, tuple[str, NextStep] | None], Awaitable[None]]


def begin(context: RunContext) -> tuple[Emit, Finish]:
    """Queue messages of earlier runs that have none; return what hears of the run, and what sends at its end.

    The latter takes the exit code, and state and next step of a command that came to nothing. It returns
    within notify.timeout.
    """
    notifier = Notifier(context, NotificationStore.open(context.archive.state_dir))
    notifier.catch_up()

    async def finish(code: int, failure: tuple[str, NextStep] | None) -> None:
        with closing(notifier):
            notifier.catch_up()
            if failure:
                notifier.report_failure(code, *failure)
            is_ending = failure is not None or notifier.pinged is not None
            await deliver([notifier], notifier.notify.timeout, code if is_ending else None)

    return notifier.hear, finish
