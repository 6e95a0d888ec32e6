"""What the tests of signing in begin with: sign-in hosts, and rows delivered as a run delivers them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import orjson

from presence_worker.delivery import Halt, Policy, SystemicFailures, deliver, source_of
from presence_worker.errors import PresenceWorkerError
from presence_worker.model import Change, Outcome, Result
from presence_worker.sandbox import Sandbox
from presence_worker.settings import Auth, Delivery, Settings, Target
from presence_worker.settings.value_types import Limit
from presence_worker.superoffice import Client
from tests.raw_server import Act, Peer, RawServer, Request, answer, echo

from .given import change

TOKENS = "/login/common/oauth/tokens"
EXCHANGE = "/Login/api/PartnerSystemUser/Authenticate"
KEYS = "/login/.well-known/jwks"
STATE = "/api/state/Cust12345"
OAUTH = {"scheme": "oauth", "client_id": "app", "client_secret": "sesame", "refresh_token": "first"}
UNLIMITED = Limit()


def online(url: str, auth: Mapping[str, Any], login_url: str | None = None, **target: Any) -> Settings:
    """Return the settings for a service whose sign-in host is the same one, unless told otherwise."""
    return Settings(
        target=Target.model_validate({"base_url": url, **target}),
        auth=Auth.model_validate({"login_url": login_url or url, **auth}),
    )


def system_user(key: Path, **more: Any) -> dict[str, Any]:
    """Return an [auth] table for a system user."""
    return {
        "scheme": "system-user",
        "client_secret": "sesame",
        "system_user_token": "App-1.token",
        "private_key_file": key,
        **more,
    }


def routed(acts: Mapping[str, Act], otherwise: Act = echo) -> Act:
    """Make an act that depends on the path; *acts* may change later."""

    async def act(peer: Peer, request: Request) -> None:
        await acts.get(request.path, otherwise)(peer, request)

    return act


def in_turn(*acts: Act) -> Act:
    """Make an act that is one after the other, and the last one for ever."""
    left = iter(acts)

    async def act(peer: Peer, request: Request) -> None:
        await next(left, acts[-1])(peer, request)

    return act


def slowly(act: Act, seconds: float) -> Act:
    """Make an act that takes its time."""

    async def slow(peer: Peer, request: Request) -> None:
        await anyio.sleep(seconds)
        await act(peer, request)

    return slow


def forbidding(*words: str, otherwise: Act = echo, status: int = 401) -> Act:
    """Make an act that refuses whoever shows one of these credentials."""

    async def act(peer: Peer, request: Request) -> None:
        shown = str(request.header("Authorization"))
        await (answer(status) if shown.rsplit(maxsplit=1)[-1] in words else otherwise)(peer, request)

    return act


def tokens(*names: str, **more: Any) -> Act:
    """Answer with one access token after the other, and the last one for ever."""
    left = iter(names)
    last = names[-1]

    async def act(peer: Peer, request: Request) -> None:
        token = {"token_type": "Bearer", "access_token": next(left, last), "expires_in": 3600, **more}
        await answer(200, orjson.dumps(token))(peer, request)

    return act


def asked(service: RawServer | Sandbox, path: str) -> int:
    """Count the requests for a path."""
    seen = service.record if isinstance(service, Sandbox) else service.requests
    return sum(each.path.lower() == path.lower() for each in seen)


@dataclass
class Delivered:
    """What became of some rows."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)  # by row
    reason: PresenceWorkerError | None = None  # why it ended early

    @property
    def counts(self) -> Counter[Result]:
        """How many rows have each result."""
        return Counter(outcome.result for outcome in self.outcomes.values())

    @property
    def puts(self) -> int:
        """How many PUTs were made, by our own count."""
        return sum(outcome.wire_puts for outcome in self.outcomes.values())


async def delivered(client: Client, rows: int, **settings: Any) -> Delivered:
    """Deliver rows for the associates from 1 on, as a session does."""
    delivery = Delivery.model_validate({"rate": 100_000, "backoff_base": 0, **settings})
    clock, made = anyio.current_time, Delivered()
    halt = Halt(delivery.drain, clock)
    failures = SystemicFailures(halt, limit=UNLIMITED, to_send=rows, floor=5)
    todo = [Change(row=n, associate_id=n, wanted=change().wanted) for n in range(1, rows + 1)]
    policy = Policy(delivery, halt, clock=clock, seconds_left=lambda: 1e9)
    rules = policy.pipeline(client.put, client.read_back)

    def settle(change: Change, outcome: Outcome) -> None:
        for settled, what in failures.settle(change, outcome):
            assert settled.row not in made.outcomes
            made.outcomes[settled.row] = what

    await deliver(source_of(iter(todo)), rules, settle, halt, workers=delivery.concurrency)
    for settled, what in failures.release():
        made.outcomes[settled.row] = what
    made.reason = halt.reason
    return made
