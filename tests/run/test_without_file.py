"""A run without a file: what is due of earlier jobs, as the schedule of `serve` asks for it."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from presence_worker.clock import today
from presence_worker.journal import Archive
from presence_worker.model import Result
from presence_worker.report import Summary
from presence_worker.run.commands import answer_hr, run_job
from presence_worker.run_context import RunContext
from presence_worker.runs.lookup import last_finished
from presence_worker.sandbox import People, serve
from presence_worker.settings import Settings
from presence_worker.superoffice import open_client, target_name

pytestmark = pytest.mark.anyio
TODAY = today(None)
TOMORROW = TODAY + timedelta(days=1)
AFTER = TODAY + timedelta(days=2)
LEAVE = f"associateId,status,from,until\n12,StatusNotAvailable,{TOMORROW},{TOMORROW}\n13,StatusNormal,,\n"


def context_for(
    folder: Path, url: str, day: date, *, limit: int | str = "none", read_before: str = "auto"
) -> RunContext:
    made = Settings(
        target={"base_url": url},
        auth={"username": "host", "password": "any"},
        delivery={"rate": 100_000, "read_before": read_before},
        input={"coverage": "everyone"},
        safety={"max_changes": limit},
    )
    return RunContext(
        settings=made,
        day=day,
        archive=Archive(folder / "state"),
        target=target_name(made.target, made.auth.login_url),
        options=(),
        input_options=(),
        open_service=lambda: open_client(made),
    )


async def deliver(folder: Path, url: str) -> None:
    """Deliver a file with leave that begins tomorrow."""
    job = folder / "leave.csv"
    job.write_text(LEAVE)
    summary = await run_job(str(job), context_for(folder, url, TODAY))
    assert summary.exit_code == 0


def counted(summary: Summary) -> dict[str, int]:
    return {result: number for result, number in summary.counts.items() if number}


async def test_sends_what_is_due(tmp_path: Path) -> None:
    """Leave begins and ends on its days although no file comes, and also where a file covers everyone."""
    async with serve(People()) as sandbox:
        await deliver(tmp_path, sandbox.url)

        begun = await run_job(None, context_for(tmp_path, sandbox.url, TOMORROW))
        nothing = await run_job(None, context_for(tmp_path, sandbox.url, TOMORROW))
        ended = await run_job(None, context_for(tmp_path, sandbox.url, AFTER))

    assert [(each.exit_code, counted(each)) for each in (begun, nothing, ended)] == [
        (0, {Result.UPDATED: 1}),
        (0, {}),
        (0, {Result.UPDATED: 1}),
    ]


async def test_is_no_job_to_compare_with(tmp_path: Path) -> None:
    """The next file is compared with the last file."""
    async with serve(People()) as sandbox:
        await deliver(tmp_path, sandbox.url)
        context = context_for(tmp_path, sandbox.url, TOMORROW)

        await run_job(None, context)

    last = last_finished(context.archive.index.runs(), context)
    assert last is not None
    assert last.input.name.endswith("leave.csv")


@pytest.mark.parametrize("read_before", ["auto", "off"])
async def test_a_safety_limit_holds_it(read_before: str, tmp_path: Path) -> None:
    """What is due counts like the rows of a file."""
    async with serve(People()) as sandbox:
        await deliver(tmp_path, sandbox.url)

        context = context_for(tmp_path, sandbox.url, TOMORROW, limit=0, read_before=read_before)
        summary = await run_job(None, context)

    assert (summary.exit_code, summary.state) == (5, "held")


async def test_its_answer_says_that_no_file_came(tmp_path: Path) -> None:
    """The answer for HR names no file."""
    async with serve(People()) as sandbox:
        context = context_for(tmp_path, sandbox.url, TOMORROW)
        summary = await run_job(None, context)

    words = "\n".join(answer_hr(str(summary.run_id), context))
    assert words.startswith("Planned absences, ")
    assert "no file came" in words
