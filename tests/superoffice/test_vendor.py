"""Credentials go to SuperOffice's own hosts and to configured ones, whatever a state or a token names."""

import pytest
from yarl import URL

from presence_worker.settings import Target
from presence_worker.superoffice.addresses import login_root
from presence_worker.superoffice.request_errors import RefusedError
from presence_worker.superoffice.tenant import check_root
from tests.raw_server import Act, raw_server

from .signing_in import STATE, routed
from .test_tenant import put_at, state

LOGIN = URL("https://online.superoffice.com")
VENDORS = [
    "https://online3.superoffice.com/Cust12345",
    "https://ONLINE3.SuperOffice.COM/Cust12345/api",
    "https://online3.superoffice.com./Cust12345",
    "https://online3.superoffice.com:8443/Cust12345",
    "https://a.b.superoffice.com",
]
STRANGERS = [
    "https://superoffice.com.evil.example/Cust12345",
    "https://evilsuperoffice.com/Cust12345",
    "https://evil.example/superoffice.com",
    "https://evil.example/.superoffice.com",
    "https://evil.example:443/",
    "https://online.superoffice.com@evil.example/",
    "https://online.superoffice.com:x@evil.example/",
    "https://evil.example\\@online.superoffice.com/",
    "https://evil.example#.superoffice.com",
    "https://evil.example?.superoffice.com",
    "https://online.superoffice.co",
    "https://online.superoffice.com.",  # with an http twin below
    "https://192.0.2.1/",
    "https://[2001:db8::1]/",
    "http://127.0.0.1:9/",
    "http://localhost/",
    "https://onlıne.superoffıce.com/",
    "http://online3.superoffice.com/Cust12345",
    "ftp://online3.superoffice.com/",
    "//online3.superoffice.com/",
]


def told(place: str, login: URL = LOGIN, **target: object) -> URL:
    """Return the root that a state names."""
    return check_root(place, target=Target.model_validate(target), login=login, by="the state")


@pytest.mark.parametrize("place", VENDORS)
def test_the_vendor_s_hosts_are_trusted(place: str) -> None:
    """In any spelling that means one of them."""
    assert (told(place).host or "").removesuffix(".").endswith("superoffice.com")


@pytest.mark.parametrize("allow_http", [False, True])
@pytest.mark.parametrize("place", [each for each in STRANGERS if not each.endswith("com.")])
def test_other_hosts_are_not(place: str, *, allow_http: bool) -> None:
    """However alike they look, and whatever else is allowed."""
    with pytest.raises(RefusedError):
        told(place, allow_http=allow_http)


def test_the_sentence_says_what_to_do() -> None:
    """It names the host, and the setting for the case that it is right."""
    with pytest.raises(RefusedError, match=r"names https://evil\.example\. .* set target\.base_url") as said:
        told("https://evil.example/secret/path")

    assert "path" not in str(said.value)


@pytest.mark.parametrize(
    ("place", "base_url", "login_url"),
    [
        ("https://crm.example.com/other", "https://crm.example.com/x", None),
        ("https://CRM.example.com.:444/other", "https://crm.example.com/x", None),
        ("https://login.example.com/Cust12345", None, "https://login.example.com"),
        ("http://127.0.0.1:9/Cust12345", None, "http://127.0.0.1:8"),
        ("https://127.0.0.1:9/Cust12345", None, "http://127.0.0.1:8"),
    ],
)
def test_configured_hosts_are_trusted(place: str, base_url: str | None, login_url: str | None) -> None:
    """The operator has named them."""
    target = Target(base_url=base_url)

    assert check_root(place, target=target, login=login_root(target, login_url), by="the state").host


def test_a_configured_host_is_not_left_for_plain_http() -> None:
    """What was configured with https does not become http by somebody's word."""
    with pytest.raises(RefusedError):
        told("http://crm.example.com", base_url="https://crm.example.com", allow_http=True)


@pytest.mark.anyio
@pytest.mark.proves("the tenant's state or the ticket names a foreign host")
async def test_nothing_is_sent_to_a_host_that_a_state_names() -> None:
    """The run stops, and the other host hears nothing."""
    acts: dict[str, Act] = {}
    async with raw_server(host="127.0.0.2") as stranger, raw_server(otherwise=routed(acts)) as login:
        acts[STATE] = state(stranger.url.replace("127.0.0.1", "127.0.0.2"))
        outcome = await put_at(login)

    assert "names http://127.0.0.2. Credentials only go to https hosts" in str(outcome.stop)
    assert stranger.requests == []
