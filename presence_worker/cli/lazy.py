"""The commands, each loaded only when it is called, so that help comes at once."""

import gc
from typing import Any

import click

from .. import __version__
from ..errors import EXIT_CODES
from ..loading import load

COMMANDS = {  # name: its help in one line; its module has the rest
    "init": "Create the configuration, and check it.",
    "run": "Send a job to SuperOffice: read, check, send, report.",
    "check": "Check a file; nothing is stored or sent.",
    "plan": "Show what a file would change; nothing is sent.",
    "apply": "Send a planned or held run exactly as it was stored.",
    "resume": "Continue a stopped run.",
    "undo": "Put back what a run has changed.",
    "report": "Write a run's report files again.",
    "runs": "List runs, newest first.",
    "schedule": "List planned absences and returns; `cancel` cancels them.",
    "notify": "Send messages that wait; try the channels; report late jobs.",
    "metrics": "Print figures for a monitoring system.",
    "prune": "Delete runs older than storage.keep.",
    "serve": "Take jobs by HTTP, from folders and by schedule.",
    "worker": "Carry out what is queued, as one of several machines.",
    "queue": "List jobs that wait for the service; `add` and `cancel` them.",
    "fleet": "Share a database between machines: `init`, `status`, `encrypt`.",
    "token": "Make a token for the service.",
    "doctor": "Check settings, address, sign-in and permissions before a run.",
    "manual": "Show the manual, page by page.",
    "completion": "Print a script that completes commands in your shell.",
    "sandbox": "Simulate SuperOffice on this machine, to rehearse.",
}
IN_RUN = ("run", "plan", "apply", "resume", "undo")  # are in one module; each other one is in its own
OTHERWISE = {
    "fleet": "fleet_commands",
    "notify": "notifications",
    "serve": "service_process",
}  # but for a command whose module has another name


def load_lazily(table_entry: str) -> Any:
    """Return what `load` does of a module of this package, such as `.cli.progress:ProgressLine`."""
    gc.disable()  # loading makes many objects that stay, and hardly any garbage: do not look for it, ever
    try:
        return load(table_entry)
    finally:
        gc.freeze()
        gc.enable()


class LazyGroup(click.Group):
    """A group whose commands are in modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        place = (
            f"run:{cmd_name}_command"
            if cmd_name in IN_RUN
            else f"{OTHERWISE.get(cmd_name, cmd_name)}:command"
        )
        command: click.Command = load_lazily(f".cli.{place}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write an example and the exit codes."""
        with formatter.section("Example"):
            formatter.write_text("presence-worker run changes.csv --sandbox")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), row.meaning) for code, row in EXIT_CODES.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="presence-worker")
def commands() -> None:
    """Set the presence status of many SuperOffice users from one file."""
