"""What has to be corrected before the next command: where it stands, and how a job is begun again."""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ..errors import MAY_LOCK, PresenceWorkerError, SignInFault, Stopped, Suspect, UsageFault
from ..intake.source import STDIN
from ..journal import Correction, Journal, RunRecord
from ..next_step import NextStep
from ..private_settings import explain_withheld
from ..report import Advice
from ..run_context import RunContext
from ..run_states import Intent
from ..settings import SECRETS, Auth, Settings
from ..superoffice import all_secrets
from ..wording import series

ADDRESS, OPTION = "target.base_url", "--base-url"
OF_ONLINE = ["target.tenant", "target.environment"]
RENEWED = ("oauth", "system-user")  # schemes whose credentials are fetched again
IF_CORRECTED = "--if-corrected"


def note_suspect(journal: Journal, error: PresenceWorkerError | None, settings: Settings) -> None:
    """Note why a run ended early, and what to correct first, for this report and for later ones."""
    found, known = _suspect(error, settings), journal.run().input
    cause = error.cause if error else None
    are_refused = isinstance(error, Stopped) and error.suspect in MAY_LOCK
    if not (found or cause or are_refused or known.correction or known.cause):
        return
    salt = secrets.token_bytes(16)
    refused = (salt.hex(), _fingerprint(settings, salt)) if are_refused else None
    with journal.transaction():
        journal.save_input(replace(known, correction=Correction(suspect=found, refused=refused), cause=cause))


def _suspect(error: PresenceWorkerError | None, settings: Settings) -> Suspect | None:
    """Return what has to be corrected before this very run, or one of the same target, can work."""
    found = error.suspect if isinstance(error, Stopped) else None
    if found is Suspect.LOGIN:
        return None if settings.target.base_url else Suspect.TARGET
    is_renewed = settings.auth.scheme in RENEWED  # no account is locked, and the cause is often elsewhere
    return None if found is Suspect.SIGN_IN and is_renewed else found


def check_corrected(run: RunRecord, context: RunContext) -> None:
    """Raise SignInFault where we would lock an account as it was refused before; nothing is tried then."""
    if run.input.suspect not in MAY_LOCK or are_corrected(run, context):
        return
    names = series(_names_of_refused(run, context), "or")
    raise SignInFault(
        f"the credentials are still the ones that were rejected, so nothing was tried; correct {names}. "
        f"If they are right now (the account was unlocked, for example), leave out {IF_CORRECTED}",
        next=context.command("resume", run.run_id, IF_CORRECTED),
    )


def are_corrected(run: RunRecord, context: RunContext) -> bool:
    """Return whether we would not sign in just as it was refused in a run."""
    known = run.input.correction
    salt, fingerprint = (known and known.refused) or ("", None)
    if not salt or fingerprint is None:
        return True
    return fingerprint != _fingerprint(context.settings, bytes.fromhex(salt))


def _fingerprint(settings: Settings, salt: bytes) -> str | None:
    """Return a fingerprint of credentials that does not reveal them; None where they cannot be read."""
    auth, proxy = settings.auth, settings.target.proxy or ""
    try:
        shown = "\0".join([auth.scheme, auth.username or "", proxy, *all_secrets(auth)])
    except UsageFault:
        return None
    return hashlib.scrypt(shown.encode(), salt=salt, n=1 << 14, r=8, p=1).hex()


def to_correct(step: Advice, run: RunRecord, context: RunContext) -> Iterator[str]:
    """Yield where that comes from which has to be corrected before a step: its settings, and their places."""
    if step is Advice.SIGN_IN:
        yield f"the credentials come from {series(_names_of_refused(run, context), 'and')}"
    if step is Advice.BEGIN_AGAIN:
        names = [ADDRESS] if context.settings.target.base_url else OF_ONLINE
        places = [f"{name} ({context.origin(name)})" for name in names]
        yield f"the address comes from {series(places, 'and')}"
        if context.origin(names[0]).startswith("option"):
            yield f"the next command does not repeat that option: add the right one, or set {ADDRESS}"
        if run.input.stdin:
            yield "feed the job on standard input again"


def _names_of_refused(run: RunRecord, context: RunContext) -> list[str]:
    """Name the settings that were refused, as far as they are set."""
    if run.input.suspect is Suspect.PROXY:
        return [f"target.proxy ({context.origin('target.proxy')})"]
    auth = context.settings.auth
    names = [name for name in ("username", *_secrets(auth)) if getattr(auth, name) is not None]
    return [f"auth.{name} ({_place(name, context)})" for name in names] or ["[auth]"]


def _secrets(auth: Auth) -> Iterator[str]:
    for name in SECRETS:
        yield name if getattr(auth, name) is not None else f"{name}_file"


def _place(name: str, context: RunContext) -> str:
    is_file = name.endswith("_file")
    return str(getattr(context.settings.auth, name)) if is_file else context.origin(f"auth.{name}")


def begin_again(run: RunRecord, context: RunContext) -> NextStep:
    """Return the command that begins the job of a run again, without the address that was wrong."""
    options = list(context.options)
    for place in reversed([*_places_of_address(options)]):
        del options[place : place + 2]
    return same_job(run, replace(context, options=tuple(options)))


def _places_of_address(options: Sequence[str]) -> Iterator[int]:
    """Yield where options give the address of SuperOffice."""
    for place, (option, value) in enumerate(pairwise(options)):
        if option == OPTION or (option == "--set" and value.startswith(f"{ADDRESS}=")):
            yield place


def same_job(run: RunRecord, context: RunContext) -> NextStep:
    """Return the command that begins the job of a run once more."""
    command = "plan" if run.intent == Intent.PLAN else "run"
    job = STDIN if run.input.stdin else run.input.name
    return context.command(command, job, *label_of_run(run), *context.input_options, *_as_then(run, context))


def label_of_run(run: RunRecord) -> tuple[str, ...]:
    """Return the option that gives the same label again."""
    return ("--label", run.input.label) if run.input.label else ()


def to_add(step: NextStep | None, run: RunRecord, context: RunContext) -> str:
    """Return what a person has to add to a step that reads rows again; "" for nothing."""
    names = dict.fromkeys((*(run.input.withheld or ()), *context.withheld))
    return explain_withheld([*names], step.words[0]) if step else ""


def _as_then(run: RunRecord, context: RunContext) -> Iterator[str]:
    """Yield how the job was read, where it would be read in another way now; a resumed run has no options."""
    config = context.settings.input
    now = {"format": config.format, "delimiter": config.delimiter, "encoding": config.encoding}
    for name, said in now.items():
        then = run.settings.of_input(name)
        if then is not None and then != said:
            yield from (f"--{name}", "tab" if then == "\t" else then)
