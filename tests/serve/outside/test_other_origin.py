"""Attack: a page of another site sends forms with the cookie of somebody who is signed in (CSRF)."""

import json
from collections.abc import Callable

import pytest

from .raw_client import once
from .served import Outside, Place, serving, token_of
from .test_runs import held, seen, state_of
from .visitor import Visitor

MakePlace = Callable[..., Place]
OTHER_ORIGINS = (
    [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", "https://evil.example")],
    [("Origin", "null")],
    [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
    [("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "same-site")],
    [("Origin", "http://127.0.0.1:1"), ("Sec-Fetch-Site", "same-site")],
)


def signed_in(service: Outside, name: str) -> Visitor:
    """Somebody who has signed in by the page."""
    visitor = Visitor(url=service.url)
    assert visitor.sign_in(token_of(name)).status == 303
    return visitor


@pytest.mark.parametrize("headers", OTHER_ORIGINS, ids=[str(n) for n in range(len(OTHER_ORIGINS))])
def test_a_form_of_another_site_does_nothing(served: Outside, headers: list[tuple[str, str]]) -> None:
    """Even with the right token of the form: what another origin sends with a cookie is 403."""
    run = held(served)
    visitor = signed_in(served, "admin")
    form = visitor.form(f"/runs/{run}", "/apply")

    answer = visitor.send(form.action, form.fields, headers)

    assert answer.status == 403
    assert state_of(served.by("admin"), run) == "held"


def test_the_same_form_of_ours_works(served: Outside) -> None:
    """The page's own form is 303 to where one sees what happens."""
    run = held(served, 500)
    visitor = signed_in(served, "admin")
    form = visitor.form(f"/runs/{run}", "/apply")

    answer = visitor.send(form.action, form.fields)

    assert answer.status == 303
    assert (answer.header("Location") or "").startswith(("/", served.url))


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
def test_a_cookie_alone_changes_nothing_by_the_api(served: Outside, method: str) -> None:
    """A session's cookie may read /api/v1; what changes something needs a token or the page's checks."""
    run = held(served)
    visitor = signed_in(served, "boss")
    body = json.dumps({"seen": seen(served.by("boss"), run)}).encode()
    path = f"/api/v1/runs/{run}/apply" if method == "POST" else "/api/v1/jobs"
    kinds = [("Content-Type", kind) for kind in ("text/plain", "application/json")]

    readable = visitor.get("/api/v1/runs").status
    statuses = {once(served.url, method, path, body, [*visitor.identity, kind]).status for kind in kinds}
    evil = [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]
    statuses |= {once(served.url, method, path, body, [*visitor.identity, *evil, kinds[0]]).status}

    assert readable == 200
    assert statuses <= {401, 403, 405}
    assert state_of(served.by("admin"), run) == "held"


def test_other_sites_are_not_invited(served: Outside) -> None:
    """No answer allows another origin to read it, and a preflight is refused."""
    evil = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")]

    answers = [
        once(served.url, "OPTIONS", "/api/v1/jobs", b"", evil),
        served.by("boss").get("/api/v1/jobs", evil),
        once(served.url, "GET", "/openapi.json", b"", evil),
    ]

    for answer in answers:
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
    assert answers[0].status in (403, 404, 405)


def test_the_cookie_is_kept_from_scripts_and_strangers(place: MakePlace, served: Outside) -> None:
    """HttpOnly, SameSite=Lax, for the whole site; with TLS or a proxy Secure and `__Host-`."""
    (line,) = Visitor(url=served.url).sign_in(token_of("watcher")).cookies.values()
    public = "https://presence.example.com"
    with serving(place(behind_proxy=True, public_url=public)) as service:
        visitor = Visitor(url=service.url, origin=public)
        (secure,) = visitor.sign_in(token_of("watcher")).cookies.values()

    assert all(word in line for word in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in line
    assert secure.startswith("__Host-")
    assert "Secure" in secure


def test_a_session_is_new_at_each_sign_in(served: Outside) -> None:
    """A cookie that somebody planted before is not the one that is signed in (session fixation)."""
    visitor = Visitor(url=served.url)
    visitor.get("/sign-in")
    before = dict(visitor.cookies)
    first = signed_in(served, "watcher").cookies
    planted = Visitor(url=served.url, cookies=dict.fromkeys(first, "planted-by-somebody-else-0123456789"))
    planted.sign_in(token_of("watcher"))

    assert set(before.values()).isdisjoint(first.values())
    assert "planted-by-somebody-else-0123456789" not in planted.cookies.values()


def test_signing_out_ends_the_session_at_the_server(served: Outside) -> None:
    """After signing out the old cookie opens nothing."""
    visitor = signed_in(served, "watcher")
    kept = dict(visitor.cookies)
    form = visitor.form("/", "/sign-out")
    visitor.send(form.action, form.fields)

    late = Visitor(url=served.url, cookies=kept)

    assert late.get("/").status in (303, 401)
    assert late.get("/api/v1/jobs").status == 401
