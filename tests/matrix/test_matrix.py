"""Every file of the matrix through `check` and through `run`: what arrives, or which sentence refuses it."""

from collections import Counter
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode
from presence_worker.sandbox import Sandbox
from tests.run.given import Ended, Worker, read_report, wishes

from .index import FILES, Case, Fate, cases, files
from .make import LARGE

CASES = cases()
READ = [case for case in CASES if not case.refused]
REFUSED = [case for case in CASES if case.refused]
UNSEEN = ("unknown_identity", "ambiguous_identity")  # offline nobody knows whom a name means


def named(case: Case) -> str:
    """Give a case's name among the tests."""
    return f"{case.file}, configured" if case.input else case.file


def job_of(case: Case, worker: Worker) -> Path:
    """Give where the file of a case is; make it, if it is a large one."""
    if case.file not in LARGE:
        return FILES / case.file
    path = worker.folder / Path(case.file).name
    path.write_bytes(LARGE[case.file]())
    return path


def called(worker: Worker, command: str, job: Path, case: Case, *words: str) -> Ended:
    """Call *command* on *job* with the configuration that *case* has."""
    config = worker.folder / "presence-worker.toml"
    config.write_text(case.text, "utf-8")
    return worker(command, job, *words, "--concurrency", "1", "--config", config)


def faults(checked: Ended) -> dict[int, Fate]:
    """Give what `check` finds wrong, by row."""
    return {fault["row"]: ("invalid", fault["reason"]) for fault in checked.summary["faults"]}


def fates(worker: Worker, ran: Ended) -> dict[int, Fate]:
    """Give what the report says of the rows that were not just updated."""
    lines = read_report(worker.folder_of(ran))
    return {line["row"]: (line["result"], line["reason"]) for line in lines if line["result"] != "updated"}


def invalid(case: Case) -> dict[int, Fate]:
    """Give the fates of *case* that `check` can see."""
    return {row: fate for row, fate in case.fates.items() if fate[0] == "invalid" and fate[1] not in UNSEEN}


def code(*results: str) -> ExitCode:
    """Give the exit code of a job with rows of these results."""
    undone = {"invalid", "rejected"} & set(results)
    return ExitCode.INCOMPLETE if undone else ExitCode.DONE


def read_as(ended: Ended) -> str:
    """Give how the summary says that the file was read."""
    found = ended.summary["input"]
    delimiter = "tab" if found["delimiter"] == "\t" else found["delimiter"]
    return " ".join(word for word in (found["format"], delimiter, found["encoding"]) if word)


@pytest.mark.parametrize("case", READ, ids=named)
def test_a_file_arrives(case: Case, worker: Worker, sandbox: Sandbox) -> None:
    """`check` finds what is wrong, and `run` sends the rest: just what the index says, and nothing else."""
    job = job_of(case, worker)

    checked = called(worker, "check", job, case)
    ran = called(worker, "run", job, case)

    assert (faults(checked), read_as(checked)) == (invalid(case), case.read_as), checked.out
    assert (wishes(sandbox), fates(worker, ran)) == (case.wishes, case.fates)
    assert checked.code == code(*(result for result, _ in invalid(case).values()))
    assert ran.code == code(*(result for result, _ in case.fates.values()))
    assert read_as(ran) == case.read_as
    assert [piece for piece in case.notes if piece not in " ".join(ran.summary["notes"])] == []


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_a_file_is_refused(case: Case, worker: Worker, sandbox: Sandbox) -> None:
    """The same sentence from `check` and `run`, which names the file; nothing is asked of the service."""
    job = job_of(case, worker)

    checked = called(worker, "check", job, case)
    ran = called(worker, "run", job, case)

    assert (checked.code, ran.code) == (ExitCode.REFUSED, ExitCode.REFUSED)
    assert case.refused in ran.summary["message"]
    assert Path(case.file).name in ran.summary["message"] or "rows are invalid" in case.refused
    assert checked.summary["message"] == ran.summary["message"]
    assert not sandbox.record


@pytest.mark.parametrize("case", [case for case in READ if invalid(case)], ids=named)
def test_failed_csv_asks_for_the_same(case: Case, worker: Worker) -> None:
    """What is wrong stays wrong for the same reasons when failed.csv is read with the same configuration."""
    ran = called(worker, "run", job_of(case, worker), case)

    again = called(worker, "check", worker.folder_of(ran) / "failed.csv", case)

    reasons = Counter(reason for _, reason in faults(again).values())
    assert reasons == Counter(reason for _, reason in invalid(case).values())


def test_the_index_is_whole() -> None:
    """Each file is in the index, each entry has its file, and there are enough of them."""
    there = {path.relative_to(FILES).as_posix() for path in files()}

    assert {case.file for case in CASES} == {*there, *LARGE}
    assert len(there) >= 60
