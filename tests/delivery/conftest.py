"""Here time is virtual: the clock jumps whenever everybody sleeps."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import VIRTUAL_TIME


@pytest.fixture
def anyio_backend() -> str | tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME
