"""A browser of this machine, driven by Playwright, with nobody to talk to."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDE, NARROW = (1440, 900), (390, 844)  # a desk, and a telephone
PATIENCE = 5000  # milliseconds for anything that is to appear
AXE = Path(__file__).parents[1] / "vendor" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def program() -> str | None:
    """Give the browser of this machine, None where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def running(executable: str) -> Iterator[Browser]:
    """Let a browser run, without a window."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"] if is_root else []
        )
        try:
            yield browser
        finally:
            browser.close()


class Desk:
    """Owns a window, without any network unless one says so, and what the browser had to say of its page."""

    def __init__(
        self, browser: Browser, *, size: tuple[int, int] = WIDE, scheme: Any = "light", **options: Any
    ) -> None:
        width, height = size
        options = {"offline": True, **options}
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []  # on the console, as errors, and in boxes
        self.asked: list[str] = []  # addresses
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: Path, fragment: str = "") -> Page:
        """Open a page anew, as if somebody had followed a link to it."""
        self.page.emulate_media(media="screen")
        self.page.goto("about:blank")
        self.said.clear()
        self.asked.clear()
        self.page.goto(f"{path.as_uri()}{fragment}")
        return self.page

    def _dismiss(self, box: Dialog) -> None:
        self.said.append(box.message)
        box.dismiss()

    def findings(self) -> list[str]:
        """Give what axe finds wrong with the page."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("rules => axe.run({runOnly: rules})", list(RULES))
        return [
            f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]
        ]

    def width(self) -> int:
        """Give how wide the page is, whatever the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def rows(self) -> list[int]:
        """Give the rows that the table shows."""
        ids = "lines => lines.map(line => line.id)"
        found = self.page.eval_on_selector_all("#table tbody tr", ids)
        return [int(each.removeprefix("row-")) for each in found]
