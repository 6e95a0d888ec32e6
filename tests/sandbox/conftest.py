"""A sandbox that is up, and somebody who calls it."""

from collections.abc import AsyncIterator

import pytest

from presence_worker.sandbox import People, Sandbox, serve

from .caller import Caller, calling


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox without faults."""
    async with serve(People()) as sandbox:
        yield sandbox


@pytest.fixture
async def caller(sandbox: Sandbox) -> AsyncIterator[Caller]:
    """Somebody with credentials."""
    async with calling(sandbox) as caller:
        yield caller
