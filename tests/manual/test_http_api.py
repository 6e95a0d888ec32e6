"""The page on the HTTP API: its samples are alike in each language; its tables are as the code has them."""

import pytest

from presence_worker.serve.http.openapi import answers_of
from presence_worker.serve.http.routes import ROUTES
from tests.manual.documents import table
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


def test_each_error_is_explained() -> None:
    """The table of errors has every status code that a request can get, and no other."""
    named = [int(cells[0]) for cells in table("http-api", "status | means")]
    found = {status for route in ROUTES for status in answers_of(route) if status >= 400}

    assert named == sorted(found | {405})  # 405 belongs to no route
