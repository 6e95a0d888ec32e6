"""Who may come in: tokens in constant time, wrong ones counted, and the hosts that are ours."""

import hashlib
import hmac
import ipaddress
import math
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
import structlog
from aiohttp import web

from ...settings.serve import AccessToken, Serve
from ...settings.value_types import is_loopback
from ..caller import Caller
from .problem import HttpProblem

MINUTE = 60.0  # seconds
MOST_WRONG = 10  # tokens in a minute from one address
MOST_ADDRESSES = 10_000  # that are remembered
MOST_UNPROVEN = 8  # signed bodies that are received at once: who sends them is only known at their end
OF_ONE_CLIENT = 64  # bits of an IPv6 network
MOST_FOREIGN = 10  # hosts that are logged
FOREIGN = "This service is not known by this host name. Use the address that its administrator gave you"
CHALLENGE = {"WWW-Authenticate": "Bearer"}
NOT_LET_IN = "The token is missing or wrong. Send it as: Authorization: Bearer TOKEN"
log = structlog.get_logger()


class Access:
    """Owns the count of wrong tokens; the right ones are read from the settings each time."""

    def __init__(self, settings: Callable[[], Serve], clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self.unproven = anyio.Semaphore(MOST_UNPROVEN)
        self._foreign: set[str] = set()  # hosts that were logged
        self._wrong: dict[str, deque[float]] = {}  # by address, oldest address first

    def check_token(self, token: str, request: web.Request) -> Caller:
        """Return whose token it is; raise HttpProblem 401 for a wrong one, 429 after too many of them."""
        address = self.address_of(request)
        self.check_patience(address)
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        found = None
        for name, known in self._settings().tokens.items():  # all of them: the time says nothing
            if hmac.compare_digest(digest, known.sha256):
                found = _caller(name, known)
        if found is None:
            self.note_wrong(address)
            raise HttpProblem(401, NOT_LET_IN, CHALLENGE)
        return found

    def find_by_name(self, name: str) -> Caller | None:
        """Return who has the token of a *name* now; None: the settings no longer have it."""
        known = self._settings().tokens.get(name)
        return _caller(name, known) if known else None

    def address_of(self, request: web.Request) -> str:
        """Return where a request comes from; behind a proxy, as the proxy next to us says."""
        if self._settings().behind_proxy:
            passed_on = ",".join(request.headers.getall("X-Forwarded-For", [])).rpartition(",")[2].strip()
            if passed_on:
                return _client_at(_without_port(passed_on))
        return _client_at(request.remote or "")

    def check_patience(self, address: str) -> None:
        """Raise HttpProblem 429 for an address with too many wrong tokens in the last minute."""
        now = self._clock()
        times = self._wrong.get(address, deque())
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= MOST_WRONG:
            wait = math.ceil(times[0] + MINUTE - now)
            words = f"Too many wrong tokens came from this address. Try again in {wait} seconds"
            raise HttpProblem(429, words, {"Retry-After": str(wait)})

    def note_wrong(self, address: str) -> None:
        """Count a wrong token, or a wrong signature."""
        times = self._wrong.pop(address, deque(maxlen=MOST_WRONG))
        times.append(self._clock())
        self._wrong[address] = times
        while len(self._wrong) > MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]

    def check_host(self, request: web.Request) -> None:
        """Raise HttpProblem 421 where the request uses another name: it may come from a foreign page."""
        public = self._settings().public_url
        ours = public and urlsplit(public).hostname
        asked = [
            _host_of(request.headers.get("Host", "")),
            _host_of(request.host),
        ]  # a whole address may differ
        if not all(host and (is_loopback(host) or host == ours) for host in asked):
            self._log_foreign(asked[0] or "")
            raise HttpProblem(421, FOREIGN)

    def _log_foreign(self, host: str) -> None:
        """Log a host once: a proxy may pass on another one than serve.public_url has."""
        if host not in self._foreign and len(self._foreign) < MOST_FOREIGN:
            self._foreign.add(host)
            log.warning("http.foreign_host", host=host, setting="serve.public_url")


def _caller(name: str, token: AccessToken) -> Caller:
    targets = None if token.targets is None else frozenset(token.targets)
    return Caller(name=name, roles=frozenset(token.roles), targets=targets)


def _client_at(address: str) -> str:
    """Return what counts as one client: an address, or the IPv6 network that one client has as a whole."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    network = ipaddress.IPv6Network((int(found), OF_ONE_CLIENT), strict=False)
    return str(found.ipv4_mapped or network)


def _without_port(address: str) -> str:
    """Return an address without the port that some proxies add; with it each connection would be another."""
    has_port = address.startswith("[") or address.count(":") == 1
    return (_host_of(address) or address) if has_port else address


def _host_of(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
