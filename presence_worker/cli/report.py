"""`presence-worker report`."""

import webbrowser
from pathlib import Path

import click

from ..errors import OptionFault
from ..run.commands import answer_hr, report_run
from .options import Options, options_of
from .output import print_file, print_lines, remark
from .show import show
from .targets import context_of_run

FILES = {"html": "report.html", "csv": "report.csv", "jsonl": "report.jsonl", "json": "summary.json"}
TEXT = "text"


@click.command("report")
@click.argument("run")
@click.option("--open", "in_browser", is_flag=True, help="Show report.html in the browser.")
@click.option(
    "--as",
    "kind",
    type=click.Choice([*FILES, TEXT]),
    help="Print this file; json is the summary, text an answer for HR.",
)
@options_of("report")
def command(options: Options, run: str, *, in_browser: bool, kind: str | None) -> int:
    """Write a run's report files again, from its journal.

    RUN is the ID of a run, its beginning or last four characters, or `last`. `last` is the newest run of the
    configured SuperOffice. If none is configured, it is the newest of all runs. With --as, standard output
    has exactly that file. `--as text` prints an answer for HR, to paste into a mail. The exit code is 0 if
    the files were written.

    \b
    Examples:
      presence-worker report last --open
      presence-worker report last --as csv
      presence-worker report last --as text
    """
    if kind and options.as_json:
        raise OptionFault("options --as and --json: each prints something of its own; keep one")
    summary = report_run(run, context := context_of_run(options, run, offline=True))
    if kind == TEXT:
        print_lines(answer_hr(run, context))
    elif kind:
        print_file(Path(summary.files[FILES[kind]]))
    elif options.as_json or not options.quiet:
        show(summary, options)
    if in_browser:
        _open(Path(summary.files[FILES["html"]]))
    return 0


def _open(page: Path) -> None:
    """Show a page in the browser; where there is none, its path is what helps."""
    opened = webbrowser.open(page.as_uri())
    remark(f"Opened in the browser: {page}" if opened else f"No browser could be started: open {page}")
