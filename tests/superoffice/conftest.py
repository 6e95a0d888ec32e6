"""What all tests of this folder stand on: a machine that trusts no public authority."""

import os

import pytest


@pytest.fixture(autouse=True)
def no_public_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own list takes 20 ms to read, for each client; no test here needs it."""
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    monkeypatch.setenv("SSL_CERT_DIR", os.devnull)
