"""A browser without script: it keeps cookies, and fills in the forms that a page has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from .raw_client import Answer, Headers, once

FORM = ("Content-Type", "application/x-www-form-urlencoded")
TYPED = "password"  # the kind of field that a token is written into


@dataclass(slots=True, kw_only=True)
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)  # as the page fills them in
    typed: list[str] = field(default_factory=list)  # those that a token is written into


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form":
            form = Form(action=known.get("action") or "", method=(known.get("method") or "get").lower())
            self.forms.append(form)
        name = known.get("name")
        if name and self.forms and tag in ("input", "button"):
            self.forms[-1].fields[name] = known.get("value") or ""
            if tag == "input" and known.get("type") == TYPED:
                self.forms[-1].typed.append(name)


def forms_of(page: Answer) -> list[Form]:
    """Find the forms of a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Somebody with a browser."""

    url: str
    origin: str | None = None  # as people reach it; None: by its URL
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: Headers = ()) -> Answer:
        """Open a page."""
        return self._keep(once(self.url, "GET", path, b"", (*self.identity, *headers)))

    def send(self, path: str, fields: Mapping[str, str], headers: Headers | None = None) -> Answer:
        """Send a form as a page of the service does, or with other *headers*."""
        given = self.manners if headers is None else tuple(headers)
        body = urlencode(fields).encode()
        return self._keep(once(self.url, "POST", path, body, (*self.identity, FORM, *given)))

    @property
    def manners(self) -> tuple[tuple[str, str], ...]:
        """What a browser says of a form that came from the service itself."""
        return (("Origin", self.origin or self.url), ("Sec-Fetch-Site", "same-origin"))

    @property
    def identity(self) -> tuple[tuple[str, str], ...]:
        """The host as people know it, and the cookies."""
        line = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        cookies = (("Cookie", line),) if line else ()
        host = urlsplit(self.origin or self.url).netloc
        return (("Host", host), ("Accept", "text/html"), *cookies)

    def sign_in(self, token: str) -> Answer:
        """Sign in by the page."""
        (form,) = (form for form in forms_of(self.get("/sign-in")) if form.method == "post")
        (name,) = form.typed
        return self.send(form.action or "/sign-in", {**form.fields, name: token})

    def form(self, path: str, action: str) -> Form:
        """Find the form of a page that is sent to a path with this ending."""
        forms = [form for form in forms_of(self.get(path)) if form.action.endswith(action)]
        assert forms, f"{path} has no form for {action}"
        return forms[0]

    def _keep(self, answer: Answer) -> Answer:
        for name, line in answer.cookies.items():
            value = line.partition("=")[2].partition(";")[0]
            if value.strip('"'):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer
