"""Titles in the place of names, for what people read: reports, tables and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sim.engine.plan import Plan
from sim.experiment.estimate import Differences, Estimates
from sim.kpis import Row
from sim.kpis.model import Index

if TYPE_CHECKING:
    from sim.experiment.variants import Comparison

__all__ = ["titled_rows", "with_titles"]

Results = TypeVar("Results", Estimates, Differences, "Comparison")
Names = dict[str, dict[str, str]]  # title of each name, by dimension
_PARTS = {
    "intent": "intents", "step": "steps", "queue": "queues", "group": "groups", "segment": "segments",
    "lines": "line_names",
}  # fmt: skip


def with_titles(plan: Plan, results: Results, row: Row | None = None) -> tuple[Plan, Results, Row | None]:
    """Return a plan, results of it and a row, with the titles that the scenario gives in the place of names.

    Parameters
    ----------
    plan
        Has the titles.
    results
        What is shown.
    row
        One of their rows.
    """
    if not plan.titles:
        return plan, results, row
    from sim.experiment.variants import Comparison

    titled, names = _titled_plan(plan)
    changed = replace(results, index=_titled_index(names, results.index))
    if isinstance(changed, Comparison):
        differences = (replace(each, index=_titled_index(names, each.index)) for each in changed.differences)
        days = (replace(each, index=_titled_index(names, each.index)) for each in changed.days)
        changed = replace(changed, differences=tuple(differences), days=tuple(days))
    return titled, changed, row and row._replace(key=_title(names, row.by, row.key))


def titled_rows(plan: Plan, rows: Sequence[Row]) -> tuple[Plan, tuple[Row, ...]]:
    """Return a plan and rows with titles in the place of names; parameters as of `with_titles`."""
    if not plan.titles:
        return plan, tuple(rows)
    titled, names = _titled_plan(plan)
    return titled, tuple(row._replace(key=_title(names, row.by, row.key)) for row in rows)


def _titled_plan(plan: Plan) -> tuple[Plan, Names]:
    fields: dict[str, Any] = {"titles": {}, **plan.titles}
    titled = replace(plan, **fields)
    return titled, {
        dimension: dict(zip(getattr(plan, part), getattr(titled, part), strict=True))
        for dimension, part in _PARTS.items()
    }


def _titled_index(names: Names, index: Sequence[Row]) -> Sequence[Row]:
    if not isinstance(index, Index):
        return [row._replace(key=_title(names, row.by, row.key)) for row in index]
    blocks = (
        (kpi, by, tuple((_title(names, by, key[0]), key[1], key[2], key[3]) for key in keys))
        for kpi, by, keys in index.blocks
    )
    return Index(blocks, index.closed_days, several_days=index.several_days)


def _title(names: Names, by: str, name: str) -> str:
    """Return the title of a key of a dimension, such as of a queue by day; its name if it has none."""
    return names.get(by, names.get(by.rpartition("_")[0], {})).get(name, name)
