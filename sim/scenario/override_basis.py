"""Plain data to which overrides apply: a scenario with its defaults, and numbers by time of day as the file has them.

The scenario itself holds shares by time of day as cases, and laws with such numbers as several laws; the file does not.
"""

from __future__ import annotations

from typing import Any

from sim.core.units import number_of
from sim.scenario.override_shares import is_routes_field
from sim.scenario.resources import Queue
from sim.scenario.schema import Scenario
from sim.scenario.steps import Deferred
from sim.scenario.values_by_day import differs

__all__ = ["basis_of", "written_basis_of"]


def basis_of(scenario: Scenario, resolved: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario with its defaults, those of queues that only steps name included.

    Parameters
    ----------
    scenario
        As it was read.
    resolved
        The data of its file, with the columns of CSV files.
    """
    data = _as_in_file(scenario.model_dump(), resolved)
    steps = (step for intent in scenario.intents.values() for step in intent.steps.values())
    used = dict.fromkeys(step.queue for step in steps if isinstance(step, Deferred))
    data["queues"] |= {name: Queue().model_dump() for name in used if name not in data["queues"]}
    return data


def written_basis_of(scenario: Scenario, resolved: dict[str, Any]) -> dict[str, Any]:
    """Return the same without the defaults that the file does not write."""
    return _as_in_file(scenario.model_dump(exclude_unset=True), resolved)


def _as_in_file(data: dict[str, Any], resolved: dict[str, Any]) -> dict[str, Any]:
    if "holidays" in data:
        data["holidays"] = {str(day): name for day, name in data["holidays"].items()}
    for name, intent in data.get("intents", {}).items():
        raw = resolved["intents"][name]
        intent["start"] = _routes_as_in_file(intent["start"], raw.get("start"))
        for step, fields in intent["steps"].items():
            intent["steps"][step] = _step_as_in_file(fields, raw["steps"][step])
    if "orchestration" in data:
        data["orchestration"] = _laws_as_in_file(data["orchestration"], resolved.get("orchestration"))
    return data


def _step_as_in_file(read: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (_routes_as_in_file if is_routes_field(name) else _laws_as_in_file)(value, raw.get(name))
        for name, value in read.items()
    }


def _routes_as_in_file(read: Any, raw: Any) -> Any:
    """Return routes or cases; as they were written, with plain numbers, if a share differs by time of day."""
    cases = [case.get("to") for case in raw if isinstance(case, dict)] if isinstance(raw, list) else [raw]
    by_time = any(differs(share) for to in cases if isinstance(to, dict) for share in to.values())
    return _with_numbers(raw) if by_time else read


def _laws_as_in_file(read: Any, raw: Any) -> Any:
    """Return a value; its laws as they were written, with plain numbers, if such a number differs by time of day."""
    if isinstance(raw, dict) and "law" in raw and any(map(differs, raw.values())):
        return _with_numbers(raw)
    if not isinstance(read, dict) or not isinstance(raw, dict):
        return read
    return {name: _laws_as_in_file(part, raw.get(name)) for name, part in read.items()}


def _with_numbers(raw: Any) -> Any:
    """Return written values with their percentages and durations as numbers."""
    if isinstance(raw, dict):
        return {name: _with_numbers(part) for name, part in raw.items()}
    if isinstance(raw, list):
        return [_with_numbers(part) for part in raw]
    return raw if (number := number_of(raw)) is None else number
