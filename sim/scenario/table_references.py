"""Names of CSV tables in a scenario, which are replaced by the numbers of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from sim.core.errors import InvalidInput, Problem
from sim.scenario.by_day import is_day_key, key_of_day
from sim.scenario.document import Document
from sim.scenario.interval_tables import Table, read_table
from sim.scenario.resources import UNLIMITED
from sim.scenario.schema import Scenario
from sim.scenario.table_columns import Frame, fit_column

__all__ = ["run_of", "with_other_tables", "with_tables"]

Where = tuple[str | int, ...]
_ANY = {"any": {"demand": 0, "start": "s", "steps": {"s": {"channel": "web", "time": 0, "next": "resolved"}}}}


def with_other_tables(document: Document, overrides: Sequence[str]) -> Document:
    """Return a document with the tables of demand and staff that overrides put in the place of its own.

    Parameters
    ----------
    document
        A scenario's.
    overrides
        Of which those count whose path is that of a table, and whose value is a name of a CSV file.
    """
    data = document.data
    for override in overrides:
        path, _, value = (part.strip() for part in override.partition("="))
        parts = path.split(".")
        is_of_table = parts == ["demand", "forecast"] or parts[::2] in (["intents", "demand"], ["agents", "staff"])
        if is_of_table and value.lower().endswith(".csv") and _names_table(data, parts):
            data = _replaced(data, parts, value)
    return document if data is document.data else replace(document, data=data)


def _names_table(data: Any, parts: Sequence[str]) -> bool:
    """Tell whether there is the name of a table at a path."""
    for part in parts:
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return isinstance(data, str) or (isinstance(data, dict) and "file" in data)


def _replaced(data: dict[str, Any], parts: Sequence[str], value: str) -> dict[str, Any]:
    """Return a copy of nested mappings with another value at a path."""
    first, *others = parts
    return {**data, first: _replaced(data[first], others, value) if others else value}


def with_tables(data: dict[str, Any], document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Replace the names of tables of demand and staff by the columns that lie within the run.

    Parameters
    ----------
    data
        A scenario as plain data.
    document
        Its file, beside which the tables lie, and the lines of its values.

    Returns
    -------
    data
        Changed copy.
    problems
        Of tables that cannot be read, or do not fit the run.
    """
    tables = _Tables(document, run_of(data))
    data = {**data}
    for section, name in (("intents", "demand"), ("agents", "staff")):
        owners = data.get(section)
        if isinstance(owners, dict):
            data[section] = {
                owner: {**part, name: tables.values(owner, part[name], (section, owner, name))}
                if isinstance(part, dict) and part.get(name) is not None
                else part
                for owner, part in owners.items()
            }
    demand = data.get("demand")
    forecast = demand.get("forecast") if isinstance(demand, dict) else None
    if isinstance(forecast, str) and isinstance(data.get("intents"), dict):
        data["intents"] = {
            owner: {**part, "demand": tables.values(owner, forecast, ("demand", "forecast"))}
            if isinstance(part, dict) and part.get("demand") is None and not _needs_none(part)
            else part
            for owner, part in data["intents"].items()
        }
    return data, tables.problems


def _needs_none(intent: dict[str, Any]) -> bool:
    """Tell whether an intent needs no forecast: it has a rate, replays arrivals, or has the same customers for ever."""
    replayed = isinstance(intent.get("arrivals"), dict) and "replay" in intent["arrivals"]
    return replayed or intent.get("rate") is not None or intent.get("endless") is True


@dataclass
class _Tables:
    """Tables beside a scenario, each read once, and the problems with them."""

    document: Document
    run: Scenario | None  # a scenario of the run alone
    read: dict[str, Table | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def values(self, owner: str, spec: Any, where: Where) -> Any:
        """Return numbers in place of the name of a table, also where they are by day."""
        if where[0] == "agents" and spec == UNLIMITED:
            return spec
        if not (isinstance(spec, dict) and spec and all(map(is_day_key, spec))):
            return self._numbers(owner, spec, where)
        by_day: dict[str, Any] = {}
        for key, part in spec.items():
            numbers = self._numbers(owner, part, (*where, key), tuple(spec))
            by_day |= numbers if isinstance(numbers, dict) and "file" not in numbers else {key: numbers}
        return by_day

    def _numbers(self, owner: str, spec: Any, where: Where, keys: tuple[str, ...] | None = None) -> Any:
        if isinstance(spec, str) and spec.rstrip().endswith("%"):
            return self._refuse_share(spec, where)
        spec = {"file": spec} if isinstance(spec, str) else spec
        if not isinstance(spec, dict) or not isinstance(spec.get("file"), str) or set(spec) - {"file", "column"}:
            return spec
        try:
            table, name = self._table(spec["file"]), str(spec.get("column") or owner)
            if table is None:
                return 0
            if self.run is None:
                return table.column(name)
            frame = _frame(self.run, where)
            if keys is not None and table.days is not None:
                raise ValueError(f"{table.file} names days itself; use it without selectors of days")  # noqa: TRY301
            days = [day for day in frame.days if keys is None or key_of_day(keys, day, frame.calendar) == where[-1]]
            return fit_column(table, name, frame, days)
        except InvalidInput as error:
            self.problems.extend(error.problems)
        except ValueError as error:
            self._add(where, str(error))
        return 0  # a placeholder, so that the rest is checked too

    def _refuse_share(self, spec: str, where: Where) -> int:
        message = f'"{spec}" is neither a number nor a CSV file; give a number, or change what is there: --set '
        self._add(where, f'{message}"{".".join(map(str, where))}=+{spec}" adds so much of it, and "*1.1" multiplies it')
        return 0

    def _add(self, where: Where, message: str) -> None:
        path, line = ".".join(map(str, where)), self.document.line(where)
        self.problems.append(Problem(str(self.document.file), path, message, line, "contradiction"))

    def _table(self, name: str) -> Table | None:
        """Return a table; None if it had problems when it was read before."""
        if name not in self.read:
            self.read[name] = None
            self.read[name] = read_table(self.document.file.parent / name)
        return self.read[name]


def run_of(data: dict[str, Any]) -> Scenario | None:
    """Return a scenario of the run alone, which tables have to fit; None if the schema reports problems of it."""
    demand = data.get("demand")
    per = demand.get("per") if isinstance(demand, dict) else None
    run = {"run": data.get("run") or {}, "holidays": data.get("holidays") or {}, "demand": {"per": per}}
    try:
        scenario = Scenario.model_validate({"name": "-", "intents": _ANY, **run})
    except ValidationError:
        return None
    return scenario if scenario.run.interval >= 1 and (per is None or (scenario.demand.per or 0) >= 1) else None


def _frame(scenario: Scenario, where: Where) -> Frame:
    """Return what the tables of demand or of staff have to fit."""
    per = scenario.demand.per if where[0] != "agents" else None
    length = per or scenario.run.interval
    return Frame(scenario.run, scenario.calendar, length, of_demand=where[0] != "agents", has_per=bool(per))
