"""The samples of the page on the HTTP API make the same requests in each language."""

import pytest

from tests.manual.http_samples import NAMES, headers_of_python, of_curl, of_powershell, sample


@pytest.mark.parametrize("name", NAMES)
def test_powershell_makes_the_same_requests(name: str) -> None:
    """Method, path, headers and body are those of curl."""
    ours = sample(name)

    requests = of_curl(ours.bash)

    assert requests
    assert list(of_powershell(ours.powershell)) == requests


@pytest.mark.parametrize("name", NAMES)
def test_python_sends_the_same_headers(name: str) -> None:
    """No header is forgotten, and none is sent only by one of them."""
    ours = sample(name)

    assert headers_of_python(ours.python) == {
        header for request in of_curl(ours.bash) for header, _ in request.headers
    }
