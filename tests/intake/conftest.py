"""What the tests of the intake share: a file to write."""

from pathlib import Path

import pytest

from .reading import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Make the function that writes a job and gives its path."""
    path = tmp_path / "changes"

    def write_job(content: str | bytes) -> Path:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_job
