"""Attack: a form without its token, with another one's, or with that of another page."""

from .raw_client import once
from .served import Outside
from .test_other_origin import signed_in
from .test_runs import held, state_of
from .visitor import Form, Visitor, forms_of


def test_every_form_has_a_token(served: Outside) -> None:
    """Without any of its hidden fields, or with changed ones, a form does nothing."""
    run, visitor = held(served), signed_in(served, "admin")
    form = visitor.form(f"/runs/{run}", "/apply")
    assert form.fields
    statuses = {}
    for name, value in form.fields.items():
        rest = {key: other for key, other in form.fields.items() if key != name}
        for wrong in (rest, {**rest, name: ""}, {**rest, name: value[::-1] + "x"}):
            statuses[name, str(wrong.get(name))] = visitor.send(form.action, wrong).status
    empty = visitor.send(form.action, {})

    assert {status for status in [*statuses.values(), empty.status] if status < 400} == set()
    assert empty.status in (400, 403)
    assert state_of(served.by("admin"), run) == "held"


def test_a_token_of_another_session_does_not_fit(served: Outside) -> None:
    """A form's token belongs to one session: an attacker's own one is worth nothing."""
    run = held(served)
    mine, theirs = signed_in(served, "boss"), signed_in(served, "admin")
    form = mine.form(f"/runs/{run}", "/apply")

    answer = theirs.send(form.action, form.fields)

    assert answer.status == 403
    assert state_of(served.by("admin"), run) == "held"


def test_signing_out_needs_the_token(served: Outside) -> None:
    """Nobody is signed out by a page of another site."""
    visitor = signed_in(served, "watcher")

    refused = visitor.send("/sign-out", {})

    assert refused.status in (400, 403)
    assert visitor.get("/api/v1/jobs").status == 200


def test_forms_need_their_media_type(served: Outside) -> None:
    """A form as text/plain or JSON, which other sites can send more easily, does nothing."""
    run, visitor = held(served), signed_in(served, "admin")
    form = visitor.form(f"/runs/{run}", "/apply")
    body = "&".join(f"{name}={value}" for name, value in form.fields.items()).encode()
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
        headers = [*visitor.identity, *visitor.manners, ("Content-Type", kind)]
        assert once(served.url, "POST", form.action, body, headers).status in (400, 403, 415)

    assert state_of(served.by("admin"), run) == "held"


def test_pages_need_a_session(served: Outside) -> None:
    """Without a session a page leads to /sign-in; a token in the URL opens nothing."""
    nobody = Visitor(url=served.url)
    run = held(served)

    page = nobody.get(f"/runs/{run}")
    posted = nobody.send(f"/runs/{run}/apply", {"seen": "x"})
    by_url = once(served.url, "GET", f"/api/v1/jobs?token={served.by('boss').token}")
    by_access = once(served.url, "GET", f"/api/v1/jobs?access_token={served.by('boss').token}")

    assert page.status in (303, 401)
    assert posted.status in (303, 401, 403)
    assert (by_url.status, by_access.status) == (401, 401)
    assert state_of(served.by("admin"), run) == "held"


def test_signing_in_leads_nowhere_else(served: Outside) -> None:
    """Whatever the sign-in page is asked to go on to, it stays with us (open redirect)."""
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        visitor = Visitor(url=served.url)
        for name in ("next", "to", "url", "return", "from"):
            page = visitor.get(f"/sign-in?{name}={target}")
            assert page.status in (200, 303, 400)
        (form,) = (each for each in _posts(visitor, f"/sign-in?next={target}"))
        answer = visitor.send(form.action, {**form.fields, form.typed[0]: served.by("watcher").token or ""})
        location = answer.header("Location") or ""
        assert location.startswith((served.url + "/", "/"))
        assert not location.startswith(("//", "/\\"))


def _posts(visitor: Visitor, path: str) -> list[Form]:
    return [form for form in forms_of(visitor.get(path)) if form.method == "post"]
