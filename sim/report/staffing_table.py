"""Staffing on the terminal: the plan beside Erlang C and Erlang A, and sentences about cost and certainty."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from rich.table import Table

from sim.core.units import counted
from sim.experiment.staffing.staffing import SURE, Staffing
from sim.kpis import kpi
from sim.report.number_format import number, probability_text, quantity

__all__ = ["staffing_sentences", "staffing_table"]

_NAMED = 8  # requirements that are named


def staffing_table(staffing: Staffing) -> Table:
    """Return a row per interval: agents on duty of each group, and what each queue needs by the formulas alone.

    Intervals that follow one another with the same numbers share a row.
    """
    plan, grid = staffing.grid.plan, staffing.grid
    queues = np.flatnonzero(staffing.erlang_c.any(axis=1))
    table = Table(title="Agents on duty", title_justify="left")
    table.add_column("from")
    for name in (*grid.names, "plan", "Erlang A", "Erlang C"):
        table.add_column(name, justify="right")
    total, erlang_a, erlang_c = (
        staffing.counts.sum(axis=0), staffing.erlang_a[queues].sum(axis=0), staffing.erlang_c[queues].sum(axis=0)
    )  # fmt: skip
    columns = np.concatenate([staffing.counts, [total, erlang_a, erlang_c]])
    shown = np.append(np.flatnonzero(np.diff(columns, axis=1, prepend=-1).any(axis=0)), columns.shape[1])
    for first, _ in pairwise(shown.tolist()):
        label = plan.calendar.label(plan.origin + plan.interval * first)
        table.add_row(label, *map(str, columns[:, first].tolist()))
    return table


def staffing_sentences(staffing: Staffing) -> Iterator[str]:
    """Yield sentences: what the plan costs, whether targets hold on fresh days, and which do not."""
    unit = "" if staffing.grid.has_price else " agent-hours (the scenario has no costs)"
    erlang_c, erlang_a = staffing.formula_costs
    yield (
        f"Cost {number(staffing.cost)}{unit}; with the agents that cover Erlang A queue by queue {number(erlang_a)}, "
        f"Erlang C {number(erlang_c)}."
    )
    yield from _unreachable(staffing)
    verified, total = staffing.verification, len(staffing.requirements)
    if verified is None:
        yield "Not verified on fresh days."
        return
    all_hold = "it holds" if total == 1 else "all hold"
    yield (
        f"{verified.holding} of {counted(total, 'requirement')} {'holds' if total == 1 else 'hold'} over "
        f"{verified.days:,} fresh days; that {all_hold} in the long run has a probability of "
        f"{probability_text(verified.probability)}. On {100 * verified.joint:.0f} % of the days, {all_hold} on the day "
        "itself."
    )
    if staffing.confidence is not None and verified.joint < staffing.confidence:
        yield f"That is less than the {100 * staffing.confidence:g} % of the days that are wanted; give more --days."
    elif staffing.confidence is None and verified.probability < SURE:
        yield f"The probability is less than {100 * SURE:.0f} %; give more --days."
    yield from _failures(staffing)


def _unreachable(staffing: Staffing) -> Iterator[str]:
    """Yield the requirements that cannot hold within the limits, and the agents that it would take."""
    plan, names = staffing.grid.plan, staffing.grid.names
    for unreachable in staffing.unreachable[:_NAMED]:
        target = staffing.requirements.targets[staffing.requirements.target[unreachable.row]]
        value = quantity(unreachable.value, kpi(target.row.kpi).unit)
        yield (
            f"{target.name}{_when(staffing, unreachable.row)} cannot be {target.limit}: with all agents that the "
            f"limits allow it is {value}."
        )
        for group, interval, agents in unreachable.needed[:_NAMED]:
            label = plan.calendar.label(plan.origin + plan.interval * interval)
            yield f"  It would take {counted(agents, 'agent')} of {names[group]} from {label}, or as many elsewhere."
        if not unreachable.needed:
            yield "  More agents do not help: look at opening hours, ring times, callbacks and the acceptable wait."
    if len(staffing.unreachable) > _NAMED:
        yield f"So are {len(staffing.unreachable) - _NAMED} more (staffing.json)."


def _when(staffing: Staffing, row: int) -> str:
    plan, requirements = staffing.grid.plan, staffing.requirements
    if requirements.targets[requirements.target[row]].per == "run":
        return ""
    return f" from {plan.calendar.label(plan.origin + plan.interval * float(requirements.first[row]))}"


def _failures(staffing: Staffing) -> Iterator[str]:
    verified, requirements = staffing.verification, staffing.requirements
    assert verified is not None
    rows = np.flatnonzero(verified.slack < 0)
    for row in rows[:_NAMED].tolist():
        target = requirements.targets[requirements.target[row]]
        value = quantity(float(verified.value[row]), kpi(target.row.kpi).unit)
        yield f"{target.name}{_when(staffing, row)} is {value}, and not {target.limit}."
    if len(rows) > _NAMED:
        yield f"So are {len(rows) - _NAMED} more (staffing.json)."
