"""`presence-worker completion`."""

import click

from .output import print_lines
from .shells import SHELLS, script_of


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> int:
    """Print a script that completes commands, options and run IDs in your shell.

    bash: add the line below to ~/.bashrc. zsh: add it to ~/.zshrc, below compinit. fish: the command
    saves the script where fish looks for it. PowerShell 5 and 7: add the line to the file that $PROFILE
    names. Then open a new terminal.

    \b
    bash:  eval "$(presence-worker completion bash)"
    zsh:   eval "$(presence-worker completion zsh)"
    fish:  presence-worker completion fish \\
             > ~/.config/fish/completions/presence-worker.fish
    PowerShell:
           presence-worker completion powershell | Out-String | Invoke-Expression

    \b
    Example:
      presence-worker completion bash
    """
    print_lines(script_of(shell).rstrip("\n").split("\n"))
    return 0
