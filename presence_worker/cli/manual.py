"""`presence-worker manual`."""

import os
import shutil
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import click

from ..manual.library import SUMMARIES, find_page, read_page, read_schema
from ..manual.terminal import Look, fit_width, page_lines
from ..manual_pages import ManualPage
from .lazy import load_lazily
from .output import is_terminal, print_lines, remark

HINTS = (
    "Show a page:          presence-worker manual PAGE",
    "Open all of them:     presence-worker manual --open",
)


@click.command("manual")
@click.argument("page", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the pages.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the summary (see page json).")
@click.option("--open", "in_browser", is_flag=True, help="Open the whole manual in the browser.")
def command(page: str | None, *, as_list: bool, schema: bool, in_browser: bool) -> int:
    """Show the manual, page by page.

    The manual is part of the program and needs no network. PAGE is the name of a page, or the beginning of
    it. A page that is longer than the terminal opens in your pager (PAGER). With --open, all pages are
    written to one HTML file, and your browser opens it at PAGE.

    \b
    Examples:
      presence-worker manual --list
      presence-worker manual settings
      presence-worker manual sign-in --open
      presence-worker manual --schema > summary.schema.json
    """
    found = find_page(page) if page else None
    if schema:
        print_lines([read_schema().rstrip()])
    elif in_browser:
        _open(found)
    elif found is None or as_list:
        print_lines(_list())
    else:
        _show(found)
    return 0


def _list() -> Iterator[str]:
    width = max(map(len, ManualPage))
    yield from (f"{page:<{width}}  {words}" for page, words in SUMMARIES.items())
    yield ""
    yield from HINTS


def _show(page: ManualPage) -> None:
    """Print a page; a person at a terminal reads a long one in their pager."""
    is_watched = is_terminal(sys.stdout)
    size = shutil.get_terminal_size()
    look = Look(page=page, width=fit_width(size.columns), is_bold=is_watched and _takes_escapes())
    lines = page_lines(read_page(page), look)
    if is_watched and len(lines) >= size.lines:
        click.echo_via_pager(f"{line}\n" for line in lines)
    elif look.is_bold:
        click.echo("\n".join(lines))
    else:
        print_lines(lines)


def _takes_escapes() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _open(page: ManualPage | None) -> None:
    """Write the whole manual as a web page, and show it in the browser; its path helps if there is none."""
    path: Path = load_lazily(".manual.web_page:write_manual")()
    address = path.as_uri() + (f"#{page}" if page else "")
    opened = webbrowser.open(address)
    remark(f"Opened in the browser: {path}" if opened else f"No browser could be started. Open {path}")
