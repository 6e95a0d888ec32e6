"""The pictures of README, always of the same night: `python -m tests.browser.screenshots` takes them anew."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .driving import NARROW, WIDE, Desk, program, running
from .given import night

FOLDER = Path(__file__).parents[1] / "screenshots"
TALL = 1500  # pixels: the answer, and the pictures below it


def main() -> int:
    """Take all of them; give the exit code."""
    executable = program()
    if executable is None:
        sys.stderr.write("no Chromium; a system's package of it will do\n")
        return 1
    with TemporaryDirectory() as folder, running(executable) as browser:
        page = night(Path(folder))
        for width, _ in (WIDE, NARROW):
            for scheme in ("light", "dark"):
                desk = Desk(browser, size=(width, TALL), scheme=scheme)
                desk.open(page).screenshot(path=FOLDER / f"report-{width}-{scheme}.png")
                desk.context.close()
        desk = Desk(browser, size=WIDE)
        desk.open(page, "#rows?result=invalid")
        desk.page.locator("#rows").scroll_into_view_if_needed()
        desk.page.screenshot(path=FOLDER / f"rows-{WIDE[0]}-light.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
