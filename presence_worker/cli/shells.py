"""Completion in each shell: the script that a shell loads, and the answer to one press of TAB."""

import os
import sys
from typing import ClassVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete

from ..next_step import PROGRAM

VARIABLE = "_PRESENCE_WORKER_COMPLETE"  # says what a shell asks for, such as bash_complete


class PowerShellComplete(ShellComplete):
    """Windows PowerShell 5 and PowerShell 7; where nothing is offered, they offer files."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = $commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text }
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_INCOMPLETE = $wordToComplete
    try {
        & %(prog_name)s 2>$null | Where-Object { $_ } | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_INCOMPLETE -ErrorAction SilentlyContinue
    }
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that one."""
        words = [word.strip("'\"") for word in os.environ["COMP_WORDS"].split("\n")[1:]]
        incomplete = os.environ.get("COMP_INCOMPLETE", "").strip("'\"")
        return (words[:-1] if incomplete and words else words), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return a line of the answer; a tooltip must not be empty."""
        return f"{item.value}\t{item.help or item.value}"

    def complete(self) -> str:
        """Return all lines but those that ask for files."""
        items = self.get_completions(*self.get_completion_args())
        return "\n".join(self.format_completion(item) for item in items if item.type == "plain")


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
    "powershell": PowerShellComplete,
}
CALLS = ("$1)", f"{PROGRAM})")  # how the scripts of click call the program


def script_of(shell: str) -> str:
    """Return what a shell has to load; it drops what Python prints when Ctrl-C comes in its first moment."""
    script = ShellComplete.source(SHELLS[shell](click.Group(), {}, PROGRAM, VARIABLE))
    for call in CALLS:
        script = script.replace(call, f"{call[:-1]} 2>/dev/null)")
    return script


def answer(commands: click.Group) -> None:
    """Print what a shell asks for; print nothing where that fails."""
    shell, _, question = os.environ[VARIABLE].partition("_")
    try:
        asked = SHELLS[shell](commands, {}, PROGRAM, VARIABLE)
        said = ShellComplete.source(asked) if question == "source" else asked.complete()
    except Exception:  # noqa: BLE001 - such as a configuration that cannot be read
        return
    if sys.stdout:
        sys.stdout.write(f"{said}\n")
