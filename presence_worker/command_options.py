"""Which options each command uses: for its help, and for the commands that are printed to be run next.

A command also accepts those of JOB that it does not use: one list of options in a script serves for all.
"""

from collections.abc import Iterator, Sequence

WHERE = ("config", "target", "state_dir", "base_url", "sandbox", "set")
INPUT = ("format", "delimiter", "encoding")
PACE = ("rate", "concurrency", "read_before")
LIMITS = ("max_changes", "max_invalid", "max_failures", "strict")
OUTPUT = ("as_json", "quiet", "verbose")
PROGRESS = "no_progress"
JOB = (*WHERE, *INPUT, *PACE, *LIMITS, PROGRESS, *OUTPUT)
USED = {  # command: its options, by the names of their parameters
    "run": JOB,
    "check": ("config", "target", "set", *INPUT, "max_invalid", *OUTPUT),
    "plan": JOB,
    "apply": (*WHERE, *PACE, "max_failures", PROGRESS, *OUTPUT),
    "resume": (*WHERE, *PACE, *LIMITS, PROGRESS, *OUTPUT),
    "undo": (*WHERE, *PACE, "max_changes", "max_failures", PROGRESS, *OUTPUT),
    "report": (*WHERE, *OUTPUT),
    "runs": (*WHERE, *OUTPUT),
    "schedule": (*WHERE, *OUTPUT),
    "notify": (*WHERE, *OUTPUT),
    "metrics": (*WHERE, *OUTPUT),
    "prune": ("config", "target", "state_dir", "set", *OUTPUT),
    "serve": (*WHERE, "quiet", "verbose"),
    "worker": ("config", "target", "state_dir", "set", "quiet", "verbose"),
    "queue": (*WHERE, *OUTPUT),
    "fleet": ("config", "set", *OUTPUT),
    "doctor": (*WHERE, *PACE, *OUTPUT),
}
REPEATED = (  # in the command to run next
    *WHERE,
    "rate",
    "concurrency",
    "max_changes",  # like the next two it may have been asked for before it could be judged
    "max_invalid",
    "strict",
    "max_failures",
    "read_before",
)
SETTINGS = {  # parameter: the setting that it gives
    "state_dir": ("storage", "state_dir"),
    "base_url": ("target", "base_url"),
    "rate": ("delivery", "rate"),
    "concurrency": ("delivery", "concurrency"),
    "read_before": ("delivery", "read_before"),
    "format": ("input", "format"),
    "delimiter": ("input", "delimiter"),
    "encoding": ("input", "encoding"),
    "max_changes": ("safety", "max_changes"),
    "max_invalid": ("safety", "max_invalid"),
    "max_failures": ("safety", "max_failures"),
    "strict": ("safety", "strict"),
}
FLAGS = ("--sandbox", "--strict")  # options without a value
SPELLED = {"as_json": "--json"}  # where an option is not called like its parameter


def spell(parameter: str) -> str:
    """Return an option as it is typed: `--read-before` for "read_before"."""
    return SPELLED.get(parameter, f"--{parameter.replace('_', '-')}")


def select_options(command: str, options: Sequence[str]) -> Iterator[str]:
    """Yield the words of those *options* that a command uses, and of those that say where it works."""
    used, words = {*map(spell, (*WHERE, *USED.get(command, ())))}, iter(options)
    for option in words:
        pair = (option,) if option in FLAGS else (option, next(words))
        if option in used:
            yield from pair
