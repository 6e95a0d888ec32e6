"""The targets a command works on: one, or all that the configuration has."""

from typing import NamedTuple

from ..run_context import RunContext
from .invocation import context_of
from .options import Options


class BrokenTarget(NamedTuple):
    """A target whose file cannot be used."""

    name: str
    message: str  # all that is wrong with it, with file and line


class Contexts(NamedTuple):
    """The surroundings of each target that a command works on; it exits with 2 where one is broken."""

    each: list[RunContext]
    broken: list[BrokenTarget]
    common: RunContext  # of what belongs to no target; where there is only one, that one's
    is_several: bool  # whether the configuration has several targets, also where the command names one


def contexts_of(options: Options) -> Contexts:
    """Return the surroundings of a command that works on all targets, or on the one that is named."""
    context = context_of(options, offline=True)
    return Contexts([context], [], context, is_several=False)
