"""CSV files of the state of the moment at which a run begins, a row for each entry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.core.errors import InvalidInput, Problem
from sim.core.model import Model
from sim.scenario.csv_records import csv_number
from sim.scenario.now import Busy, Waiting
from sim.scenario.recordings import read_rows

__all__ = ["with_state"]

_TABLES: Mapping[str, tuple[str, type[Model]]] = {"waiting": ("queue", Waiting), "busy": ("group", Busy)}
_TIMES = {"waited", "busy_for"}  # a bare number is of seconds


def with_state(data: Any, folder: Path) -> tuple[Any, list[Problem]]:
    """Replace the names of CSV files in `now` by their entries; return the problems, too."""
    now = data.get("now") if isinstance(data, dict) else None
    if not isinstance(now, dict):
        return data, []
    problems: list[Problem] = []
    entries = dict(now)
    for name, (owner, model) in _TABLES.items():
        if isinstance(now.get(name), str):
            entries[name] = _read(folder / now[name], owner, model, problems)
    return {**data, "now": entries}, problems


def _read(file: Path, owner: str, model: type[Model], problems: list[Problem]) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of a file by queue or group; an empty cell says nothing."""
    entries: dict[str, list[dict[str, Any]]] = {}
    try:
        rows = read_rows(file, {owner}, set(model.model_fields))
    except InvalidInput as error:
        problems.extend(error.problems)
        return {}
    for line, cells in rows:
        entry = {name: _value(name, cell) for name, cell in cells.items() if name != owner and cell}
        if not cells[owner]:
            problems.append(Problem(str(file), owner, f"is empty; name the {owner}", line))
            continue
        try:
            model.model_validate(entry)
        except ValidationError as error:
            for detail in error.errors():
                message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
                column = ".".join(map(str, detail["loc"]))
                shown = f'"{detail["input"]}" ' if message.startswith("must be") else ""
                problems.append(Problem(str(file), column, f"{shown}{message}", line))
        else:
            entries.setdefault(cells[owner], []).append(entry)
    return entries


def _value(name: str, cell: str) -> str | float:
    number = csv_number(cell)
    return number if name in _TIMES and not math.isnan(number) else cell
