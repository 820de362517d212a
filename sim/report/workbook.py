"""Tables as files for people: an XLSX workbook, with a sheet for each table, and CSV files.

Names that a spreadsheet would take for formulas stay text: a workbook says of each cell what it is, and in CSV files
an apostrophe precedes them [1]_. The same tables give the same bytes.

References
----------
.. [1] OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

__all__ = [
    "FOLDER",
    "WORKBOOK",
    "Cell",
    "Column",
    "Sheet",
    "safe_text",
    "write_sheets",
    "write_tables",
    "write_workbook",
]

Cell = str | float | int | date | time | None

WORKBOOK, FOLDER = "tables.xlsx", "tables"  # in a result folder
MOST_ROWS = 1_048_575  # of a sheet, without its header
_MADE = datetime(1980, 1, 1)  # noqa: DTZ001 - the creation of every workbook, as of all files within it
_LONGEST_NAME = 31  # characters of a sheet's name
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four are wide forms of the first
_NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?")
_WIDEST = 60  # characters
_UNITS = {"s": "s", "h": "h", "share": "%"}  # that a column's title needs


class Column(NamedTuple):
    """Title and unit of all cells of a column: "share", "s", "h", or what is counted."""

    title: str
    unit: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table of values: text, numbers, dates, times of day, or None where there is nothing.

    Shares are of 1, and durations are in seconds; ``is_long`` = a page folds it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    is_long: bool = False


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it opens a CSV file; ``+1`` is a number there."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def write_sheets(folder: Path, sheets: Sequence[Sheet]) -> None:
    """Write each table as a CSV file: times as 07:30, dates as 2025-03-24, shares of 1.

    Parameters
    ----------
    folder
        It is made if need be.
    sheets
        Their titles give the names of the files.
    """
    folder.mkdir(exist_ok=True)
    for name, sheet in zip(_names([sheet.title for sheet in sheets], _file_name), sheets, strict=True):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([safe_text(_with_unit(column, "share")) for column in sheet.columns])
            writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)


def _csv_cell(cell: Cell) -> object:
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, time):
        return cell.isoformat("seconds" if cell.second else "minutes")
    return cell


def write_tables(folder: Path, sheets: Sequence[Sheet], about: Sequence[str] = ()) -> None:
    """Write tables beside a report, as a workbook and as a folder of CSV files.

    Parameters
    ----------
    folder
        The result's.
    sheets, about
        As for `write_workbook`.
    """
    write_sheets(folder / FOLDER, sheets)
    write_workbook(folder / WORKBOOK, sheets, about)


def write_workbook(path: Path, sheets: Sequence[Sheet], about: Sequence[str] = ()) -> None:
    """Write a workbook: a first sheet that lists the tables, and a sheet for each.

    Parameters
    ----------
    path
        The file.
    sheets
        Tables; of one that is too long for a sheet, the first rows are written, and the first sheet says so.
    about
        Lines above the list, such as the scenario's name.
    """
    from xlsxwriter import Workbook

    names = list(_names(["Contents", *(sheet.title for sheet in sheets)], _sheet_name))[1:]
    with Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"created": _MADE})
        _list(book, about, [(name, len(sheet.rows)) for name, sheet in zip(names, sheets, strict=True)])
        for name, sheet in zip(names, sheets, strict=True):
            _fill(book.add_worksheet(name), sheet, _formats(book, sheet))


def _list(book: Any, about: Sequence[str], tables: Sequence[tuple[str, int]]) -> None:
    """Write the first sheet: what the workbook is of, and its sheets with their numbers of rows."""
    contents, bold = book.add_worksheet("Contents"), book.add_format({"bold": True})
    contents.set_column(0, 0, 36)
    contents.set_column(1, 1, 44)
    for row, line in enumerate(about):
        contents.write_string(row, 0, line, None if row else bold)
    begin = len(about) + 1 if about else 0
    for column, title in enumerate(("Sheet", "Rows")):
        contents.write_string(begin, column, title, bold)
    for row, (name, count) in enumerate(tables, start=begin + 1):
        quoted = name.replace("'", "''")
        contents.write_url(row, 0, f"internal:'{quoted}'!A1", string=name)
        if count > MOST_ROWS:
            contents.write_string(row, 1, f"the first {MOST_ROWS:,} of {count:,}; the CSV file has all")
        else:
            contents.write_number(row, 1, count)


class _Formats(NamedTuple):
    """Formats of a sheet's cells: of the header, and of each column."""

    header: Any
    columns: Sequence[Any]
    dates: Any
    times: Any


def _formats(book: Any, sheet: Sheet) -> _Formats:
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    shown = [book.add_format({"num_format": _number_format(sheet, c)}) for c in range(len(sheet.columns))]
    return _Formats(
        header, shown, book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "hh:mm"})
    )


def _number_format(sheet: Sheet, column: int) -> str:
    """Return the format of a column's numbers: whole ones without decimals, also where they are of type float."""
    unit = sheet.columns[column].unit
    if unit == "share":
        return "0.0%"
    numbers = (row[column] for row in sheet.rows)
    if unit != "probability" and all(cell == int(cell) for cell in numbers if isinstance(cell, int | float)):
        return "#,##0"
    return {"s": "#,##0.0", "probability": "0.000"}.get(unit, "#,##0.00")


def _fill(page: Any, sheet: Sheet, formats: _Formats) -> None:
    """Write a table on a sheet: a header that stays in sight, and rows that can be sorted and filtered."""
    rows = sheet.rows[:MOST_ROWS]
    for number, width in enumerate(_widths(sheet)):
        page.set_column(number, number, width)
    page.freeze_panes(1, 0)
    if sheet.columns:
        page.autofilter(0, 0, len(rows), len(sheet.columns) - 1)
    for number, column in enumerate(sheet.columns):
        page.write_string(0, number, _with_unit(column), formats.header)
    for at, row in enumerate(rows, start=1):
        for number, cell in enumerate(row):
            if isinstance(cell, str):
                page.write_string(at, number, cell)
            elif isinstance(cell, date):
                page.write_datetime(at, number, cell, formats.dates)
            elif isinstance(cell, time):
                page.write_datetime(at, number, cell, formats.times)
            elif cell is not None:
                page.write_number(at, number, cell, formats.columns[number])


def _widths(sheet: Sheet) -> Iterator[int]:
    """Yield widths in which titles need three lines at most, and texts one."""
    for number, column in enumerate(sheet.columns):
        texts = (len(row[number]) for row in sheet.rows[:1000] if isinstance(row[number], str))  # type: ignore[arg-type]
        longest_word = max(map(len, _with_unit(column).split()), default=0)
        title = max(longest_word, -(-len(_with_unit(column)) // 2))
        yield min(max(10, title + 3, max(texts, default=0) + 1), _WIDEST)


def _with_unit(column: Column, share: str = "") -> str:
    """Return a column's title with its unit where the title does not say it; cells of a workbook show per cent."""
    unit = share if column.unit == "share" else _UNITS.get(column.unit, "")
    return f"{column.title} ({unit})" if unit else column.title


def _names(titles: Sequence[str], name_of: Callable[[str], str]) -> Iterator[str]:
    """Yield a name for each title; those that would be the same, but for upper and lower case, get a number."""
    used: set[str] = set()
    for title in titles:
        name = first = name_of(title)
        number = 2
        while name.lower() in used:
            name = f"{first[: _LONGEST_NAME - 4]} {number}"
            number += 1
        used.add(name.lower())
        yield name


def _sheet_name(title: str) -> str:
    """Return a name as Excel allows it."""
    name = re.sub(r"[\[\]:*?/\\]", " ", title)[:_LONGEST_NAME].strip(" '")
    return "History of changes" if name.lower() == "history" else name or "Table"


def _file_name(title: str) -> str:
    """Return a title as the name of a file."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-") or "table"
