"""Job files of any length, the same ones every time."""

import json
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

DIFFERENT_SPANS = 500  # first and last days; those of a file repeat
NOT_PRESENT_OF = 4  # three of four are not present and say until when


def write_job(folder: Path, rows: int) -> Path:
    """Write a CSV job for the associates 1 to *rows*; give its path."""
    path = folder / f"changes-{rows}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("associateId,status,message\r\n")
        file.writelines(_line(associate_id) for associate_id in range(1, rows + 1))
    return path


def write_job_of_present(folder: Path, rows: int) -> Path:
    """Write a CSV job that says of the associates 1 to *rows* that they are present; give its path."""
    path = folder / f"present-{rows}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("associateId,status,message\r\n")
        file.writelines(f"{associate_id},StatusNormal,\r\n" for associate_id in range(1, rows + 1))
    return path


def write_job_with_days(folder: Path, rows: int) -> Path:
    """Write a CSV job of leave for the associates 1 to *rows*, all of it due today; give its path."""
    path, today = folder / f"days-{rows}.csv", date.today()  # noqa: DTZ011 - a day more or less is due, too
    spans = [(today - timedelta(n % 30), today + timedelta(n % 45 + 1)) for n in range(DIFFERENT_SPANS)]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("associateId,status,message,from,until\r\n")
        for row in range(1, rows + 1):
            starts, ends = spans[row % DIFFERENT_SPANS]
            file.write(f"{row},StatusNotAvailable,Tilbake på jobb {ends.day}.,{starts},{ends}\r\n")
    return path


def write_json_job(folder: Path, rows: int) -> Path:
    """Write a JSON job, one array of objects, for the associates 1 to *rows*; give its path."""
    path = folder / f"changes-{rows}.json"
    with path.open("w", encoding="utf-8") as file:
        for row in range(1, rows + 1):
            _, status, message = _line(row).rstrip().split(",")
            found = {"associateId": row, "status": status, "message": message}
            file.write(f"{',' if row > 1 else '['}\n{json.dumps(found, ensure_ascii=False)}")
        file.write("\n]\n")
    return path


def write_workbook(folder: Path, rows: int) -> Path:
    """Write an XLSX job for the associates 1 to *rows*, numbers as numbers; give its path."""
    path = folder / f"changes-{rows}.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("associateId", "status", "message"))
        for row in range(1, rows + 1):
            _, status, message = _line(row).rstrip().split(",")
            sheet.write_row(row, 0, (row, status, message))
    return path


def _line(associate_id: int) -> str:
    if associate_id % NOT_PRESENT_OF:
        return f"{associate_id},StatusNotAvailable,Tilbake på jobb {associate_id % 28 + 1}. januar\r\n"
    return f"{associate_id},StatusNormal,\r\n"
