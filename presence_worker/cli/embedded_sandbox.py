"""A simulated service inside this program: what `--sandbox` works on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from ..sandbox import People, serve
from ..settings import Auth, Settings
from ..superoffice import Client, open_client


@asynccontextmanager
async def open_sandbox(settings: Settings) -> AsyncIterator[Client]:
    """Start the service, and open a client to it with whatever else the settings say."""
    async with settings_of_sandbox(settings) as inside, open_client(inside) as client:
        yield client


@asynccontextmanager
async def settings_of_sandbox(settings: Settings) -> AsyncIterator[Settings]:
    """Start the service; give the settings that lead to it."""
    async with serve(People()) as sandbox:
        target = settings.target.model_copy(update={"base_url": sandbox.url, "tenant": None, "proxy": None})
        auth = Auth(username="sandbox", password=SecretStr("rehearsal"))
        yield settings.model_copy(update={"target": target, "auth": auth})
