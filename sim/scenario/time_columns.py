"""Columns of CSV files that give a number by the time of day, or also by day: the mean of a law, a share, a reach."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.core.errors import InvalidInput, Problem
from sim.core.units import DAY
from sim.scenario.by_day import day_name, key_of_day, selector_of
from sim.scenario.interval_tables import Table, read_table
from sim.scenario.run_days import hours_by_day
from sim.scenario.schema import Scenario
from sim.scenario.table_references import run_of
from sim.scenario.times_of_day import ELSE, by_hours

__all__ = ["with_time_columns"]

_KEYS = {"file", "column"}


def with_time_columns(data: Any, folder: Path) -> tuple[Any, list[Problem]]:
    """Replace ``{file: FILE, column: NAME}`` in steps, starts and the orchestration by mappings from hours to numbers.

    Before the first row, its number holds; after the last row, that of the last one. Without `column`, it is the name
    of the step.

    Parameters
    ----------
    data
        A scenario as read, not yet validated.
    folder
        That of the scenario.

    Returns
    -------
    tuple
        The scenario with the numbers, and the problems of the files.
    """
    if not isinstance(data, dict):
        return data, []
    columns = _Columns(folder, data)
    data = {key: columns.replace(part, str(key)) if key == "orchestration" else part for key, part in data.items()}
    if isinstance(data.get("intents"), dict):
        data["intents"] = {name: columns.replace_in_steps(intent, name) for name, intent in data["intents"].items()}
    return data, list(dict.fromkeys(columns.problems))


class _Columns:
    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.problems: list[Problem] = []
        self._folder, self._data = folder, data
        self._tables: dict[str, Table] = {}

    def replace(self, part: Any, owner: str) -> Any:
        """Replace the columns in a part of a scenario; those without a name have that of the owner."""
        if isinstance(part, list):
            return [self.replace(each, owner) for each in part]
        if not isinstance(part, dict):
            return part
        if isinstance(part.get("file"), str) and set(part) <= _KEYS:
            return self._numbers(part["file"], str(part.get("column") or owner))
        return {key: self.replace(each, owner) for key, each in part.items()}

    def replace_in_steps(self, intent: Any, name: Any) -> Any:
        """Replace the columns in the steps and the start of an intent."""
        if not isinstance(intent, dict):
            return intent
        changed = dict(intent)
        if isinstance(intent.get("steps"), dict):
            changed["steps"] = {step: self.replace(part, str(step)) for step, part in intent["steps"].items()}
        if "start" in intent:
            changed["start"] = self.replace(intent["start"], str(name))
        return changed

    def _numbers(self, file: str, column: str) -> Any:
        try:
            if file not in self._tables:
                self._tables[file] = read_table(self._folder / file)
            table = self._tables[file]
            return _by_time(table, column) if table.days is None else _by_day(table, column, run_of(self._data))
        except InvalidInput as error:
            self.problems.extend(error.problems)
            return 0  # a placeholder, so that the rest is checked too


def _by_time(table: Table, column: str) -> Any:
    """Return the numbers of a column as a mapping from hours, or as one number where all are equal."""
    return _of_times(zip(table.begins, table.column(column), strict=True))


def _by_day(table: Table, column: str, scenario: Scenario | None) -> Any:
    """Return the numbers of a column by day; days after the table's last one, and closed ones, have those of that."""
    days = list(dict.fromkeys(table.days or ()))
    if scenario is not None:
        _check_days(table, days, scenario)
    rows = list(zip(table.days or (), table.begins, table.column(column), strict=True))
    by_day = {day: _of_times((begin, value) for row_day, begin, value in rows if row_day == day) for day in days}
    by_day.setdefault(ELSE, by_day[days[-1]])
    return by_day if any(value != by_day[ELSE] for value in by_day.values()) else by_day[ELSE]


def _check_days(table: Table, days: list[str], scenario: Scenario) -> None:
    """Refuse a table without rows for a day on which the run is open, and one with dates for a run without."""
    if scenario.run.start is None and any(selector_of(day).by_date for day in days):
        message = "has dates, and the run has none; write run: {start: 2025-03-24}, the date of the first day"
        raise InvalidInput([Problem(table.file, "", message, 1)])
    if missing := [day for day in hours_by_day(scenario) if key_of_day(days, day, scenario.calendar) is None]:
        more = f" and {len(missing) - 1} more days" if len(missing) > 1 else ""
        message = f"lacks rows for {day_name(missing[0], scenario.calendar)}{more} of the run; add them"
        raise InvalidInput([Problem(table.file, "", message, 1)])


def _of_times(rows: Iterable[tuple[float, float]]) -> Any:
    """Return the numbers of one day's rows as a mapping from hours; of an hour that comes twice, the first counts."""
    of_time: dict[float, float] = {}
    for begin, value in rows:
        of_time.setdefault(begin % DAY, value)
    changes: list[tuple[float, float]] = []
    for begin, value in sorted(of_time.items()):
        if not changes:
            changes.append((0.0, value))
        elif value != changes[-1][1]:
            changes.append((begin, value))
    return changes[0][1] if len(changes) == 1 else by_hours(changes)
