"""CSV tables next to a scenario: a row per interval with its time of day, and a column per intent or group."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import DAY, clock, counted, parse_time_of_day
from sim.scenario.csv_records import csv_number, csv_records
from sim.scenario.document import read_text

__all__ = ["Table", "read_table", "step_between"]


@dataclass(frozen=True)
class Table:
    """A forecast or staffing table: the start of each row, in equal steps, and for each column a number per row."""

    file: str
    begins: tuple[float, ...]
    columns: dict[str, list[float]]

    def column(self, name: str) -> list[float]:
        """Return a column, or raise `InvalidInput`."""
        if name not in self.columns:
            raise InvalidInput([Problem(self.file, "", f'has no column "{name}"; {near(name, self.columns)}', 1)])
        return self.columns[name]


def read_table(file: Path) -> Table:
    """Read a CSV table; lines that begin with ``#`` are comments. Raise `InvalidInput` with all problems."""
    name = str(file)
    text = read_text(file)
    try:
        rows = csv_records(text)
    except csv.Error as error:
        raise InvalidInput([Problem(name, "", f"is not CSV: {error}")]) from None
    if len(rows) < 2:
        message = 'is empty; it needs a header such as "time,balance,loan" and a row per interval'
        raise InvalidInput([Problem(name, "", message)])
    (at, header), body = rows[0], rows[1:]
    problems = _header_problems(name, at, header)
    begins: list[float] = []
    columns: dict[str, list[float]] = {column: [] for column in header[1:]}
    for line, cells in body:
        problems += _read_row(name, line, header, cells, begins, columns)
    problems += _uneven(name, body, begins)
    if problems:
        raise InvalidInput(problems)
    return Table(name, tuple(begins), columns)


def _header_problems(file: str, line: int, header: list[str]) -> list[Problem]:
    problems = []
    if len(header) < 2:
        problems.append(Problem(file, "", "has no column after the time; is the separator a comma?", line))
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        problems.append(Problem(file, "", f"has the column {', '.join(doubled)} more than once", line))
    return problems


def _read_row(
    file: str, line: int, header: list[str], cells: list[str], begins: list[float], columns: dict[str, list[float]]
) -> list[Problem]:
    if len(cells) != len(header):
        message = f"has {counted(len(cells), 'cell')} where the header has {len(header)}"
        return [Problem(file, "", message, line)]
    problems = []
    try:
        begins.append(parse_time_of_day(cells[0]))
    except ValueError as error:
        problems.append(Problem(file, header[0], str(error), line))
    for column, cell in zip(header[1:], cells[1:], strict=True):
        number = csv_number(cell)
        if not 0 <= number < 1e9:
            problems.append(Problem(file, column, f'"{cell}" must be a number from 0', line))
        columns[column].append(number)
    return problems


def _uneven(file: str, body: list[tuple[int, list[str]]], begins: list[float]) -> list[Problem]:
    if len(begins) != len(body) or len(begins) < 2:
        return []
    step = step_between(*begins[:2])
    wanted = f"each row must be {step / 60:g} min after the one before" if step > 0 else "times must rise"
    return [
        Problem(file, "", f"{clock(b)} follows {clock(a)}; {wanted}", line)
        for (a, b), (line, _) in zip(pairwise(begins), body[1:], strict=True)
        if step_between(a, b) != step or step <= 0
    ]


def step_between(begin: float, following: float) -> float:
    """Return the time from a row to the following one, which may be after midnight."""
    step = following - begin
    return step + DAY if step < -DAY / 2 else step
