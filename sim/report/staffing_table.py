"""Staffing on the terminal: the plan beside Erlang C and Erlang A, and sentences about cost and certainty."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.table import Table

from sim.core.units import counted
from sim.experiment.staffing.staffing import Staffing
from sim.kpis import kpi
from sim.report.number_format import number, quantity
from sim.report.staffing_hours import shrinkage_sentence
from sim.report.verification_table import doubt_sentence, failure_sentences, requirement_time, verdict_sentence

__all__ = ["plan_rows", "staffing_sentences", "staffing_table"]

_NAMED = 8  # requirements that are named


def staffing_table(staffing: Staffing) -> Table:
    """Return a row per interval: agents on duty of each group, and what each queue needs by the formulas alone.

    Intervals that follow one another with the same numbers share a row.
    """
    columns, rows = plan_rows(staffing)
    table = Table(title="Agents on duty", title_justify="left")
    table.add_column("from")
    for name in columns:
        table.add_column(name, justify="right")
    for label, numbers in rows:
        table.add_row(label, *map(str, numbers))
    return table


def plan_rows(staffing: Staffing) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Return the columns of the plan and the formulas, and each interval in which a number changes.

    Parameters
    ----------
    staffing
        Of the search.
    """
    plan = staffing.grid.plan
    queues = np.flatnonzero(staffing.erlang_c.any(axis=1))
    total, erlang_a, erlang_c = (
        staffing.counts.sum(axis=0), staffing.erlang_a[queues].sum(axis=0), staffing.erlang_c[queues].sum(axis=0)
    )  # fmt: skip
    columns = np.concatenate([staffing.counts, [total, erlang_a, erlang_c]])
    changed = np.flatnonzero(np.diff(columns, axis=1, prepend=-1).any(axis=0)).tolist()
    rows = [(plan.calendar.label(plan.origin + plan.interval * first), columns[:, first].tolist()) for first in changed]
    return [*staffing.grid.names, "plan", "Erlang A", "Erlang C"], rows


def staffing_sentences(staffing: Staffing) -> Iterator[str]:
    """Yield sentences: what the plan costs, whether targets hold on fresh days, and which do not."""
    unit = "" if staffing.grid.has_price else " agent-hours (the scenario has no costs)"
    erlang_c, erlang_a = staffing.formula_costs
    yield (
        f"Cost {number(staffing.cost)}{unit}; with the agents that cover Erlang A queue by queue {number(erlang_a)}, "
        f"Erlang C {number(erlang_c)}."
    )
    sentence = shrinkage_sentence(staffing.grid, staffing.counts)
    if sentence:
        yield sentence
    yield _bound_sentence(staffing)
    yield from _unreachable(staffing)
    verified = staffing.verification
    if verified is None:
        yield "Not verified on fresh days."
        return
    yield verdict_sentence(verified, staffing.confidence)
    if verified.verdict(staffing.confidence) == "in doubt":
        yield doubt_sentence(staffing.confidence)
    elif staffing.confidence is not None:
        yield f"Wanted are {100 * staffing.confidence:g} % of the days."
    yield from failure_sentences(staffing.grid.plan, verified)


def _bound_sentence(staffing: Staffing) -> str:
    bound, gap = staffing.bound, staffing.bound.gap(staffing.cost)
    if bound.cost is None or gap is None:
        return f"No lower bound of the cost: {bound.reason}."
    return (
        f"Lower bound of the cost {number(bound.cost)}, a gap of {100 * gap:.1f} %: no plan that keeps the targets of "
        "each interval on the days of the search costs less, provided that an agent more never makes a target worse."
    )


def _unreachable(staffing: Staffing) -> Iterator[str]:
    """Yield the requirements that cannot hold within the limits, and the agents that it would take."""
    plan, names = staffing.grid.plan, staffing.grid.names
    for unreachable in staffing.unreachable[:_NAMED]:
        target = staffing.requirements.targets[staffing.requirements.target[unreachable.row]]
        value = quantity(unreachable.value, kpi(target.row.kpi).unit)
        when = requirement_time(plan, staffing.requirements, unreachable.row)
        yield (
            f"{target.name}{when and f' from {when}'} cannot be {target.limit}: with all agents that the "
            f"limits allow it is {value}."
        )
        for group, interval, agents in unreachable.needed[:_NAMED]:
            label = plan.calendar.label(plan.origin + plan.interval * interval)
            yield f"  It would take {counted(agents, 'agent')} of {names[group]} from {label}, or as many elsewhere."
        if not unreachable.needed:
            yield "  More agents do not help: look at opening hours, ring times, callbacks and the acceptable wait."
    if len(staffing.unreachable) > _NAMED:
        yield f"So are {len(staffing.unreachable) - _NAMED} more (staffing.json)."
