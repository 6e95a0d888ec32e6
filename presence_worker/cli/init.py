"""`presence-worker init`."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ..doctor import Diagnosis
from ..errors import ExitCode, OptionFault, PresenceWorkerError
from ..next_step import NextStep, command_line
from ..settings.origin import Nested
from ..settings.overrides import as_tables, read_overrides
from .async_work import raise_on_signal
from .doctor import find_trouble, lines_of
from .first_files import Values, check_place, is_secret, write_files
from .first_settings import OPTIONS, SCHEMES, find_values, variable_of
from .options import Options
from .output import is_terminal, print_json, print_lines, remark

SECTIONS_WRITTEN = ("target", "auth")


@click.command("init")
@click.option("--base-url", metavar="URL", help="Address of SuperOffice, such as https://crm.example.com.")
@click.option("--tenant", metavar="NAME", help="Tenant of SuperOffice Online, such as Cust12345.")
@click.option(
    "--scheme",
    type=click.Choice(SCHEMES),
    help="How to sign in. Default with --yes: basic. SuperOffice Online has no default.",
)
@click.option("--username", metavar="NAME", help="User name (basic and ntlm).")
@click.option("--client-id", metavar="ID", help="Client ID of your application (oauth).")
@click.option("--private-key-file", metavar="FILE", help="Key of your application (system-user).")
@click.option("--secret-stdin", is_flag=True, help="Read the secrets from standard input, one on each line.")
@click.option(
    "--set",
    "overrides",
    metavar="SECTION.KEY=VALUE",
    multiple=True,
    help="Also write this setting of [target] or [auth], such as target.allow_http=true. Can be repeated.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="presence-worker.toml",
    metavar="FILE",
    help="Write this configuration file. Default: presence-worker.toml in this folder.",
)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    *,
    overrides: Sequence[str],
    output: Path,
    secret_stdin: bool,
    yes: bool,
    as_json: bool,
    **given: str | None,
) -> int:
    """Create the configuration: ask questions, write two files, then run `doctor`.

    The secret, such as the password, gets a file of its own beside the configuration. Only you can read
    that file. You do not see the secret while you type it. An option answers a question before it is asked.
    A variable such as PRESENCE_WORKER_AUTH__PASSWORD does the same for a secret. A file that exists is never
    overwritten: exit code 2. Else the exit code is 0, whatever `doctor` finds.

    \b
    Examples:
      presence-worker init
      presence-worker init --base-url https://crm.example.com --username hr-sync
    """
    raise_on_signal()
    configuration = output.absolute()
    check_place(configuration)
    is_asked = not yes and is_terminal(sys.stdin) and is_terminal(sys.stderr)
    flags = _read_options(overrides, given)
    values = find_values(flags, configuration, is_asked=is_asked, from_stdin=secret_stdin)
    files = write_files(configuration, values)
    _show(files, _variables_set_twice(values), as_json=as_json)
    return 0


def _read_options(overrides: Sequence[str], given: Mapping[str, str | None]) -> Nested:
    """Return the settings that options give, by their sections."""
    read = read_overrides(overrides)
    for each in read:
        if each.section not in SECTIONS_WRITTEN:
            raise OptionFault(f"option --set: {each.section}.{each.key} is not in [target] or [auth]")
    tables: dict[str, dict[str, str]] = {}
    for name, option in OPTIONS.items():
        if value := given[option[2:].replace("-", "_")]:
            section, key = name.split(".")
            tables.setdefault(section, {})[key] = value
    return as_tables(read, tables)


def _variables_set_twice(values: Values) -> list[str]:
    """Return the variables whose values are in files of their own now."""
    return [variable_of(name) for name in values if is_secret(name) and variable_of(name) in os.environ]


def _show(files: Mapping[str, Path], variables: Sequence[str], *, as_json: bool) -> None:
    notes = [f"Unset {name}: its value is in a file now." for name in variables]
    for name in variables:  # for doctor, which would find the secret twice
        del os.environ[name]
    if not as_json:
        print_lines([*(f"Written: {path}" for path in files.values()), *notes, ""])
    found = _examine(files["configuration"], as_json=as_json)
    if as_json:
        print_json(
            {
                "state": "finished",
                "exit_code": int(ExitCode.DONE),
                "message": f"{files['configuration']} is written",
                "files": {name: str(path) for name, path in files.items()},
                "notes": notes,
                "next": found.next,
                "doctor": found,
            }
        )
    else:
        print_lines(lines_of(found))
    if found.next:
        remark(f"Next: {command_line(found.next)}")


def _examine(configuration: Path, *, as_json: bool) -> Diagnosis:
    """Return what `doctor` finds with the new file; after a signal, `doctor` is what comes next."""
    repeated = ("--config", str(configuration))
    options = Options(
        config=configuration,
        sandbox=False,
        as_json=as_json,
        quiet=False,
        verbose=0,
        no_progress=True,
        flags={},
        repeated=repeated,
        of_the_input=(),
    )
    try:
        return find_trouble(options)
    except PresenceWorkerError as error:
        error.next = NextStep(("doctor", *repeated))
        raise
