"""Notes on a comparison whose change has no effect, or another one than its size suggests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import numpy as np

from sim.core.headcounts import rounded
from sim.core.units import counted
from sim.engine.planning.crews import exactly_on_duty
from sim.experiment.columns import blocks_of
from sim.experiment.replicate import Replications
from sim.kpis import kpi
from sim.scenario import Scenario
from sim.scenario.resources import Agents

__all__ = ["effect_notes", "rounding_notes"]

LEAST = 0.05  # agents on duty by which rounding changes a change, from which on it is mentioned
MOST_SIZES = 8  # that a sentence lists


def effect_notes(scenarios: tuple[Scenario, Scenario], baseline: Replications, variant: Replications) -> list[str]:
    """Return sentences about changes that were rounded, or that changed nothing.

    Parameters
    ----------
    scenarios
        Baseline and variant.
    baseline, variant
        Their replications, with the same customers.
    """
    return [*rounding_notes(scenarios[0], [scenarios[1]]), *_equal_results(baseline, variant)]


def rounding_notes(before: Scenario, after: Iterable[Scenario]) -> list[str]:
    """Return a sentence for each group whose changes of headcount are others after rounding to whole agents.

    Parameters
    ----------
    before
        The baseline.
    after
        Scenarios with its groups and other headcounts, such as the points of a sweep.
    """
    changes: dict[tuple[str, str], dict[float, float]] = {}
    for scenario in after:
        for name, group in scenario.agents.items():
            sizes = _rounded_change(before, scenario, name)
            if sizes is not None:
                shrinkage = f" after {100 * group.shrinkage:g} % shrinkage" if group.shrinkage else ""
                changes.setdefault((name, shrinkage), {})[round(sizes[0], 2)] = round(sizes[1], 2)
    return [
        f"{name}: {'the change is' if len(sizes) == 1 else 'the changes are'} {_listed(sizes)} agents on "
        f"duty{shrinkage}, and {_listed(sizes.values())} after rounding to whole agents; "
        f"agents.{name}.rounding=spread keeps fractions."
        for (name, shrinkage), unsorted in changes.items()
        for sizes in [dict(sorted(unsorted.items()))]
    ]


def _listed(sizes: Collection[float]) -> str:
    *first, last = [f"{size:+g}" for size in sizes]
    if len(first) >= MOST_SIZES:
        return f"{', '.join(first[: MOST_SIZES - 1])}, ... {last}"
    return f"{', '.join(first)} and {last}" if first else last


def _rounded_change(before: Scenario, after: Scenario, name: str) -> tuple[float, float] | None:
    """Return by how much a group's agents on duty change, and by how much once they are rounded; None if by as much."""
    former, group = before.agents.get(name), after.agents[name]
    if former is None or former.shifts or group.shifts or "spread" in (former.rounding, group.rounding):
        return None
    agents = [_on_duty(each, scenario) for each, scenario in ((former, before), (group, after))]
    if len(agents[0]) != len(agents[1]):
        return None
    exact = float(np.mean(agents[1]) - np.mean(agents[0]))
    whole = float(np.mean([*map(_whole, agents[1])]) - np.mean([*map(_whole, agents[0])]))
    return (exact, whole) if exact and abs(whole - exact) >= LEAST else None


def _on_duty(group: Agents, scenario: Scenario) -> list[float]:
    """Return the agents on duty in each interval of the days' hours, not rounded."""
    return [present for _, present in exactly_on_duty(group, scenario)]


def _whole(agents: float) -> float:
    return float(rounded(agents))


def _equal_results(baseline: Replications, variant: Replications) -> Iterator[str]:
    """Compare all sums bit for bit; those of customers alone, too."""
    equal = np.concatenate(
        [
            np.logical_and(*(ours == theirs for ours, theirs in zip(*columns, strict=True))).all(axis=0)
            for rows in blocks_of(len(baseline), len(baseline.index))
            for columns in [(baseline.columns.take(rows), variant.columns.take(rows))]
        ]
    )
    done = counted(len(baseline), "replication")
    if equal.all():
        yield f"The change has no effect: no customer's log changed in {done}, and no KPI."
        return
    of_customers = np.array([_is_of_customers(row.kpi) for row in baseline.index])
    if equal[of_customers].all():
        yield f"No customer's log changed in {done}: the change shows in agents' hours and cost alone."


def _is_of_customers(name: str) -> bool:
    """Tell whether a KPI counts what customers did, from the dimensions that it has."""
    return bool({"channel", "queue", "step"} & set(kpi(name).dimensions))
