"""Reading a job as `run` does, and what comes of it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from presence_worker.errors import ExitCode, InputRefused
from presence_worker.intake.job import Job, open_job
from presence_worker.model import Row
from presence_worker.settings import Input, Settings

Write = Callable[[str | bytes], Path]
HEADER = "associateId,status,message\n"
DAY = date(2026, 12, 1)  # the jobs are read on


def read(job: Path | str, **config: Any) -> tuple[Job, list[Row]]:
    """Give a job and its rows; *config* is the section `input`."""
    with open_job(str(job), Settings(input=Input(**config)), DAY) as opened:
        return opened, list(opened.rows)


def refusal(job: Path | str, **config: Any) -> str:
    """Give what is said when a job is refused, with FILE for its path."""
    with pytest.raises(InputRefused) as caught:
        read(job, **config)
    assert caught.value.exit_code is ExitCode.REFUSED
    return str(caught.value).replace(str(job), "FILE")


def cells(rows: list[Row]) -> list[list[Any]]:
    """Give the rows' own cells, as the journal keeps them."""
    return [orjson.loads(row.cells) for row in rows]
