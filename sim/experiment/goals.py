"""KPIs that are asked for, each with a bound that it should keep: ``"voice.service_level >= 80 %"``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from sim.core.errors import InvalidInput, Problem
from sim.engine import Plan
from sim.kpis import Row, kpi
from sim.kpis.bounds import read_bound, span
from sim.kpis.chosen import chosen_row
from sim.scenario import Scenario

__all__ = ["Goal", "read_goals"]

_BOUND = re.compile(r"\s*(.*?)\s*(>=|<=)\s*(.*?)\s*")
_SIGNS = re.compile(r"[<>=]")


class Goal(NamedTuple):
    """A row, and the bounds that it should keep; NaN = none."""

    row: Row
    at_least: float = math.nan
    at_most: float = math.nan


def read_goals(plan: Plan, scenario: Scenario, texts: Sequence[str], where: str) -> tuple[Goal, ...]:
    """Return the rows that texts name, with their bounds.

    Parameters
    ----------
    plan, scenario
        The scenario's objectives and its queues' service levels are bounds, too, where the text has none.
    texts
        Names as of `sim.kpis.chosen.chosen_row`, with ``>=`` or ``<=`` and a bound if wanted.
    where
        Place of the texts, for errors, e.g. ``"--kpi"``.

    Raises
    ------
    InvalidInput
        All that is wrong with them.
    """
    goals: list[Goal] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            goals.append(_goal(plan, scenario, text, where))
        except InvalidInput as error:
            problems += error.problems
    rows = [goal.row for goal in goals]
    problems += [
        Problem(where, "", f'"{text}" is asked for twice')
        for number, (text, row) in enumerate(zip(texts, rows, strict=False))
        if not problems and row in rows[:number]
    ]
    if problems:
        raise InvalidInput(problems)
    return tuple(goals)


def _goal(plan: Plan, scenario: Scenario, text: str, where: str) -> Goal:
    bounded = _BOUND.fullmatch(text)
    if bounded is None:
        if _SIGNS.search(text):
            message = f'"{text}" is not a KPI with a bound; write it like "voice.service_level >= 80 %"'
            raise InvalidInput([Problem(where, "", message)])
        row = chosen_row(plan, text, where)
        return Goal(row, *_stated(plan, scenario, row))
    name, sign, written = bounded.groups()
    row = chosen_row(plan, name, where)
    measured = kpi(row.kpi)
    try:
        bound = read_bound(measured, written)
    except ValueError as error:
        raise InvalidInput([Problem(where, "", f'"{text}": {error}')]) from None
    least, most = measured.bounds
    if not least <= bound <= most:
        raise InvalidInput([Problem(where, "", f'"{text}": {row.kpi} is {span(measured)}')])
    return Goal(row, at_least=bound) if sign == ">=" else Goal(row, at_most=bound)


def _stated(plan: Plan, scenario: Scenario, row: Row) -> tuple[float, float]:
    """Return the bounds that a scenario states for a row: of an objective, or else of a queue."""
    for objective in scenario.objectives.simulation:
        if (objective.kpi, objective.by, objective.key) == row[:3]:
            bounds = objective.at_least, objective.at_most
            return tuple(math.nan if bound is None else bound for bound in bounds)  # type: ignore[return-value]
    targets = dict(zip(plan.queues, plan.queue_target.tolist(), strict=True))
    is_targeted = row.by.startswith("queue") and kpi(row.kpi).targeted
    return float(targets.get(row.key, math.nan)) if is_targeted else math.nan, math.nan
