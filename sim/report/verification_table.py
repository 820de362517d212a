"""Verification of a plan on the terminal: a verdict, and where and how likely targets fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.table import Table

from sim.core.units import counted
from sim.engine import Plan
from sim.experiment.staffing.evaluation import Requirements
from sim.experiment.staffing.overload import Overload
from sim.experiment.staffing.verification import SURE, Verification
from sim.kpis import kpi
from sim.report.number_format import number, probability_text, quantity

__all__ = [
    "doubt_sentence",
    "failure_sentences",
    "hold_sentence",
    "requirement_time",
    "verdict_sentence",
    "verdict_sentences",
    "verification_table",
    "weakest_rows",
    "weakest_sentence",
]

_NAMED = 8  # requirements that are named


def verdict_sentences(
    plan: Plan, verified: Verification, overloads: Sequence[Overload], confidence: float | None
) -> Iterator[str]:
    """Yield the verdict, what it rests on, and the interval that lacks the most agents, if any does.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    overloads
        Of the plan.
    confidence
        Share of the days on which all targets are to hold at once, None = over all days together.
    """
    verdict = verified.verdict(confidence)
    yield verdict_sentence(verified, confidence)
    if verdict == "in doubt":
        yield doubt_sentence(confidence)
    elif confidence is not None:
        yield f"Wanted are {100 * confidence:g} % of the days."
    if overloads and verdict != "holds":
        most = max(overloads, key=lambda each: each.load - each.agents)
        names = " and ".join(plan.queues[queue] for queue in most.queues)
        yield (
            f"In {counted(len(overloads), 'interval')} customers bring more work than the agents can do, whatever the "
            f"routing. Most are missing from {plan.calendar.label(plan.origin + plan.interval * most.interval)}: "
            f"about {number(most.load)} erlangs of {names}, and {_agents(most.agents)} for them."
        )


def verdict_sentence(verified: Verification, confidence: float | None) -> str:
    """Return the verdict, and what it rests on.

    Parameters
    ----------
    verified
        On fresh days.
    confidence
        Share of the days on which all targets are to hold at once, None = over all days together.
    """
    words = {"holds": "The plan holds", "fails": "The plan fails", "in doubt": "It is in doubt whether the plan holds"}
    return f"{words[verified.verdict(confidence)]}: {hold_sentence(verified)}"


def doubt_sentence(confidence: float | None) -> str:
    """Return what a verdict in doubt leaves open, and what helps.

    Parameters
    ----------
    confidence
        Share of the days on which all targets are to hold at once, None = over all days together.
    """
    wanted = f"{100 * SURE:.0f} %" if confidence is None else f"{100 * confidence:g} % of the days"
    return f"That neither confirms nor refutes {wanted}; give more --days."


def _agents(agents: float) -> str:
    """Write a number of agents that may be a fraction."""
    return counted(round(agents), "agent") if agents == round(agents) else f"{agents:.1f} agents"


def hold_sentence(verified: Verification) -> str:
    """Return how many requirements hold on fresh days, and how sure it is.

    Parameters
    ----------
    verified
        On fresh days.
    """
    total = len(verified.slack)
    all_hold = "it holds" if total == 1 else "all hold"
    return (
        f"{verified.holding} of {counted(total, 'requirement')} {'holds' if total == 1 else 'hold'} over "
        f"{verified.days:,} fresh days; that {all_hold} in the long run has a probability of "
        f"{probability_text(verified.probability)}. On {100 * verified.joint:.0f} % of the days, {all_hold} on the day "
        "itself."
    )


def verification_table(plan: Plan, verified: Verification) -> Table:
    """Return the requirements that hold least: their values, and how likely they fail.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    """
    requirements = verified.requirements
    order = weakest_rows(verified)
    table = Table(title="Weakest targets" if len(order) > _NAMED else "Targets", title_justify="left")
    for name in ("target", "from"):
        table.add_column(name, no_wrap=True)
    for name in ("wanted", "value", "fails in the long run", "fails on the day"):
        table.add_column(name, justify="right")
    for row in order[:_NAMED]:
        target = requirements.targets[requirements.target[row]]
        table.add_row(
            target.name,
            requirement_time(plan, requirements, row),
            target.limit,
            quantity(float(verified.value[row]), kpi(target.row.kpi).unit),
            probability_text(1.0 - float(verified.likely[row])),
            f"{100 * (1.0 - verified.days_held[row]):.0f} %",
        )
    return table


def weakest_rows(verified: Verification) -> list[int]:
    """Return the requirements, those first that most likely fail.

    Parameters
    ----------
    verified
        On fresh days.
    """
    order: list[int] = np.lexsort((verified.requirements.first, verified.days_held, verified.likely)).tolist()
    return order


def weakest_sentence(plan: Plan, verified: Verification) -> str:
    """Return which requirement most likely fails, and how likely.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    """
    requirements, row = verified.requirements, weakest_rows(verified)[0]
    target, when = requirements.targets[requirements.target[row]], requirement_time(plan, requirements, row)
    value = float(verified.value[row])
    measured = "has no value" if np.isnan(value) else f"is {quantity(value, kpi(target.row.kpi).unit)}"
    return (
        f"Weakest: {target.name}{when and f' from {when}'} {measured} ({target.limit} is wanted); it fails in the long "
        f"run with a probability of {probability_text(1.0 - float(verified.likely[row]))}, and on "
        f"{100 * (1.0 - verified.days_held[row]):.0f} % of the days."
    )


def requirement_time(plan: Plan, requirements: Requirements, row: int) -> str:
    """Return when a requirement begins, as a label; empty for the whole run.

    Parameters
    ----------
    plan
        Of the scenario.
    requirements, row
        The requirement.
    """
    if requirements.targets[requirements.target[row]].per == "run":
        return ""
    return plan.calendar.label(plan.origin + plan.interval * float(requirements.first[row]))


def failure_sentences(plan: Plan, verified: Verification) -> Iterator[str]:
    """Yield the first requirements that do not hold over all fresh days.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    """
    requirements = verified.requirements
    rows = np.flatnonzero(verified.slack < 0)
    for row in rows[:_NAMED].tolist():
        target = requirements.targets[requirements.target[row]]
        value = quantity(float(verified.value[row]), kpi(target.row.kpi).unit)
        when = requirement_time(plan, requirements, row)
        yield f"{target.name}{when and f' from {when}'} is {value}, and not {target.limit}."
    if len(rows) > _NAMED:
        yield f"So are {len(rows) - _NAMED} more (staffing.json)."
