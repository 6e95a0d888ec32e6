"""Text broken into lines of a terminal, or of a mail from cron."""

import textwrap

WIDTH = 80  # columns; a path or a command is never broken, so that it can be copied


def wrapped(text: str, *, indent: int = 0) -> list[str]:
    """Break a text into lines of a terminal; those after the first are indented."""
    return textwrap.wrap(
        text,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
