"""Attack: a name that an attacker owns is pointed at this machine (DNS rebinding)."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from .raw_client import Line, once, request_bytes
from .served import Outside, Place, serving

MakePlace = Callable[..., Place]
FOREIGN = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "evil.example:80",
    "2130706433",
    "",
    "localhost evil",
    "0.0.0.0",
)


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/v1/jobs", "/openapi.json", "/nothing"])
def test_another_host_is_421(served: Outside, host: str, path: str) -> None:
    """Only loopback's names are taken, whatever is asked for; and a right token changes nothing."""
    answer = once(served.url, "GET", path, b"", [*served.by("boss").access, ("Host", host)])

    assert answer.status in (
        (421, 400) if host in ("", "localhost evil", "127.0.0.1@evil.example") else (421,)
    )


def test_loopback_has_several_names(served: Outside) -> None:
    """localhost, 127.0.0.1 and [::1] are loopback, with the port that people use."""
    port = urlsplit(served.url).port
    hosts = [f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"]

    answers = [once(served.url, "GET", "/sign-in", headers=[("Host", host)]) for host in hosts]

    assert [answer.status for answer in answers] == [200] * 4


def test_the_public_name_is_taken(place: MakePlace) -> None:
    """Behind a proxy people come by the public name; another one is 421."""
    public = {"public_url": "https://presence.example.com", "behind_proxy": True}
    with serving(place(**public)) as service:
        hosts = ("presence.example.com", "PRESENCE.example.com", "presence.example.org")
        answers = [once(service.url, "GET", "/sign-in", headers=[("Host", host)]) for host in hosts]

    assert [answer.status for answer in answers] == [200, 200, 421]


def test_no_host_and_two_hosts(served: Outside) -> None:
    """A request without a Host, or with two, is never served."""
    none = b"GET /api/v1/jobs HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n"
    two = request_bytes("GET", "/sign-in", headers=[("Host", "localhost"), ("Host", "evil.example")])
    two_swapped = request_bytes("GET", "/sign-in", headers=[("Host", "evil.example"), ("Host", "localhost")])
    token = served.by("boss").access[0][1].split()[1].encode()
    statuses = []
    for data in (none % token, two, two_swapped):
        with Line(served.url) as line:
            line.send(data)
            statuses.append(line.answer().status)

    assert set(statuses) <= {400, 421}


def test_an_absolute_address_is_judged_too(served: Outside) -> None:
    """`GET http://evil.example/` with an honest Host asks for another host."""
    port = urlsplit(served.url).port
    with Line(served.url) as line:
        line.send(request_bytes("GET", "http://evil.example/sign-in", host=f"127.0.0.1:{port}"))
        status = line.answer().status

    assert status in (400, 404, 421)


def test_links_never_come_from_the_request(served: Outside) -> None:
    """Neither X-Forwarded-Host nor Forwarded changes a link: only public_url does."""
    evil = [
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "host=evil.example"),
        ("X-Host", "evil.example"),
    ]
    importer = served.by("importer")

    answers = [
        importer.submit(b"x", "?target=north", evil),
        once(served.url, "GET", "/", headers=evil),
        once(served.url, "GET", "/openapi.json", headers=evil),
    ]

    for answer in answers:
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)
