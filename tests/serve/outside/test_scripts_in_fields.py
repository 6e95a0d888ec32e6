"""Attack: markup and scripts in every field that comes from outside (XSS)."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tests.raw_server import answer as saying
from tests.run.given import raw_up

from .raw_client import Answer
from .served import Outside, Place, serving, token_of
from .test_other_origin import signed_in
from .visitor import Visitor

MakePlace = Callable[..., Place]
EVIL = (
    "\"'><img src=x id=evil onerror=alert(1)><script id=evil>alert(1)</script><a id=evil href=javascript:x>"
)
NAME = EVIL.replace("/", "") + ".csv"


class _Finds(HTMLParser):
    """Collects what a page must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.finds: list[str] = []
        self.is_page = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.is_page |= tag == "html"
        values = [(value or "").strip().lower() for value in known.values()]
        if known.get("id") == "evil" or any(name.startswith("on") for name in known):
            self.finds.append(f"{tag} {known}")
        if any(value.startswith(("javascript:", "data:text")) for value in values):
            self.finds.append(f"{tag} {known}")
        if tag == "script" and not known.get("src"):
            self.finds.append("a script without src")
        if tag in ("iframe", "object", "embed", "base", "style") or "style" in known:
            self.finds.append(tag)


def finds(page: Answer) -> list[str]:
    """Find what a page of the service must not have."""
    parser = _Finds()
    parser.feed(page.text)
    assert parser.is_page
    return parser.finds


def policy(page: Answer) -> dict[str, list[str]]:
    """Read the page's Content-Security-Policy."""
    parts = [part.split() for part in (page.header("Content-Security-Policy") or "").split(";")]
    return {name: values for name, *values in filter(None, parts)}


def quoted(text: str) -> str:
    """Give a cell of CSV."""
    return '"' + text.replace('"', '""') + '"'


def url_quoted(text: str) -> str:
    """Give a value of a query."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


def test_fields_of_jobs_are_words(served: Outside) -> None:
    """Label, file name, columns, statuses, comments and identities are shown, never carried out."""
    cell = quoted(EVIL)
    body = (
        f"associateId,status,message,{cell}\n"
        f"1,{cell},{cell},{cell}\n{cell},StatusNormal,,{cell}\n2,StatusNotAvailable,{cell},x\n"
    ).encode()
    boss = served.by("boss")
    query = f"?target=north&label={url_quoted(EVIL[:99])}"
    job = boss.finished(boss.hand_in(body, query, [("X-Filename", NAME)]))
    planned = boss.finished(boss.hand_in(body, f"{query}&plan=true", [("X-Filename", NAME)]))
    visitor = signed_in(served, "boss")

    pages = [visitor.get(path) for path in ("/", *pages_of(job), *pages_of(planned))]

    assert [page.status for page in pages] == [200] * 5
    assert [finds(page) for page in pages] == [[]] * 5
    assert "id=evil" in pages[2].text


def pages_of(job: dict[str, str]) -> list[str]:
    """Give the pages of a job and its run."""
    return [f"/jobs/{job['job']}", f"/runs/{job['run_id']}"]


def test_the_report_is_in_its_sandbox(served: Outside) -> None:
    """A run's report, whose words come from outside, cannot reach the session: its policy is a sandbox."""
    boss = served.by("boss")
    job = boss.finished(boss.hand_in(EVIL.encode(), "?target=north"))

    page = signed_in(served, "boss").get(f"/api/v1/runs/{job['run_id']}/report.html")

    assert page.status == 200
    assert "sandbox" in policy(page)
    assert "allow-same-origin" not in policy(page)["sandbox"]
    assert "allow-top-navigation" not in policy(page)["sandbox"]
    assert page.header("X-Content-Type-Options") == "nosniff"


def test_what_superoffice_says_is_words(place: MakePlace) -> None:
    """Errors of the other side are words as well."""
    error = saying(400, f'{{"Message": "{EVIL}"}}'.replace("\"'>", "'>").encode(), {"X-Evil": "1"})
    with raw_up(error) as server:
        somewhere = place()
        somewhere.targets = {"": server.url}
        somewhere.common += (
            "[delivery]\nread_before = 'off'\n" if "[delivery]" not in somewhere.common else ""
        )
        with serving(somewhere) as service:
            boss = service.by("boss")
            body = b"associateId,status\n1,StatusNormal\n"
            job = boss.finished(boss.hand_in(body))
            visitor = Visitor(url=service.url)
            visitor.sign_in(token_of("boss"))
            pages = [visitor.get(path) for path in ("/", *pages_of(job))]

    assert [finds(page) for page in pages] == [[]] * 3


@pytest.mark.parametrize(
    "path",
    [
        "/{}",
        "/jobs/{}",
        "/runs/{}",
        "/sign-in?next={}",
        "/?{}",
        "/sign-in?error={}",
        "/runs/20260101T000000Z-0000?{}",
    ],
)
def test_addresses_are_words(served: Outside, path: str) -> None:
    """An error page does not carry out what the address says."""
    visitors = [Visitor(url=served.url), signed_in(served, "watcher")]

    pages = [visitor.get(path.format(url_quoted(EVIL))) for visitor in visitors]

    for page in pages:
        assert page.kind in ("text/html", "application/problem+json", "text/plain", "")
        assert page.kind != "text/html" or page.status == 303 or finds(page) == []


def test_a_wrong_token_is_not_repeated(served: Outside) -> None:
    """The sign-in page does not show again what somebody typed: it may be a password."""
    visitor = Visitor(url=served.url)

    page = visitor.sign_in("Kanarienvogel-as-token<script id=evil>")

    assert page.status in (401, 403)
    assert "Kanarienvogel" not in page.text
    assert finds(page) == []


def test_pages_allow_no_inline_script(served: Outside) -> None:
    """The policy of each page: no inline script, no frames around it, forms only to us, no other bases."""
    visitor = signed_in(served, "boss")
    for path in ("/", "/sign-in", "/nothing"):
        page = Visitor(url=served.url).get(path) if path == "/sign-in" else visitor.get(path)
        rules = policy(page)
        scripts = rules.get("script-src", rules.get("default-src"))
        assert scripts is not None
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:", "http:"} & set(scripts)
        for name in ("frame-ancestors", "form-action", "base-uri"):
            assert rules.get(name) in (["'none'"], ["'self'"]), (path, name)
        styles = rules.get("style-src", rules.get("default-src"))
        assert styles is not None
        assert "'unsafe-inline'" not in styles
        assert page.header("X-Content-Type-Options") == "nosniff"
        assert page.header("Referrer-Policy") in ("no-referrer", "same-origin", "strict-origin")
        assert "no-store" in (page.header("Cache-Control") or "")


def test_data_are_never_taken_for_pages(served: Outside) -> None:
    """JSON, tables and events say what they are, and browsers must not guess."""
    boss = served.by("boss")
    job = boss.finished(boss.hand_in(EVIL.encode(), f"?target=north&label={url_quoted('<b>')}"))
    paths = [
        "/api/v1/jobs",
        f"/api/v1/jobs/{job['job']}",
        f"/api/v1/runs/{job['run_id']}",
        "/metrics",
        "/openapi.json",
    ]

    answers = [boss.get(path) for path in (*paths, f"/api/v1/jobs/{url_quoted(EVIL)}")]

    assert all(answer.header("X-Content-Type-Options") == "nosniff" for answer in answers)
    assert all(answer.kind != "text/html" for answer in answers)
