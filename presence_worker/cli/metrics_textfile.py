"""The file with the figures of all targets, written again at the end of each run."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from ..errors import PresenceWorkerError
from ..report.metrics_text import metrics_text
from ..report.target_state import TargetState
from ..run_context import RunContext
from ..runs.each_target import judge_targets
from ..runs.listing import list_runs
from ..serve.served_targets import LoadedTargets
from .options import Options
from .signals import listeners_restored
from .targets import Contexts, contexts_of

READABLE = 0o644  # the collector is another user
PATIENCE = 5.0  # seconds for other runs that end at the same moment
LOCK = "metrics.lock"
log = structlog.get_logger()


def figures_of(contexts: Contexts) -> str:
    """Return the figures of the targets, as the file and the command have them."""
    runs = list_runs(contexts.common)
    return _figures_of_states(judge_targets(contexts.each, contexts.broken, contexts.common, runs))


def _figures_of_states(states: Sequence[TargetState]) -> str:
    return metrics_text([each for each in states if each.target and each.expected.is_configured])


def write_textfile(context: RunContext, options: Options) -> None:
    """Write the file that metrics.textfile names, if any; a failure is logged and does the run no harm.

    It has the configured targets, whichever one the run was for.
    """

    def figures() -> str:
        with listeners_restored():
            return figures_of(contexts_of(_without_target(options)))

    _write_in_turn(context, figures)


def write_textfile_of_service(loaded: LoadedTargets) -> None:
    """Write the same file after a run of the service; any thread may call this."""
    common = loaded.common
    _write_in_turn(common, lambda: _figures_of_states(loaded.judge(list_runs(common))))


def _write_in_turn(context: RunContext, figures: Callable[[], str]) -> None:
    path = context.settings.metrics.textfile
    if path is None:
        return
    try:
        with _in_turn(context):
            _write(path, figures())
    except (OSError, PresenceWorkerError, sqlite3.Error, ValueError) as error:  # ValueError: a name with NUL
        log.warning("metrics.failed", path=str(path), error=type(error).__name__, detail=_reason(error))


@contextmanager
def _in_turn(context: RunContext) -> Iterator[None]:
    """Wait for other runs that end now: one that is slower would overwrite newer figures."""
    lock = FileLock(context.archive.state_dir / LOCK, mode=0o600, fallback_to_soft=False)
    with ExitStack() as turn:
        with suppress(Timeout, NotImplementedError, OSError):
            turn.enter_context(lock.acquire(timeout=PATIENCE))
        yield


def _without_target(options: Options) -> Options:
    flags = {name: values for name, values in options.flags.items() if name != "target"}
    return options._replace(target=None, sandbox=False, flags=flags)


def _write(path: Path, text: str) -> None:
    """Write a file beside its place, and move it there; no reader sees a part of it."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(beside).chmod(READABLE)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
