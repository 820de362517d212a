"""Objectives of a simulation: bounds on its KPIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of
from loadtests.verdict.model import Check, Stage
from sim.core.errors import InvalidInput, Problem, near

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.verdict.baseline import KpiKey, KpiValues

__all__ = ["check_simulation"]


def check_simulation(objectives: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Compare simulated KPIs with their bounds.

    Parameters
    ----------
    objectives
        Each with kpi, by, key, and at_least or at_most. Without a key, and for breakdowns by interval, day or
        weekday, the bound holds for every row that has a value.
    records
        The KPIs.

    Yields
    ------
    Check
        One per bound.

    Raises
    ------
    InvalidInput
        Objectives name unknown KPIs, breakdowns or keys; all at once.
    """
    values = values_of(records)
    selected = [_select(objective, values) for objective in objectives]
    problems = [
        Problem("scenario.json", f"objectives.simulation[{i}]", _unknown(objective, values))
        for i, (objective, rows) in enumerate(zip(objectives, selected, strict=True))
        if not rows
    ]
    if problems:
        raise InvalidInput(problems)
    for objective, rows in zip(objectives, selected, strict=True):
        if objective.get("at_least") is not None:
            yield _check_kpi(objective, rows, "at least", float(objective["at_least"]))
        if objective.get("at_most") is not None:
            yield _check_kpi(objective, rows, "at most", float(objective["at_most"]))


def _select(objective: Mapping[str, Any], values: KpiValues) -> KpiValues:
    """Return the values that an objective bounds."""
    kpi, by, member = objective["kpi"], objective.get("by") or "all", objective.get("key") or ""
    return {key: value for key, value in values.items() if key[:2] == (kpi, by) and (not member or key[2] == member)}


def _unknown(objective: Mapping[str, Any], values: KpiValues) -> str:
    """Say which name of an objective is unknown, and suggest similar ones."""
    kpi, by, member = objective["kpi"], objective.get("by") or "all", objective.get("key") or ""
    breakdowns = {key[1] for key in values if key[0] == kpi}
    if not breakdowns:
        return f'"{kpi}" is not a KPI of this result; {near(kpi, {key[0] for key in values})}'
    if by not in breakdowns:
        return f'{kpi} is not broken down by "{by}"; {near(by, breakdowns)}'
    return f'"{member}" is no {by} of this result; {near(member, {key[2] for key in values if key[1] == by})}'


def _check_kpi(objective: Mapping[str, Any], rows: KpiValues, side: str, wanted: float) -> Check:
    """Check a bound on the worst of some values."""
    by, member = objective.get("by") or "all", objective.get("key") or ""
    parts = (objective["kpi"], "" if by == "all" else f"{by} {member}".strip(), side, f"{wanted:g}")
    name = " ".join(part for part in parts if part)
    defined = {key: value for key, value in rows.items() if value is not None}
    if not defined:
        optional = objective.get("measured") == "optional"
        message = f"{name}: undefined, nothing came that could be measured"
        message += "; allowed by measured: optional" if optional else ""
        return Check(Stage.OBJECTIVE, name, optional, None, wanted, message, measured=not optional)
    worst = (min if side == "at least" else max)(defined, key=lambda key: defined[key])
    actual = defined[worst]
    passed = actual >= wanted if side == "at least" else actual <= wanted
    where = f" ({_row_name(worst, rows)})" if len(rows) > 1 else ""
    message = f"{objective['kpi']} is {actual:.6g}{where}, {side} {wanted:g} is wanted"
    return Check(Stage.OBJECTIVE, name, passed=passed, actual=actual, wanted=wanted, message=message)


def _row_name(key: KpiKey, rows: KpiValues) -> str:
    """Return the key of a value, and its interval (from 1, of how many), day or weekday."""
    _, by, member, position = key
    part = f"{by.rpartition('_')[2]} {position}" if isinstance(position, int) else position
    if isinstance(position, int) and by.endswith("interval"):  # kpis.json counts them from 0
        part = f"interval {position + 1} of {sum(row[:3] == key[:3] for row in rows)}"
    return ", ".join(text for text in (member, part) if text)
