"""The pages of the service in a browser: what people do with them in the morning."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="no Playwright; `pip install -e '.[browser]'` installs it")

from playwright.sync_api import Page

from presence_worker.sandbox import Sandbox
from tests.run.given import away, sandbox_up
from tests.serve.outside.served import Outside, Place, csv_job, serving, token_of

from .driving import AXE, NARROW, PATIENCE, WIDE, Desk, program, running

SLOW = '[delivery]\nrate = 0.05\nburst = 12\n[safety]\nmax_changes = 20\nmax_invalid = "none"\n'
QUICK = '[delivery]\nrate = 8\n[safety]\nmax_changes = 3\n[input]\ntimezone = "Europe/Oslo"\n'
PAGES = ("/", "held", "bad", "live", "job")
SAID_OF_CONFLICT = "Failed to load resource: the server responded with a status of 409 (Conflict)"
Open = Callable[..., Desk]


class Morning:
    """Owns a service with everything that a first page can show."""

    def __init__(self, service: Outside) -> None:
        self.service = service
        self._numbers = count()
        self.bad = self._run(b"associateId,status,message\n1,StatusNotAvailable,Hols\n2,Xyzzy,Hols\n")
        self.held = self._run(csv_job(away(range(100, 121))), "?label=HR%20ticket%204711")
        jobs = [self._submit(csv_job(away(range(first, first + 20)))) for first in (200, 220)]
        self.job = jobs[-1].removeprefix("/api/v1")
        working = service.by("boss").until(jobs[0], lambda job: bool(job["counts"].get("updated")))
        self.live = f"/runs/{working['run_id']}"

    def _submit(self, body: bytes, query: str = "") -> str:
        """Hand in a file of a name of its own: no later one takes its place."""
        name = f"leave-{chr(ord('a') + next(self._numbers))}.csv"
        answer = self.service.by("importer").submit(body, query, [("X-Filename", name)])
        return str(answer.header("Location"))

    def _run(self, body: bytes, query: str = "") -> str:
        job = self.service.by("boss").finished(self._submit(body, query))
        return f"/runs/{job['run_id']}"

    def address(self, name: str) -> str:
        """Give the address of a page."""
        return self.service.url + (name if name == "/" else getattr(self, name))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests here."""
    executable = program()
    if executable is None:
        pytest.skip("no Chromium; a system's package of it will do")
    with running(executable) as found:
        yield found


def become_ready(service: Outside) -> None:
    """Wait until a service takes jobs in."""
    while service.by(None).get("/readyz").status != 200:
        time.sleep(0.02)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """A run waits for approval, one has a row to correct, one works slowly, and a job is in the queue."""
    with sandbox_up() as superoffice:
        place = Place(folder=tmp_path_factory.mktemp("busy"), targets={"": superoffice.url}, common=SLOW)
        with serving(place) as service:
            become_ready(service)
            yield Morning(service)


@pytest.fixture
def superoffice() -> Iterator[Sandbox]:
    """A SuperOffice of one's own."""
    with sandbox_up() as sandbox:
        yield sandbox


@pytest.fixture
def service(tmp_path: Path, superoffice: Sandbox) -> Iterator[Outside]:
    """A service whose safety limit holds each job of more than three changes."""
    with serving(Place(folder=tmp_path, targets={"": superoffice.url}, common=QUICK)) as found:
        become_ready(found)
        yield found


@pytest.fixture
def desk(browser: Any) -> Iterator[Open]:
    """Sign in at a desk; at the end, the browser must have had nothing to say, and asked nobody else."""
    desks: list[tuple[Desk, str]] = []

    def open_at(url: str, by: str = "boss", **options: Any) -> Desk:
        found = Desk(browser, offline=False, **options)
        desks.append((found, url))
        found.page.goto(f"{url}/sign-in")
        found.page.fill("#secret", token_of(by))
        found.page.keyboard.press("Enter")
        found.page.wait_for_url(lambda address: "sign-in" not in address)
        return found

    yield open_at
    for each, _ in desks:
        each.context.close()
    assert [words for each, _ in desks for words in each.said] == []
    assert [other for each, url in desks for other in each.asked if not other.startswith(url)] == []


def hold(service: Outside, people: int, first: int = 1) -> str:
    """Hand in a job that the limit holds; give the address of its run."""
    body = csv_job(away(range(first, first + people)))
    answer = service.by("importer").submit(body)
    assert answer.status == 202, answer.text
    job = service.by("boss").finished(str(answer.header("Location")))
    assert job["state"] == "held"
    return f"{service.url}/runs/{job['run_id']}"


def heading(page: Page) -> str:
    """Give what a page says first."""
    return " ".join(page.inner_text("h1").replace("\N{NO-BREAK SPACE}", " ").split())


def wait(page: Page, script: str) -> None:
    """Wait until a script says yes; the policy of the pages lets none of their own be made from text."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(script):
        assert time.monotonic() < end, page.inner_text("main")
        page.wait_for_timeout(20)


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core; `npm ci` in tests/vendor installs it")
@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=str)
def test_everybody_can_use_each_page(
    desk: Open, morning: Morning, size: tuple[int, int], scheme: str
) -> None:
    """Contrast, names, roles, headings, sizes: axe finds nothing, and no page is too wide."""
    found = desk(morning.service.url, size=size, scheme=scheme, bypass_csp=True)

    for name in PAGES:
        found.page.goto(morning.address(name))
        assert (name, found.findings()) == (name, [])
        assert found.width() == size[0]


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core; `npm ci` in tests/vendor installs it")
def test_everybody_can_sign_in(browser: Any, morning: Morning) -> None:
    """Also after a mistake, which is said to eyes and ears."""
    found = Desk(browser, offline=False, bypass_csp=True)
    found.page.goto(f"{morning.service.url}/runs/x")
    found.page.fill("#secret", "guess")
    found.page.keyboard.press("Enter")

    found.page.wait_for_selector("[role=alert]")
    assert found.findings() == []
    assert found.page.evaluate("document.activeElement.id") == "secret"
    found.context.close()


def test_the_first_page_has_all_of_the_morning(desk: Open, morning: Morning) -> None:
    """One sentence, what waits with its changes and the button, what works, the queue, the last nights."""
    page = desk(morning.service.url).page

    assert heading(page) == (
        "1 run waits for approval. 1 row needs attention: CRM administrator 1. 1 run is at work."
    )
    assert [each.inner_text() for each in page.locator("h2").all()] == [
        "Waits for a person",
        "Works now",
        "Queue",
        "Last nights",
    ]
    assert page.locator("#waiting tbody tr").count() == 21
    assert page.is_visible("text=Apply 21 changes")
    assert page.is_visible("progress")
    assert page.locator("#queue tbody tr").count() == 1
    assert page.locator("#nights tbody tr").count() == 3


def test_on_a_telephone_the_button_is_in_sight(desk: Open, morning: Morning) -> None:
    """Whoever comes by a link sees the sentence, the first changes and the button at once."""
    page = desk(morning.service.url, size=NARROW).page

    page.goto(morning.address("held"))

    table = page.locator("#acts .wide")
    assert table.evaluate("each => each.scrollHeight <= each.clientHeight")  # nothing is hidden inside
    button = page.locator("button:has-text('Apply 21 changes')").bounding_box()
    assert button
    assert button["y"] + button["height"] <= NARROW[1]
    first_change = page.locator("#acts tbody tr").first.bounding_box()
    assert first_change
    assert first_change["y"] < button["y"]


def test_one_signs_in_watches_and_approves(service: Outside, desk: Open) -> None:
    """The bar moves, and both pages say the end, without anybody touching them."""
    run = hold(service, 24)
    page = desk(service.url).page
    other = desk(service.url).page

    assert heading(page) == "1 run waits for approval."
    page.click("text=Apply 24 changes")
    wait(page, "document.querySelector('.words')?.textContent.includes('requests/s')")
    first = page.evaluate("document.querySelector('progress').value")
    wait(page, f"document.querySelector('progress')?.value > {first}")
    wait(page, "document.querySelector('h1').textContent.includes('All')")

    assert heading(page) == "All 24 rows done."
    other.wait_for_selector("#notice:has-text('Something has changed')")  # it had changes to approve in it
    other.click("text=Show it now")
    assert heading(other) == "All is well."
    page.goto(run)
    assert page.is_visible("text=by HTTP, boss")


def test_a_page_without_anything_to_approve_is_always_new(service: Outside, desk: Open) -> None:
    """What waits appears by itself, and is read out."""
    page = desk(service.url).page
    assert heading(page) == "No job has been sent yet."

    hold(service, 4)

    page.wait_for_selector("text=Apply 4 changes")
    assert heading(page) == "1 run waits for approval."
    assert page.title().startswith("1 run waits for approval.")
    assert page.locator("[role=status] h1").count() == 1


def test_what_is_to_be_approved_never_changes_under_the_button(service: Outside, desk: Open) -> None:
    """A second run that waits is only announced."""
    hold(service, 4)
    page = desk(service.url).page

    hold(service, 5, first=50)

    page.wait_for_selector("#notice")
    assert page.locator("#waiting article").count() == 1


def test_one_stops_a_run(service: Outside, desk: Open) -> None:
    """Its requests in progress are finished; then it can be resumed."""
    hold(service, 60)
    page = desk(service.url).page
    page.click("text=Apply 60 changes")
    wait(page, "document.querySelector('progress')?.value > 0")

    page.click("text=Stop")

    wait(page, "document.querySelector('h1').textContent.includes('Stopped early')")
    page.click("text=Open its run")
    assert page.is_visible("button:has-text('Resume')")


def test_two_approve_at_once(service: Outside, desk: Open) -> None:
    """One is led to the job, the other one reads what happened."""
    run = hold(service, 4)
    one, two = desk(service.url), desk(service.url, java_script_enabled=False)
    for each in (one, two):
        each.page.goto(run)

    one.page.click("text=Apply 4 changes")
    one.page.wait_for_url("**/jobs/*")
    two.page.click("text=Apply 4 changes")

    assert heading(two.page) == "Nothing was done: the run has moved"
    assert "boss asked for apply" in two.page.inner_text("main")
    assert two.said == [SAID_OF_CONFLICT]
    two.said.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_script_all_of_it_works(service: Outside, desk: Open, scheme: str) -> None:
    """Sign in, approve, read the end, sign out."""
    hold(service, 4)
    page = desk(service.url, java_script_enabled=False, size=NARROW, scheme=scheme).page

    page.click("text=Apply 4 changes")
    page.wait_for_url("**/jobs/*")
    while heading(page) != "All 4 rows done.":
        page.reload()
    page.click("text=Open its run")
    page.click("text=report.html")
    assert heading(page) == "All 4 rows done."
    page.go_back()
    page.click("text=Sign out")

    assert heading(page) == "Sign in"


def test_the_keyboard_is_enough(service: Outside, desk: Open) -> None:
    """Tab comes to everything in the order of the page, its ring is seen, and Enter presses it."""
    hold(service, 4)
    page = desk(service.url).page
    reached = []

    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 15)"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if reached[-1].startswith("Apply"):
            break
    page.keyboard.press("Enter")

    assert reached[:2] == ["presence-worker", "Sign out"]
    page.wait_for_url("**/jobs/*")


def test_a_report_reaches_neither_cookie_nor_service(desk: Open, morning: Morning) -> None:
    """It opens in its sandbox, and its own script works."""
    found = desk(morning.service.url)
    found.page.goto(morning.address("bad"))

    found.page.click("text=report.html")
    found.page.wait_for_selector("#status:has-text('2 rows')")

    assert found.page.evaluate("self.origin") == "null"


def test_a_page_says_that_one_is_signed_out(service: Outside, desk: Open) -> None:
    """Such as after a restart of the service; the link leads back to the page."""
    found = desk(service.url)
    found.context.clear_cookies()

    hold(service, 4)

    found.page.wait_for_selector("#notice:has-text('You are signed out.')")
    found.page.click("text=Sign in")
    found.page.wait_for_selector("#secret")
    found.said.clear()  # that the events were refused


def test_a_service_that_is_gone_is_said(service: Outside, desk: Open) -> None:
    """The page does not look as if it were new."""
    found = desk(service.url)

    service.process.kill()

    found.page.wait_for_selector("#notice:has-text('The service cannot be reached.')")
    assert all("Failed to load resource" in words or "ERR_" in words for words in found.said)
    found.said.clear()
