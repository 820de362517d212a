"""Columns of CSV files that give a number by the time of day: the mean of a law, the share of a route, a reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import InvalidInput, Problem
from sim.core.units import DAY
from sim.scenario.interval_tables import Table, read_table
from sim.scenario.times_of_day import by_hours

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
    columns = _Columns(folder)
    if not isinstance(data, dict):
        return data, []
    data = {key: columns.replace(part, str(key)) if key == "orchestration" else part for key, part in data.items()}
    if isinstance(data.get("intents"), dict):
        data["intents"] = {name: columns.replace_in_steps(intent, name) for name, intent in data["intents"].items()}
    return data, list(dict.fromkeys(columns.problems))


class _Columns:
    def __init__(self, folder: Path) -> None:
        self.problems: list[Problem] = []
        self._folder = folder
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
            return _by_time(self._tables[file], column)
        except InvalidInput as error:
            self.problems.extend(error.problems)
            return 0  # a placeholder, so that the rest is checked too


def _by_time(table: Table, column: str) -> float | Mapping[str, float]:
    """Return the numbers of a column as a mapping from hours, or as one number where all are equal."""
    if table.days is not None:
        message = "has numbers by day, and here they differ by the time of day only; give a file without days (date, "
        message += "weekday or day), such as one for each kind of day, with a run for each"
        raise InvalidInput([Problem(table.file, "", message, 1)])
    changes: list[tuple[float, float]] = []
    for begin, value in sorted(zip((begin % DAY for begin in table.begins), table.column(column), strict=True)):
        if not changes:
            changes.append((0.0, value))
        elif value != changes[-1][1]:
            changes.append((begin, value))
    return changes[0][1] if len(changes) == 1 else by_hours(changes)
