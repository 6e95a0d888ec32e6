"""A browser without a screen: it keeps its cookie, and sends the forms of the pages that it reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

from tests.serve.http.given import Answer, Front

FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
HTML = {"Accept": "text/html"}


@dataclass
class Reader:
    """Somebody who reads the pages."""

    front: Front
    cookie: str = ""
    page: Answer | None = None  # the last one
    moved: list[str] = field(default_factory=list)  # the addresses that answers led to

    @property
    def text(self) -> str:
        """The page."""
        assert self.page
        return self.page.body.decode()

    async def read(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return await self._send("GET", path, None, headers)

    async def send(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        given = {"Origin": self.front.url, "Sec-Fetch-Site": "same-origin", **headers}
        return await self._send(
            "POST", path, dict(fields), {key: value for key, value in given.items() if value}
        )

    def form(self, action: str) -> dict[str, str]:
        """Give the hidden fields of a form in the page."""
        forms = {unescape(where): inside for where, inside in FORM.findall(self.text)}
        return {unescape(name): unescape(value) for name, value in FIELD.findall(forms[action])}

    def actions(self) -> list[str]:
        """Give where the forms of the page go."""
        return [unescape(where) for where, _ in FORM.findall(self.text)]

    async def sign_in(self, token: str, to: str = "/") -> Answer:
        """Sign in; the answer leads to the page."""
        await self.read(f"/sign-in?to={to}")
        return await self.send("/sign-in", {**self.form("/sign-in"), "secret": token})

    async def press(self, action: str, **headers: str) -> Answer:
        """Press the button of a form in the page."""
        return await self.send(action, self.form(action), **headers)

    async def _send(
        self, method: str, path: str, data: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Answer:
        known = {"Cookie": self.cookie} if self.cookie else {}
        async with self.front.session.request(
            method,
            self.front.url + path,
            data=data,
            headers={**HTML, **known, **headers},
            allow_redirects=False,
        ) as found:
            answer = Answer(found.status, found.headers, await found.read())
        if line := answer.headers.get("Set-Cookie"):
            self.cookie = line.partition(";")[0]
        if answer.status == 200:
            self.page = answer
        return answer
