"""Who comes in: tokens, sessions, hosts, and what every answer has."""

from pathlib import Path

import anyio
import pytest
from structlog.testing import capture_logs

from presence_worker.serve.http.openapi import ALL_ROUTES
from presence_worker.serve.http.route import Entrance, HttpRoute
from presence_worker.serve.http.routes import ROUTES

from .given import TOKENS, Front, digest, idle, raw, sign_in, tokens

pytestmark = pytest.mark.anyio

NEED_A_TOKEN = [route for route in ROUTES if route.entrance is not Entrance.OPEN]
NAMES = [f"{route.method} {route.path}" for route in NEED_A_TOKEN]
RUN = "20261123T020000Z-7f3a"


def address(path: str) -> str:
    """Give a path with a job and a run in it that are not there."""
    return path.format(job="000001-00000000", run=RUN)


@pytest.mark.parametrize("route", NEED_A_TOKEN, ids=NAMES)
async def test_without_a_token_it_is_401(tmp_path: Path, route: HttpRoute) -> None:
    """Every route but probes and its description wants to know who calls, and says how."""
    path = address(route.path)
    method = route.method
    async with idle(tmp_path) as front:
        none = await front.ask(method, path, None)
        wrong = await front.ask(method, path, "guess")
        basic = await front.ask(method, path, None, Authorization="Basic YWRtaW46YWRtaW4=")
        in_url = await front.ask(method, f"{path}?token=admin&access_token=admin", None)

    assert [each.status for each in (none, wrong, basic, in_url)] == [401] * 4
    assert none.headers["WWW-Authenticate"] == "Bearer"
    assert "guess" not in wrong.problem


@pytest.mark.parametrize("route", NEED_A_TOKEN, ids=NAMES)
async def test_each_route_wants_a_role(tmp_path: Path, route: HttpRoute) -> None:
    """A token without one of the roles is 403, with one of them it is not."""
    roles = set(route.roles)
    path, method = address(route.path), route.method
    if "events" in path:
        pytest.skip("it has no end")
    async with idle(tmp_path) as front:
        for name, has in TOKENS.items():
            answer = await front.ask(method, path, name)

            assert (answer.status == 403) is not bool(roles & set(has))
            if answer.status == 403:
                assert answer.problem == f"This needs a token with the role {' or '.join(route.roles)}"


async def test_ten_wrong_tokens_in_a_minute_are_429(tmp_path: Path) -> None:
    """From then on the address waits, whatever token it sends: else guessing would go on."""
    async with idle(tmp_path) as front:
        wrong = [(await front.ask("GET", "/api/v1/jobs", f"guess {number}")).status for number in range(11)]
        right = await front.ask("GET", "/api/v1/jobs", "admin")
        probe = await front.ask("GET", "/healthz", None)

    assert wrong == [401] * 10 + [429]
    assert (right.status, 0 < int(right.headers["Retry-After"]) <= 60) == (429, True)
    assert probe.status == 200


async def test_behind_a_proxy_each_client_is_counted_alone(tmp_path: Path) -> None:
    """The proxy next to us says who asks; what a client says itself in front of that does not count."""
    async with idle(tmp_path, behind_proxy=True) as front:
        for number in range(11):
            await front.ask("GET", "/metrics", "guess", X_Forwarded_For=f"10.9.9.{number}, 10.0.0.1")
        guesser = await front.ask("GET", "/metrics", "admin", X_Forwarded_For="10.0.0.1")
        other = await front.ask("GET", "/metrics", "admin", X_Forwarded_For="10.0.0.2")

    assert (guesser.status, other.status) == (429, 200)


GUESSERS = {
    "IPv4": "10.0.0.1",
    "IPv4 with a port": "10.0.0.1:{}",
    "IPv6": "2001:db8::1",
    "IPv6 with a port": "[2001:db8::1]:{}",
    "all of an IPv6 network": "2001:db8::{}",
    "IPv4 as IPv6": "::ffff:10.0.0.1",
}


@pytest.mark.parametrize("guesser", GUESSERS.values(), ids=GUESSERS)
async def test_a_proxy_may_add_a_header_of_its_own(tmp_path: Path, guesser: str) -> None:
    """Some add a second header, or the port: the last client counts, wherever it sends from."""
    async with idle(tmp_path, behind_proxy=True) as front:
        answers = [
            await raw(front, _forwarded("guess", f"10.9.9.{number}", guesser.format(number)))
            for number in range(11)
        ]
        other = await raw(front, _forwarded("admin", guesser.format(1), "2001:db8:0:1::1"))

    assert [answer.split()[1] for answer in answers] == [b"401"] * 10 + [b"429"]
    assert other.split()[1] == b"200"


def _forwarded(token: str, *addresses: str) -> bytes:
    passed_on = "".join(f"X-Forwarded-For: {address}\r\n" for address in addresses)
    head = f"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}{passed_on}\r\n".encode()


async def test_without_a_proxy_no_client_says_who_it_is(tmp_path: Path) -> None:
    """A header that anybody can send does not make ten guesses those of ten addresses."""
    async with idle(tmp_path) as front:
        for number in range(10):
            await front.ask("GET", "/metrics", "guess", X_Forwarded_For=f"10.0.0.{number}")
        answer = await front.ask("GET", "/metrics", "guess", X_Forwarded_For="10.0.0.99")

    assert answer.status == 429


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[", "localhost@evil.example:1"]
)
async def test_a_foreign_host_is_421(tmp_path: Path, host: str) -> None:
    """A page of others that a name server leads to us gets nothing; probes may come by any name."""
    async with idle(tmp_path, public_url="https://presence.example.com") as front:
        for path in ("/", "/api/v1/jobs", "/openapi.json", "/sign-in", "/metrics"):
            assert await status(front, path, host) == 421
        assert await status(front, "/healthz", host) == 200
        assert await status(front, "/readyz", host) == 200


async def test_only_the_log_names_the_setting_of_a_foreign_host(tmp_path: Path) -> None:
    """A stranger learns nothing of our settings; the administrator reads of each host once."""
    async with idle(tmp_path) as front:
        with capture_logs() as logs:
            answers = [await front.ask("GET", "/metrics", Host="evil.example") for _ in range(3)]

    assert [answer.status for answer in answers] == [421] * 3
    assert "serve." not in answers[0].problem
    assert [(line["event"], line["host"], line["setting"]) for line in logs] == [
        ("http.foreign_host", "evil.example", "serve.public_url")
    ]


async def test_a_whole_address_counts_beside_the_host(tmp_path: Path) -> None:
    """A request line may name a host, too; both must be ours."""
    async with idle(tmp_path) as front:
        answer = await raw(front, b"GET http://evil.example/sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")
        ours = await raw(front, b"GET http://localhost/sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert (answer.split()[1], ours.split()[1]) == (b"421", b"200")


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8470", "PRESENCE.example.com:443"])
async def test_our_hosts_are_taken(tmp_path: Path, host: str) -> None:
    """Those of loopback, and that of serve.public_url, with any port."""
    async with idle(tmp_path, public_url="https://presence.example.com") as front:
        assert await status(front, "/openapi.json", host) == 200


async def status(front: Front, path: str, host: str) -> int:
    """Give the status code of a request to a host."""
    answer = await raw(front, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return int(answer.split()[1])


async def test_readiness_says_why_not(tmp_path: Path) -> None:
    """A supervisor sends no work then; the service is alive all the same."""
    async with idle(tmp_path) as front:
        ready = await front.ask("GET", "/readyz", None)
        front.service.said = "credentials"  # type: ignore[attr-defined]
        not_ready = await front.ask("GET", "/readyz", None)
        alive = await front.ask("GET", "/healthz", None)

    assert ready.status == 200
    assert (not_ready.status, not_ready.json) == (503, {"status": "credentials"})
    assert alive.status == 200


async def test_an_unknown_address_is_404_and_another_method_405(tmp_path: Path) -> None:
    """Both are problem details, and the second one names what would do."""
    async with idle(tmp_path) as front:
        address = await front.ask("GET", "/api/v1/nothing")
        method = await front.ask("PUT", "/api/v1/jobs")

    assert (address.status, method.status, method.headers["Allow"]) == (404, 405, "GET, HEAD, POST")
    assert address.problem
    assert method.problem


async def test_what_answers_get_answers_head(tmp_path: Path) -> None:
    """Monitors ask so; there is no body, and a stream without an end is not begun."""
    async with idle(tmp_path) as front:
        alive = await front.ask("HEAD", "/healthz", None)
        jobs = await front.ask("HEAD", "/api/v1/jobs")
        unknown = await front.ask("HEAD", "/api/v1/jobs", None)
        events = await front.ask("HEAD", "/api/v1/events")

    assert [each.status for each in (alive, jobs, unknown, events)] == [200, 200, 401, 405]
    assert alive.body == jobs.body == b""


async def test_no_answer_names_our_software(tmp_path: Path) -> None:
    """Neither a good answer nor one to what is not HTTP has a Server header."""
    async with idle(tmp_path) as front:
        for path in ("/healthz", "/", "/nothing", "/api/v1/jobs", "/openapi.json"):
            assert "Server" not in (await front.ask("GET", path)).headers
        nonsense = await raw(front, b"nonsense\r\n\r\n")

    assert nonsense.split()[1] == b"400"
    assert b"server" not in nonsense.lower()
    assert b"application/problem+json" in nonsense


@pytest.mark.parametrize(
    "headers", [b"A: " + b"x" * 9000, b"\r\n".join([b"A: b"] * 200)], ids=["long", "many"]
)
async def test_oversized_headers_are_400(tmp_path: Path, headers: bytes) -> None:
    """A head has bounds."""
    async with idle(tmp_path) as front:
        answer = await raw(front, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n\r\n")

    assert answer.split()[1] == b"400"


async def test_a_bug_is_500_and_says_nothing(tmp_path: Path) -> None:
    """What went wrong stands in the log alone."""
    async with idle(tmp_path) as front:
        front.service.queue = None  # type: ignore[assignment]
        answer = await front.ask("GET", "/api/v1/jobs")

    assert (answer.status, answer.problem) == (500, "The service made an error. Its log has the details")


async def test_a_session_may_read_and_nothing_else(tmp_path: Path) -> None:
    """With GET a browser's cookie will do; what changes something wants a token, or the pages' own forms."""
    async with idle(tmp_path) as front:
        cookie = await sign_in(front, "admin")
        read = await front.ask("GET", "/api/v1/jobs", None, Cookie=cookie)
        write = await front.ask("POST", "/api/v1/jobs", None, b"x", Cookie=cookie)
        delete = await front.ask("DELETE", "/api/v1/jobs/000001-00000000", None, Cookie=cookie)
        both = await front.ask("GET", "/api/v1/jobs", "guess", Cookie=cookie)

    assert [each.status for each in (read, write, delete, both)] == [200, 403, 403, 401]


async def test_a_session_goes_on_while_its_address_waits(tmp_path: Path) -> None:
    """People behind the same address as a guesser are not shut out."""
    async with idle(tmp_path) as front:
        cookie = await sign_in(front, "admin")
        for _ in range(10):
            await front.ask("GET", "/metrics", "guess")
        token = await front.ask("GET", "/api/v1/jobs", "admin")
        session = await front.ask("GET", "/api/v1/jobs", None, Cookie=cookie)

    assert (token.status, session.status) == (429, 200)


async def test_each_route_is_described_and_each_description_is_a_route(tmp_path: Path) -> None:
    """/openapi.json and the application are the same, both ways."""
    async with idle(tmp_path) as front:
        found = (await front.ask("GET", "/openapi.json", None)).json
        app = front.runner.app

    described = {(method.upper(), path) for path, each in found["paths"].items() for method in each}
    routed = {
        (each.method, each.resource.canonical)
        for each in app.router.routes()
        if each.resource and each.method != "HEAD"
    }
    assert described == routed == {(each.method, each.path) for each in app[ALL_ROUTES]}
    for each in app[ALL_ROUTES]:
        assert {*each.answers} <= {
            int(code) for code in found["paths"][each.path][each.method.lower()]["responses"]
        }


async def test_a_slow_head_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a request does not stay open for ever."""
    monkeypatch.setattr("presence_worker.serve.http.runner.HEAD_TIME", 0.05)
    async with idle(tmp_path) as front, await anyio.connect_tcp("127.0.0.1", front.port) as line:
        await line.send(b"GET /healthz HTTP/1.1\r\nHost: ")

        with pytest.raises(anyio.EndOfStream):
            await line.receive()


async def test_a_token_that_is_gone_is_wrong(tmp_path: Path) -> None:
    """The tokens are those of the configuration as it is now."""
    limits = {"sandbox": {"sha256": digest("secret"), "roles": ["read"]}}
    async with idle(tmp_path, tokens=limits) as front:
        known = await front.ask("GET", "/api/v1/jobs", "secret")
        unknown = await front.ask("GET", "/api/v1/jobs", "admin")

    assert (known.status, unknown.status, len(tokens())) == (200, 401, 6)
