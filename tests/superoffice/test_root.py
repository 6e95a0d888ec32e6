"""The root of the service, however the operator writes it."""

import pytest

from presence_worker.errors import UsageFault
from presence_worker.settings import Target
from presence_worker.superoffice import is_online, target_name
from presence_worker.superoffice.addresses import login_root, service_root


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("https://crm.example.com", "https://crm.example.com"),
        ("https://crm.example.com/", "https://crm.example.com"),
        ("  https://crm.example.com/  ", "https://crm.example.com"),
        ("https://crm.example.com/api", "https://crm.example.com"),
        ("https://crm.example.com/api/", "https://crm.example.com"),
        ("https://crm.example.com/api/v1", "https://crm.example.com"),
        ("https://crm.example.com/API/V1//", "https://crm.example.com"),
        ("https://crm.example.com/SuperOffice", "https://crm.example.com/SuperOffice"),
        ("https://crm.example.com/SuperOffice/api/v1/", "https://crm.example.com/SuperOffice"),
        ("https://crm.example.com/Remote/CS/api", "https://crm.example.com/Remote/CS"),
        ("https://crm.example.com/myapi", "https://crm.example.com/myapi"),
        ("https://crm.example.com/v1", "https://crm.example.com/v1"),
        ("https://crm.example.com/api/api/v1", "https://crm.example.com/api"),
        ("https://crm.example.com/Super Office", "https://crm.example.com/Super%20Office"),
        ("https://crm.example.com/b%C3%BCro", "https://crm.example.com/b%C3%BCro"),
        ("https://crm.example.com:8443/x", "https://crm.example.com:8443/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://[::1]:8443/x", "https://[::1]:8443/x"),
        ("https://sod2.superoffice.com/Cust12345/api", "https://sod2.superoffice.com/Cust12345"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://crm.localhost", "http://crm.localhost"),
        ("http://127.0.0.2/x", "http://127.0.0.2/x"),
        ("http://[::1]/x", "http://[::1]/x"),
    ],
)
def test_is_the_same_however_it_is_written(written: str, root: str) -> None:
    """With or without /api, /api/v1 and slashes; every other virtual directory is kept."""
    target = Target(base_url=written)

    assert str(service_root(target)) == root


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (None, "set target.base_url"),
        ("", "set target.base_url"),
        ("crm.example.com", "must be an address, such as https://"),
        ("ftp://crm.example.com", "must be an address, such as https://"),
        ("https://", "must be an address, such as https://"),
        ("https://[", "must be an address, such as https://"),
        ("https://crm.example.com:99999", "must be an address, such as https://"),
        ("https://crm..example.com", "must be an address, such as https://"),
        (f"https://{'a' * 64}.example.com", "must be an address, such as https://"),
        ("https://night:hunter2@crm.example.com", "credentials go into [auth]"),
        ("https://hunter2@crm.example.com", "credentials go into [auth]"),
        ("https://crm.example.com/?token=hunter2", "only host and path"),
        ("https://crm.example.com/#hunter2", "only host and path"),
        ("http://crm.example.com", "target.allow_http"),
        ("http://10.0.0.1", "target.allow_http"),
        ("http://localhost.example.com", "target.allow_http"),
    ],
)
def test_what_cannot_be_one_is_refused_with_the_remedy(written: str | None, hint: str) -> None:
    """The sentence says what to set, and quotes no secret that slipped into the address."""
    target = Target(base_url=written)

    with pytest.raises(UsageFault) as refused:
        service_root(target)

    assert hint in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_http_to_another_machine_needs_a_word() -> None:
    """Credentials travel readable only where the operator said so."""
    target = Target(base_url="http://crm.example.com/x", allow_http=True)

    assert str(service_root(target)) == "http://crm.example.com/x"


@pytest.mark.parametrize(
    ("environment", "login_url", "root"),
    [
        ("online", None, "https://online.superoffice.com"),
        ("sod", None, "https://sod.superoffice.com"),
        ("qaonline", "https://login.example.com/", "https://login.example.com"),
        ("sod", "http://127.0.0.1:8100", "http://127.0.0.1:8100"),
    ],
)
def test_the_login_host_follows_from_the_environment(
    environment: str, login_url: str | None, root: str
) -> None:
    """Unless another one is named."""
    target = Target.model_validate({"tenant": "Cust12345", "environment": environment})

    assert str(login_root(target, login_url)).rstrip("/") == root


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("login.example.com", "auth.login_url: must be an address, such as https://online.superoffice.com"),
        ("http://login.example.com", "target.allow_http"),
        ("https://login.example.com/login", "without a path"),
        ("https://a:hunter2@login.example.com", "credentials go into [auth]"),
    ],
)
def test_what_cannot_be_a_login_host_is_refused(written: str, hint: str) -> None:
    """By the rules of base_url, and it has no path: that is the service's own."""
    with pytest.raises(UsageFault) as refused:
        login_root(Target(), written)

    assert hint in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("table", "login_url", "name"),
    [
        ({"base_url": "https://crm.example.com/x/api"}, None, "https://crm.example.com/x"),
        ({"tenant": "Cust12345"}, None, "https://online.superoffice.com/Cust12345"),
        ({"tenant": "Cust12345", "environment": "sod"}, None, "https://sod.superoffice.com/Cust12345"),
        ({"tenant": "Cust12345"}, "http://127.0.0.1:81", "http://127.0.0.1:81/Cust12345"),
        ({"tenant": "Cust1", "base_url": "https://a.example/Cust1"}, None, "https://a.example/Cust1"),
    ],
)
def test_runs_are_kept_under_a_name_that_stays(
    table: dict[str, str], login_url: str | None, name: str
) -> None:
    """A tenant's host changes; what its runs are found by does not."""
    assert target_name(Target.model_validate(table), login_url) == name


@pytest.mark.parametrize(
    ("table", "online"),
    [
        ({"tenant": "Cust12345"}, True),
        ({"base_url": "https://online3.superoffice.com/Cust12345"}, True),
        ({"base_url": "https://superoffice.com"}, True),
        ({}, False),
        ({"base_url": "https://notsuperoffice.com"}, False),
        ({"base_url": "https://superoffice.com.example.com/"}, False),
    ],
)
def test_online_is_known_by_its_tenant_or_host(table: dict[str, str], online: bool) -> None:  # noqa: FBT001
    """What holds only there is said only there."""
    assert is_online(Target.model_validate(table)) is online
