"""How workbooks are made: what fills a sheet, and what people do to sheets."""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

Fill = Callable[[xlsxwriter.Workbook], None]
THEN = datetime(2026, 11, 23, 2, 0)  # noqa: DTZ001 - as workbooks have it, in no zone


def workbook(fill: Fill, **options: Any) -> bytes:
    """Make a workbook."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, **options}) as book:
        book.set_properties({"created": THEN})
        fill(book)
    return made.getvalue()


def of(*rows: Sequence[Any], at: tuple[int, int] = (0, 0), name: str | None = None) -> Fill:
    """Make what fills a sheet with *rows*; its first cell is *at* row and column, from 0."""

    def fill(book: xlsxwriter.Workbook) -> None:
        put(book, book.add_worksheet(name), rows, at)

    return fill


def put(book: xlsxwriter.Workbook, sheet: Any, rows: Sequence[Sequence[Any]], at: tuple[int, int]) -> None:
    """Write *rows* as a person types them: days look like days, and what begins with = is a formula."""
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
    for y, row in enumerate(rows, at[0]):
        for x, value in enumerate(row, at[1]):
            if isinstance(value, tuple):  # a formula, and what it came to
                sheet.write_formula(y, x, value[0], None, value[1])
            elif isinstance(value, datetime | date):
                sheet.write_datetime(y, x, value, moment if isinstance(value, datetime) else day)
            elif value is not None:
                sheet.write(y, x, value)


def several(*fills: Fill) -> Fill:
    """Make what fills a workbook with several sheets."""

    def fill(book: xlsxwriter.Workbook) -> None:
        for each in fills:
            each(book)

    return fill


def hidden(fill: Fill) -> Fill:
    """Hide the sheet that *fill* adds."""

    def fill_hidden(book: xlsxwriter.Workbook) -> None:
        fill(book)
        book.worksheets()[-1].hide()

    return fill_hidden


def hidden_rows(rows: Sequence[Sequence[Any]], *places: int) -> Fill:
    """Make what fills a sheet with *rows*, of which those at *places* are hidden by hand."""

    def fill(book: xlsxwriter.Workbook) -> None:
        of(*rows)(book)
        for place in places:
            book.worksheets()[-1].set_row(place, None, None, {"hidden": True})

    return fill


def spanning(rows: Sequence[Sequence[Any]], *cells: tuple[int, int, int]) -> Fill:
    """Make what fills a sheet with *rows*; *cells* are merged: column, first and last row, from 0."""

    def fill(book: xlsxwriter.Workbook) -> None:
        of(*rows)(book)
        for column, first, last in cells:
            value = rows[first][column]
            day = book.add_format({"num_format": "dd.mm.yyyy"} if isinstance(value, date) else {})
            book.worksheets()[-1].merge_range(first, column, last, column, value, day)

    return fill
