"""The outermost frame: whatever happens becomes one true exit code, and one JSON object where asked for."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import NoReturn

import click

from ..errors import ExitCode, Interrupted, OptionFault, PresenceWorkerError, Terminated, place_of
from ..help_pages import page_of_error
from ..next_step import PROGRAM, NextStep
from ..private_settings import explain_withheld, find_withheld, settings_in
from ..wording import as_sentence
from .lazy import IN_RUN, commands, load_lazily
from .options import printable, without_credentials
from .output import CommandFailure, Finish, print_failure, remark, speak_utf8
from .signals import BEFORE, ENDINGS, listeners_restored, noted

STATES = {  # of what came to nothing; else "refused"
    ExitCode.CRASHED: "stopped",
    ExitCode.STOPPED: "stopped",
    ExitCode.INTERRUPTED: "stopped",
    ExitCode.TERMINATED: "stopped",
}
STDIN = "-"
SERVICES = ("serve", "worker")
COMPLETE = "_PRESENCE_WORKER_COMPLETE"  # a shell asks what can be typed
HELP = NextStep(("--help",))
UNHEEDED = (  # variables that libraries obey when they are loaded, and with which they give secrets away
    "SSLKEYLOGFILE",  # writes the keys of TLS sessions to a file
    "PYSPNEGO_LOG_CFG",  # can log every step of signing in with NTLM
    "LM_COMPAT_LEVEL",  # can lower NTLM to its first version, which is easy to break
)
WITHOUT_PLUGINS = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}  # they are shown all settings, secrets as well


def main() -> NoReturn:
    """Run the command line and leave."""
    for name in UNHEEDED:
        os.environ.pop(name, None)
    os.environ.update(WITHOUT_PLUGINS)
    _fill_gaps()
    if os.name == "nt":
        speak_utf8(sys.stdout)
        speak_utf8(sys.stderr)
    code = execute(sys.argv[1:])
    _let_signals_pass()
    _let_go_of_output()
    if any(thread.daemon for thread in threading.enumerate()):  # one waits for input that may never come
        os._exit(code)
    sys.exit(code)


def execute(arguments: Sequence[str]) -> int:
    """Carry out a command line, and what follows it; give the exit code."""
    if COMPLETE in os.environ:
        return _answer_shell()
    watched: list[Finish] = []  # commands that something follows; they are added by themselves
    ended = _carry_out(arguments, watched)
    failure, code = (ended, ended.exit_code) if isinstance(ended, CommandFailure) else (None, ended)
    if arguments[:1] and arguments[0] in IN_RUN and (watched or failure):
        with listeners_restored():
            load_lazily(".cli.follow:follow")(arguments, watched, failure, code)
    return code


def _carry_out(arguments: Sequence[str], watched: list[Finish]) -> int | CommandFailure:
    """Carry out a command line; give the exit code, or the failure that was printed."""
    try:
        with listeners_restored():
            return int(commands.main(list(arguments), PROGRAM, standalone_mode=False, obj=watched) or 0)
    except click.ClickException as error:
        return _report_usage(arguments, error)
    except OptionFault as error:
        return _report_failure(arguments, error, NextStep((arguments[0], "--help")))
    except PresenceWorkerError as error:
        return _report_failure(arguments, error, error.next or _again(arguments), is_again=not error.next)
    except (KeyboardInterrupt, click.Abort):
        stopped = Interrupted("interrupted before anything was sent")
        return _report_failure(arguments, stopped, _again(arguments), is_again=True)
    except Exception as error:  # noqa: BLE001 - the last frame: a bug is reported, never its values
        if noted:  # raised in the midst of what calls any error by another name, such as a class being made
            return _report_failure(arguments, _signal_error(), _again(arguments), is_again=True)
        return _report_failure(arguments, PresenceWorkerError(_where(error)), _resume(arguments))
    finally:
        noted.clear()


def _report_usage(arguments: Sequence[str], error: click.ClickException) -> CommandFailure:
    """Print which words of the command line are wrong."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        remark(error.format_message())
        return _report_failure(arguments, OptionFault("no command given"), HELP)
    context = error.ctx if isinstance(error, click.UsageError) else None
    words = context.command_path.split()[1:] if context else ()
    message = without_credentials(error.format_message())
    return _report_failure(arguments, OptionFault(message), NextStep((*words, "--help")))


def _answer_shell() -> int:
    answer_shell: Callable[[], None] = load_lazily(".cli.light_commands:answer_shell")
    answer_shell()
    return int(ExitCode.DONE)


def _report_failure(
    arguments: Sequence[str], error: PresenceWorkerError, next_step: NextStep, *, is_again: bool = False
) -> CommandFailure:
    """Print why the command failed; *is_again*: the next step is the same command."""
    code = error.exit_code
    failure = CommandFailure(
        state=STATES.get(code, "refused"),
        exit_code=int(code),
        message=_ask_for_more(arguments, str(error)) if is_again else str(error),
        next=next_step,
        help=page_of_error(error),
    )
    if "--json" in arguments:
        load_lazily(".cli.show:show_failure")(arguments[0], failure)
    print_failure(failure)
    return failure


def _signal_error() -> PresenceWorkerError:
    kinds = {int(kind.exit_code): kind for kind in (Interrupted, Terminated)}
    return kinds[ENDINGS[noted[0]]](BEFORE)


def _again(arguments: Sequence[str]) -> NextStep:
    """Return the same command, as it can be called from anywhere."""
    try:
        again: NextStep = load_lazily(".cli.same_command:same_again")(arguments)
    except OSError:  # such as a working directory that is gone
        return NextStep(tuple(printable(arguments)))
    return again


def _resume(arguments: Sequence[str]) -> NextStep:
    if arguments[:1] and arguments[0] in SERVICES:  # they resume their runs themselves
        return _again(arguments)
    try:
        resume: NextStep = load_lazily(".cli.same_command:resume_instead")(arguments)
    except OSError:
        return NextStep(("resume",))
    return resume


def _ask_for_more(arguments: Sequence[str], message: str) -> str:
    """Add to a message what the same command needs: settings it does not repeat; a pipe is empty by now."""
    words = [explain_withheld(find_withheld([*settings_in(arguments)]), arguments[0])]
    words += ["Feed the job on standard input again"] if STDIN in arguments else []
    more = [as_sentence(each) for each in words if each]
    return " ".join([as_sentence(message), *more]) if more else message


def _where(error: Exception) -> str:
    """Return the kind and the place of a bug; its values may be secret."""
    return f"a bug in presence-worker: {type(error).__name__} at {place_of(error)}; please report it"


def _fill_gaps() -> None:
    """Put something behind the numbers of streams our caller closed, before a file of ours gets one of them.

    The event loop ends the program by force when it has to close a socket of such a number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _let_signals_pass() -> None:
    """Leave with our exit code: Python, while it ends, would let a late signal kill us."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _let_go_of_output() -> None:
    """Flush what was printed; a reader who has gone must not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
