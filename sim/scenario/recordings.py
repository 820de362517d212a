"""CSV files of single records next to a scenario: arrivals to replay, and durations from which to estimate a law."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sim.core.calendar import Calendar, parse_date, parse_time_zone
from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import counted, parse_time_of_day
from sim.distributions.empirical import kaplan_meier
from sim.scenario.csv_records import csv_number, csv_records, decimal_comma_hint
from sim.scenario.document import read_text

__all__ = ["read_arrivals", "read_durations", "read_rows", "with_recordings"]

S = TypeVar("S")
T = TypeVar("T")
_MAX_DAY = 50_000  # no run has more
_DATED = re.compile(r"[0-9]{4}-")
_YES, _NO = {"1", "true", "yes", "y"}, {"0", "false", "no", "n"}


def with_recordings(data: Any, folder: Path) -> tuple[Any, list[Problem]]:
    """Replace ``replay: FILE`` and ``durations: FILE`` by the records of the files; return the problems, too."""
    problems: list[Problem] = []
    calendar = _calendar_of(data)

    def read(reader: Callable[[Path], dict[str, Any]], name: str) -> dict[str, Any]:
        try:
            return reader(folder / name)
        except InvalidInput as error:
            problems.extend(error.problems)
            return {}

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(each) for each in part]
        if not isinstance(part, dict):
            return part
        if isinstance(part.get("replay"), str):
            return {**part, "replay": {"times": [], **read(partial(read_arrivals, calendar=calendar), part["replay"])}}
        if part.get("law") == "empirical" and isinstance(part.get("durations"), str):
            rest = {key: value for key, value in part.items() if key != "durations"}
            # A placeholder if the file cannot be read, so that the rest is checked too.
            return {"survival": {0.0: 1.0, 1.0: 0.0}, **read(read_durations, part["durations"]), **rest}
        return {key: walk(each) for key, each in part.items()}

    return walk(data), problems


def _calendar_of(data: Any) -> Calendar:
    """Return the calendar of a scenario that is not checked yet; what is wrong with it is reported elsewhere."""
    run = data.get("run") if isinstance(data, dict) else None
    start, zone = (run.get("start"), run.get("time_zone")) if isinstance(run, dict) else (None, None)
    try:
        first = None if start is None else parse_date(start)
        return Calendar(first, None if zone is None or first is None else parse_time_zone(zone))
    except ValueError:
        return Calendar()


def read_arrivals(file: Path, calendar: Calendar) -> dict[str, Any]:
    """Read recorded arrivals.

    Parameters
    ----------
    file
        CSV with the column ``time`` (such as 09:30:15 or 09:30:15.250, or seconds after midnight), and optionally
        ``day`` (from 1) or ``date``, and ``segment``. A time may begin with its date, as in ISO 8601. Lines that begin
        with ``#`` are comments.
    calendar
        Of the run.

    Returns
    -------
    dict
        ``times``, seconds from midnight of the first day, in order; and ``segments`` if the file has them.

    Raises
    ------
    InvalidInput
        All problems of the file at once, each with its line.
    """
    rows, problems = read_rows(file, {"time"}, {"day", "date", "segment"}), []
    arrivals: list[tuple[float, str]] = []
    for line, row in rows:
        try:
            arrivals.append((_instant(row, calendar), row.get("segment", "")))
        except _WrongCell as error:
            problems.append(Problem(str(file), error.column, str(error), line))
    if problems:
        raise InvalidInput(problems)
    arrivals.sort(key=lambda arrival: arrival[0])
    segments = {"segments": [segment for _, segment in arrivals]} if rows and "segment" in rows[0][1] else {}
    return {"times": [time for time, _ in arrivals], **segments}


class _WrongCell(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """A cell that cannot be read."""

    def __init__(self, column: str, message: object) -> None:
        super().__init__(str(message))
        self.column = column


def _instant(row: dict[str, str], calendar: Calendar) -> float:
    """Return when somebody arrived."""
    time, other = row["time"], next((column for column in ("date", "day") if column in row), "")
    if _DATED.match(time):
        if other:
            raise _WrongCell("time", f'"{time}" has its date; remove it, or the column {other}')
        return _read("time", calendar.parse_instant, time)
    if "date" in row and "day" in row:
        raise _WrongCell("date", "stands beside day; remove one of the two columns")
    seconds = _read("time", _seconds_of_day, time)
    day = _read(other, calendar.day_of, _read(other, parse_date, row[other])) if other == "date" else _day(row)
    return calendar.instant(day, seconds)


def _day(row: dict[str, str]) -> int:
    day = row.get("day", "1")
    if not (day.isdecimal() and 0 < int(day) <= _MAX_DAY):
        raise _WrongCell("day", f'"{day}" is not a day; give a number from 1 to {_MAX_DAY:,}')
    return int(day)


def _read(column: str, parse: Callable[[S], T], value: S) -> T:
    try:
        return parse(value)
    except ValueError as error:
        raise _WrongCell(column, error) from None


def _seconds_of_day(text: str) -> float:
    """Return the seconds after midnight of a time of day, which may have a fraction of a second."""
    number = csv_number(text)
    if not math.isnan(number):
        return parse_time_of_day(number)
    whole, _, fraction = text.partition(".")
    if whole.count(":") == 2 and fraction.isascii() and fraction.isdecimal():
        return parse_time_of_day(parse_time_of_day(whole) + float(Decimal(f"0.{fraction}")))
    return parse_time_of_day(text)


def read_durations(file: Path) -> dict[str, Any]:
    """Read durations, some of them censored, and estimate their law (Kaplan-Meier).

    Parameters
    ----------
    file
        CSV with the columns ``seconds`` and ``observed``: yes if the duration ended by itself, no if it is censored
        (a customer who was answered would have waited longer).

    Returns
    -------
    dict
        ``zero``, ``survival`` and ``beyond`` of an empirical law.

    Raises
    ------
    InvalidInput
        All problems of the file at once, each with its line.
    """
    problems: list[Problem] = []
    durations: list[float] = []
    observed: list[bool] = []
    for line, row in read_rows(file, {"seconds", "observed"}, set()):
        seconds, answer = csv_number(row["seconds"]), row["observed"].lower()
        if not 0 <= seconds < math.inf:
            problems.append(
                Problem(
                    str(file),
                    "seconds",
                    f'"{row["seconds"]}" must be a number from 0{decimal_comma_hint(row["seconds"])}',
                    line,
                )
            )
        if answer not in _YES | _NO:
            problems.append(Problem(str(file), "observed", f'"{row["observed"]}" must be yes or no', line))
        durations.append(seconds)
        observed.append(answer in _YES)
    if not problems and not any(seconds > 0 and seen for seconds, seen in zip(durations, observed, strict=True)):
        problems.append(Problem(str(file), "observed", "no duration above 0 was observed to its end"))
    if problems:
        raise InvalidInput(problems)
    return kaplan_meier(durations, observed)


def read_rows(file: Path, needed: set[str], allowed: set[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file: the line and the named cells of each row.

    Parameters
    ----------
    file
        With a header, and at least one row.
    needed, allowed
        Columns that it must have, and others that it may have.

    Raises
    ------
    InvalidInput
        All problems of the file at once, each with its line.
    """
    name = str(file)
    text = read_text(file)
    try:
        cells = csv_records(text)
    except csv.Error as error:
        raise InvalidInput([Problem(name, "", f"is not CSV: {error}")]) from None
    if len(cells) < 2:
        raise InvalidInput([Problem(name, "", f'is empty; it needs the header "{",".join(sorted(needed))}" and rows')])
    at, header = cells[0]
    problems = [Problem(name, "", f'has no column "{column}"', at) for column in sorted(needed - set(header))]
    problems += [
        Problem(name, "", f'"{column}" is not a column of this; {near(column, needed | allowed)}', at)
        for column in header
        if column not in needed | allowed
    ]
    problems += [
        Problem(name, "", f"has {counted(len(row), 'cell')} where the header has {len(header)}", line)
        for line, row in cells[1:]
        if len(row) != len(header)
    ]
    if problems:
        raise InvalidInput(problems)
    return [(line, dict(zip(header, row, strict=True))) for line, row in cells[1:]]
