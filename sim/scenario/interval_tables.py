"""CSV tables next to a scenario: a row per interval with its time of day, and a column per intent or group.

Rows may be of all days, or each of the day that a further column names: a date, a weekday or another selector of days.
"""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sim.core.errors import InvalidInput, Problem, near
from sim.core.repeated import repeated
from sim.core.units import DAY, HOUR, clock, counted, parse_duration, parse_time_of_day
from sim.scenario.by_day import selector_of
from sim.scenario.csv_records import csv_number, csv_records, decimal_comma_hint
from sim.scenario.document import read_text

__all__ = ["Table", "read_table", "step_between"]

_SHOWN = 5  # problems of a column
_DAY_COLUMNS = ("date", "weekday", "day")
_MINUTES = re.compile(r"([0-9]+):([0-5][0-9])")  # and seconds, as exports write handling times
_CLOCK = re.compile(r"[0-2]?[0-9]:[0-5][0-9](:[0-5][0-9])?")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ](.+)")  # a date and a time in one cell


@dataclass(frozen=True)
class Table:
    """A forecast or staffing table: the start of each row, in equal steps, and for each column a number per row."""

    file: str
    begins: tuple[float, ...]  # seconds after midnight
    columns: dict[str, list[float]]
    days: tuple[str, ...] | None = None  # selector of each row's days, None = all days

    @property
    def step(self) -> float:
        """Seconds of a row; 0 if there is only one."""
        if self.days is None or len(self.begins) < 2:
            return step_between(*self.begins[:2]) if len(self.begins) > 1 else 0.0
        pairs = pairwise(zip(self.days, self.begins, strict=True))
        steps = (later[1] - earlier[1] for earlier, later in pairs if earlier[0] == later[0])
        return min((step for step in steps if step > 0), default=0.0)

    def column(self, name: str) -> list[float]:
        """Return a column, or raise `InvalidInput`."""
        if name not in self.columns:
            raise InvalidInput([Problem(self.file, "", f'has no column "{name}"; {near(name, self.columns)}', 1)])
        return self.columns[name]


def read_table(file: Path) -> Table:
    """Read a CSV table; lines that begin with ``#`` are comments. Raise `InvalidInput` with what is wrong."""
    name = str(file)
    text = read_text(file)
    try:
        rows = csv_records(text)
    except csv.Error as error:
        raise InvalidInput([Problem(name, "", f"is not CSV: {error}")]) from None
    if len(rows) < 2:
        what = "has no row below its header" if rows and len(rows[0][1]) > 1 else "is empty"
        message = f'{what}; it needs a header such as "time,balance,loan" and a row per interval'
        raise InvalidInput([Problem(name, "", message)])
    (at, header), body = rows[0], rows[1:]
    day_at = _day_column(header, body)
    time_at = 1 if day_at == 0 else 0
    numbers_at = [index for index in range(len(header)) if index not in {day_at, time_at}]
    problems = _header_problems(name, at, [header[time_at], *(header[index] for index in numbers_at)])
    if not numbers_at:
        raise InvalidInput(problems)
    begins: list[float] = []
    days: list[str] = []
    columns: dict[str, list[float]] = {header[index]: [] for index in numbers_at}
    for line, cells in body:
        if len(cells) != len(header):
            message = f"has {counted(len(cells), 'cell')} where the header has {len(header)}"
            problems.append(Problem(name, "", message, line))
            continue
        day, time = _split(cells[time_at]) if day_at is None else (cells[day_at], cells[time_at])
        problems += _read_day(name, line, header[day_at or 0], day, days)
        problems += _read_row(name, line, header[time_at], time, begins)
        for index in numbers_at:
            problems += _read_number(name, line, header[index], cells[index], columns)
    problems += _uneven(name, body, begins, days) if not problems else []
    if problems:
        raise InvalidInput(_first_of_each_column(problems))
    return Table(name, tuple(begins), columns, tuple(days) if any(days) else None)


def _first_of_each_column(problems: list[Problem]) -> list[Problem]:
    """Leave out what is wrong in many lines of a column, and say in how many."""
    by_column: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_column[problem.path].append(problem)
    kept = []
    for path, of_column in by_column.items():
        more = len(of_column) - _SHOWN
        kept += of_column[:_SHOWN] if more > 1 else of_column
        if more > 1:
            message = f"{more:,} more lines have such a problem, up to line {of_column[-1].line}"
            kept.append(Problem(of_column[0].file, path, message, of_column[_SHOWN].line))
    return kept


def _day_column(header: list[str], body: list[tuple[int, list[str]]]) -> int | None:
    """Return the place of the column with the days: before the time, or as dates or weekdays after it."""
    first, second = (cell.lower() for cell in (*header[:2], "", "")[:2])
    if first in _DAY_COLUMNS and (second == "time" or _are_days_and_times(body)):
        return 0
    if second in {"date", "weekday"} and any(cells[1:2] for _, cells in body):
        return 1
    return None


def _are_days_and_times(body: list[tuple[int, list[str]]]) -> bool:
    """Tell whether rows begin with a day that is no time, and go on with a time of day."""
    return all(len(cells) > 1 and _CLOCK.fullmatch(cells[1]) and ":" not in cells[0] for _, cells in body)


def _split(cell: str) -> tuple[str, str]:
    """Return the date and the time of a cell that may hold both."""
    match = _INSTANT.fullmatch(cell)
    return (match[1], match[2]) if match else ("", cell)


def _read_day(file: str, line: int, column: str, cell: str, days: list[str]) -> list[Problem]:
    column = column.lower()
    day = f"day {cell}" if column == "day" and cell.isdecimal() else cell.lower()
    day = day[:3] if day.endswith("day") and column == "weekday" and day != "holiday" else day
    days.append(day)
    try:
        if day or column in _DAY_COLUMNS:
            selector_of(day)
    except ValueError as error:
        return [Problem(file, column, str(error), line)]
    return []


def _header_problems(file: str, line: int, header: list[str]) -> list[Problem]:
    problems = []
    if len(header) < 2:
        problems.append(
            Problem(file, "", f'has no column after "{header[0]}"; commas, semicolons or tabs separate the cells', line)
        )
    doubled = sorted(repeated(header))
    if doubled:
        problems.append(Problem(file, "", f"has the column {', '.join(doubled)} more than once", line))
    return problems


def _read_row(file: str, line: int, column: str, cell: str, begins: list[float]) -> list[Problem]:
    try:
        begins.append(parse_time_of_day(cell))
    except ValueError as error:
        return [Problem(file, column, str(error), line)]
    return []


def _read_number(file: str, line: int, column: str, cell: str, columns: dict[str, list[float]]) -> list[Problem]:
    number = csv_number(cell)
    columns[column].append(number)
    if 0 <= number < 1e9:
        return []
    seconds = _seconds(cell) if math.isnan(number) else None
    hint = decimal_comma_hint(cell) if seconds is None else f"; write a duration in seconds: {seconds:g}"
    if _CLOCK.fullmatch(cell):
        hint += " (times of day come first)"
    return [Problem(file, column, f'"{cell}" must be a number from 0{hint}', line)]


def _seconds(cell: str) -> float | None:
    """Return the seconds of a cell that holds a duration, such as ``3 min`` or ``4:32``; None for others."""
    minutes = _MINUTES.fullmatch(cell)
    try:
        return 60.0 * float(minutes[1]) + float(minutes[2]) if minutes else parse_duration(cell)
    except ValueError:
        return None


def _uneven(file: str, body: list[tuple[int, list[str]]], begins: list[float], days: list[str]) -> list[Problem]:
    """Find rows of a day that do not follow one another in equal steps; rows of all days may go on after midnight."""
    rows: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for day, begin, (line, _) in zip(days, begins, body, strict=True):
        rows[day].append((begin, line))
    first = next((of_day for of_day in rows.values() if len(of_day) > 1), None)
    if first is None:
        return []
    step = step_between(first[0][0], first[1][0])
    wanted = f"each row must be {step / 60:g} min after the one before" if step > 0 else "times must rise"
    return [
        Problem(file, "", f"{clock(b)} follows {clock(a)}{f' on {day}' if day else ''}; {wanted}", line)
        for day, of_day in rows.items()
        for (a, _), (b, line) in pairwise(of_day)
        if step <= 0 or not _follows(step_between(a, b), step, day)
    ]


def _follows(apart: float, step: float, day: str) -> bool:
    """Tell whether a row may come so long after another: on a date, the clock may be put on or back by an hour."""
    return apart == step or (day[:1].isdecimal() and apart - step in {HOUR, -HOUR})


def step_between(begin: float, following: float) -> float:
    """Return the time from a row to the following one, which may be after midnight."""
    step = following - begin
    return step + DAY if step < -DAY / 2 else step
