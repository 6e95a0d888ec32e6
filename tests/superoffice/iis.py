"""A server that signs in connections, as IIS does with NTLM: what it knows is by connection."""

import base64
import struct
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from tests.raw_server import Act, Peer, Request, answer, echo

WHO_AM_I = "/api/v1/User/currentPrincipal"
ACCOUNT = "CRM\\night"
PASSWORD = "Kanarienvogel-7Q"
BOTH = [
    ("WWW-Authenticate", "Negotiate"),
    ("WWW-Authenticate", "NTLM"),
    ("WWW-Authenticate", "Basic realm=x"),
]
STEPS = 3  # requests until a connection has signed in


def ntlm(file: Path, **more: Any) -> dict[str, Any]:
    """Return an [auth] table, with the password in a file."""
    return {"scheme": "ntlm", "username": ACCOUNT, "password_file": file, **more}


def write_accounts(file: Path, password: str = PASSWORD) -> None:
    """Write down whom the server knows, in the form its library reads."""
    file.write_text(f"CRM:night:{password}\n:night@crm.example.com:{password}\n")


class Iis:
    """Owns the knowledge of who has signed in on which connection; an act for every request."""

    def __init__(
        self,
        otherwise: Act = echo,  # for who has signed in
        *,
        offers: list[tuple[str, str]] = BOTH,
        steps: Mapping[int, Act] | None = None,  # other acts for a step of signing in
        bindings: GssChannelBindings | None = None,
        leaving: int = 0,  # the step that is the last on its connection
        is_forgetful: bool = False,  # whoever has signed in is forgotten after that request
    ) -> None:
        self.otherwise = otherwise  # may change later, like what follows
        self._offers = offers
        self.steps = dict(steps or {})
        self._bindings = bindings
        self._leaving = leaving
        self._is_forgetful = is_forgetful
        self._begun: dict[int, spnego.ContextProxy] = {}
        self.signed_in: set[int] = set()
        self.proofs: Counter[int] = Counter()  # by connection, right or wrong
        self.refused = 0  # wrong ones

    async def __call__(self, peer: Peer, request: Request) -> None:
        """Let through who has signed in; go on with who is about to."""
        shown = request.header("Authorization")
        if shown is None and request.connection in self.signed_in:
            await self.otherwise(peer, request)
            return
        step = 1 if shown is None else 3 if request.connection in self._begun else 2
        if request.path == WHO_AM_I and step in self.steps:
            await self.steps[step](peer, request)
        elif shown is None:
            await answer(401, b"<html>", [*self._offers, *self._goodbye(1)])(peer, request)
        else:
            await self._go_on(shown, peer, request)

    def _goodbye(self, step: int) -> list[tuple[str, str]]:
        return [("Connection", "close")] if step == self._leaving else []

    async def _go_on(self, shown: str, peer: Peer, request: Request) -> None:
        word, token = shown.split()
        number = request.connection
        context = self._begun.pop(number, None)
        if context is None:
            context = self._begun[number] = spnego.server(protocol="ntlm", channel_bindings=self._bindings)
            challenge = base64.b64encode(context.step(base64.b64decode(token)) or b"").decode()
            headers = [("WWW-Authenticate", f"{word} {challenge}"), *self._goodbye(2)]
            await answer(401, b"<html>", headers)(peer, request)
            return
        self.proofs[number] += 1
        try:
            context.step(base64.b64decode(token))
        except (SpnegoError, ValueError, struct.error):
            self.refused += 1
            await answer(401, b"<html>", self._offers)(peer, request)
            return
        assert context.complete
        if not self._is_forgetful:
            self.signed_in.add(number)
        await answer(200, b"{}", self._goodbye(3))(peer, request)
