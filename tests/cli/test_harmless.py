"""Other people's words do no harm wherever they are written or printed: names as well as cells."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it has none

from tests.run.given import Worker, called

ESCAPE, BACKWARDS, CSI, ZERO = "\x1b[31m", "\u202e", "\x9b31m", "\u200b"
TRAP = f"x{ESCAPE}y{BACKWARDS}z{CSI}w{ZERO}v"
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
AS_IT_CAME = ("failed.csv", "unprocessed.csv")  # sent a second time, they have to ask for the same


def steering(text: str) -> set[str]:
    """Give the characters in a text that steer a terminal, hide, or turn the direction of writing."""
    return {c for c in text.removeprefix("\ufeff") if unicodedata.category(c) in STEERING} - set("\r\n\t")


def csv_job(folder: Path) -> Path:
    path = folder / f"job{TRAP}.csv"
    header = f"associateId,status,message,{TRAP}"
    rows = [f"1,Away,back,{TRAP}", f"{TRAP},Away,x,", f"2,{TRAP},x,", f"3,Away,{TRAP},", "4,Away", "x,Away,,"]
    path.write_text("\n".join([header, *rows]), "utf-8")
    return path


def logins_job(folder: Path) -> Path:
    path = folder / f"logins{TRAP}.csv"
    path.write_text(f"login,status\n{TRAP},Away\nnobody{BACKWARDS},Away\n", "utf-8")
    return path


def workbook_job(folder: Path) -> Path:
    path = folder / f"book{BACKWARDS}.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(f"S{BACKWARDS}{ZERO}")
        for place, words in enumerate(("associateId", "status", f"n{BACKWARDS}")):
            sheet.write(0, place, words)
        sheet.write(1, 0, f"1{BACKWARDS}")
        sheet.write(1, 1, "Away")
        sheet.write(2, 0, 5)
        sheet.write(2, 1, "Away")
    return path


def headless_job(folder: Path) -> Path:
    path = folder / "headless.csv"
    path.write_text(f"{TRAP},b\n1,2\n", "utf-8")
    return path


JOBS = [csv_job, logins_job, workbook_job, headless_job]


@pytest.mark.parametrize("make", JOBS)
def test_nothing_that_is_written_steers_a_terminal(make: Callable[[Path], Path], worker: Worker) -> None:
    """Pages, tables, summaries and what is printed: an escape sequence in a name is a name, and no more."""
    worker.read_before = "auto"
    path = str(make(worker.folder))
    options = [*worker.options, "--max-invalid", "none"]
    shown = [
        worker.call("check", path, "--explain", *worker.options_of("check")),
        worker.call("plan", path, *options),
        worker.call("run", path, *options),
        worker.call("run", path, *options, "--json"),
        worker.call("run", path, *options, "-v"),
        worker.call("runs", "--html", *worker.options_of("runs")),
        worker.call("schedule", *worker.options_of("schedule")),
        called("run", path, *options),
    ]
    files = [f for f in worker.state.rglob("*") if f.suffix in (".html", ".csv", ".jsonl", ".json")]

    found = {f.name: steering(f.read_text("utf-8")) for f in files if f.name not in AS_IT_CAME}
    printed = [steering(how.out + how.err) for how in shown]

    assert len(found) > 3
    assert {name: characters for name, characters in found.items() if characters} == {}
    assert printed == [set()] * len(shown)
