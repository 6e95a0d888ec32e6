"""`presence-worker init`."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click

from ..errors import ExitCode, OptionFault, UsageFault
from ..next_step import NextStep, command_line
from ..settings import Auth, Settings
from ..settings.configuration import PREFIX
from ..superoffice import check_addresses
from ..superoffice.addresses import service_root
from ..superoffice.sign_in import load_scheme
from .doctor import find_trouble, lines_of
from .first_files import Values, check_absent, is_secret, write_files
from .invocation import raise_on_signal
from .options import Options
from .output import is_terminal, print_json, print_lines, remark

SCHEMES = get_args(Auth.model_fields["scheme"].annotation)
TENANT = re.compile(r"Cust\w+", re.ASCII)
ADDRESS, TENANT_NAME = "target.base_url", "target.tenant"
WHERE = "Address of SuperOffice, or your tenant in SuperOffice Online (such as Cust12345)"
LABELS = {
    "auth.username": "User name",
    "auth.client_id": "Client ID of your application",
    "auth.private_key_file": "File with the private key of your application (PEM)",
    TENANT_NAME: "Your tenant in SuperOffice Online (such as Cust12345)",
}
OPTIONS = {  # setting: the option that gives it
    ADDRESS: "--base-url",
    TENANT_NAME: "--tenant",
    "auth.username": "--username",
    "auth.client_id": "--client-id",
    "auth.private_key_file": "--private-key-file",
}
Given = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Owns the ways in which a value may come: an option, a variable, standard input, or a question."""

    given: Given  # by the names of settings
    is_asked: bool  # a person is there, and may be asked
    from_stdin: bool  # the secrets

    def find(self, names: Iterator[str]) -> Values:
        """Return the value of each setting; raise UsageFault naming all that are missing."""
        wanted = [*names]
        found = {name: value for name in wanted if (value := self.given.get(name) or _variable(name))}
        if self.from_stdin:
            found |= _read_secrets([name for name in wanted if is_secret(name)])
        missing = [name for name in wanted if name not in found]
        if missing and not self.is_asked:
            raise UsageFault(_explain_missing(missing), next=NextStep(("init", "--help")))
        return {name: found.get(name) or _ask(name) for name in wanted}

    def find_place(self) -> Values:
        """Return where SuperOffice is: its address, or a tenant of SuperOffice Online."""
        for name in (ADDRESS, TENANT_NAME):
            if value := self.given.get(name) or _variable(name):
                return _check_place(name, value)
        if not self.is_asked:
            raise UsageFault(
                "the address of SuperOffice is missing: give --base-url or --tenant",
                next=NextStep(("init", "--help")),
            )
        while True:
            value = _prompt(WHERE)
            try:
                return _check_place(TENANT_NAME if TENANT.fullmatch(value) else ADDRESS, value)
            except UsageFault as fault:
                remark(str(fault))


@click.command("init")
@click.option("--base-url", metavar="URL", help="Address of SuperOffice, such as https://crm.example.com.")
@click.option("--tenant", metavar="NAME", help="Tenant of SuperOffice Online, such as Cust12345.")
@click.option("--scheme", type=click.Choice(SCHEMES), help="How to sign in. Default with --yes: basic.")
@click.option("--username", metavar="NAME", help="User name (basic and ntlm).")
@click.option("--client-id", metavar="ID", help="Client ID of your application (oauth).")
@click.option("--private-key-file", metavar="FILE", help="Key of your application (system-user).")
@click.option("--secret-stdin", is_flag=True, help="Read the secrets from standard input, one on each line.")
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
    *, scheme: str | None, output: Path, secret_stdin: bool, yes: bool, as_json: bool, **given: str | None
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
    answers = Answers(
        given={name: given[option[2:].replace("-", "_")] for name, option in OPTIONS.items()},
        is_asked=not yes and is_terminal(sys.stdin) and is_terminal(sys.stderr),
        from_stdin=secret_stdin,
    )
    place = output.absolute()
    values = _find_values(answers, place, scheme)
    files = write_files(place, _with_whole_paths(values))
    _show(files, _unset([*values]), _options(place, as_json=as_json))
    return 0


def _find_values(answers: Answers, place: Path, scheme: str | None) -> Values:
    """Return all settings of the new file; raise UsageFault before a question that would be in vain."""
    check_absent(place, iter(()))
    target = answers.find_place()
    chosen = scheme or (_ask_scheme() if answers.is_asked else "basic")
    names = [name for name in _settings_for(chosen) if name not in target]
    check_absent(place, iter(names))
    return {**target, "auth.scheme": chosen, **answers.find(iter(names))}


def _options(configuration: Path, *, as_json: bool) -> Options:
    """Return the options with which `doctor` checks the new file."""
    return Options(
        config=configuration,
        sandbox=False,
        as_json=as_json,
        quiet=False,
        verbose=0,
        no_progress=True,
        flags={},
        repeated=("--config", str(configuration)),
        of_the_input=(),
    )


def _settings_for(scheme: str) -> tuple[str, ...]:
    try:
        return load_scheme(Auth.model_validate({"scheme": scheme})).needed
    except ModuleNotFoundError:
        return ("auth.username", "auth.password")  # of ntlm; doctor says how to install it


def _check_place(name: str, value: str) -> Values:
    section, key = name.split(".")
    try:
        settings = Settings.model_validate({section: {key: value}})
        check_addresses(settings)
        service_root(settings.target)
    except ValueError:
        raise OptionFault(f"option {OPTIONS[name]}: expected a tenant such as Cust12345") from None
    return {name: value}


def _variable(name: str) -> str | None:
    return os.environ.get(f"{PREFIX}{name.replace('.', '__').upper()}")


def _label(name: str) -> str:
    return LABELS.get(name) or name.partition(".")[2].replace("_", " ").capitalize()


def _explain_missing(names: list[str]) -> str:
    ways = [
        f"{_label(name)}: {'--secret-stdin' if is_secret(name) else OPTIONS.get(name, name)}"
        for name in names
    ]
    return f"not all values are given, and no question can be asked. Give {', '.join(ways)}"


def _read_secrets(names: list[str]) -> Values:
    """Return the secrets that standard input has, a line for each, in the order of their *names*."""
    lines = sys.stdin.read().removeprefix("\ufeff").splitlines() if sys.stdin else []
    if len(lines) != len(names) or not all(line and line.isprintable() for line in lines):
        expected = ", then ".join(map(_label, names)) or "nothing"
        raise UsageFault(f"option --secret-stdin: expected one line for each secret: {expected}")
    return dict(zip(names, lines, strict=True))


def _ask_scheme() -> str:
    return str(
        click.prompt(
            "How to sign in", default="basic", type=click.Choice(SCHEMES), err=True, show_choices=True
        )
    )


def _ask(name: str) -> str:
    return _prompt(_label(name), is_hidden=is_secret(name))


def _prompt(label: str, *, is_hidden: bool = False) -> str:
    while True:
        value = str(click.prompt(label, hide_input=is_hidden, err=True)).strip()
        if value.isprintable():
            return value
        remark("This has control characters. Type it again.")


def _with_whole_paths(values: Values) -> Values:
    whole = {name: str(Path(value).absolute()) for name, value in values.items() if name.endswith("_file")}
    return {**values, **whole}


def _unset(names: list[str]) -> list[str]:
    """Take away the variables whose values are in files now; return their names. Else both would be set."""
    variables = [f"{PREFIX}{name.replace('.', '__').upper()}" for name in names if is_secret(name)]
    return [variable for variable in variables if os.environ.pop(variable, None) is not None]


def _show(files: Mapping[str, Path], variables: list[str], options: Options) -> None:
    notes = [f"Unset {name}: its value is in a file now." for name in variables]
    if not options.as_json:
        print_lines(f"Written: {path}" for path in files.values())
        print_lines([*notes, ""])
    found = find_trouble(options)
    if options.as_json:
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
