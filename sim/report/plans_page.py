"""Page of plans: cost against service level with the efficient frontier, and each plan's budget and FTE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.kpis.intervals import days_of
from sim.report.figure import COLOURS, LONGEST, QUIET, drawing, legend_above
from sim.report.number_format import number, probability_text, quantity
from sim.report.page import extent, write_page
from sim.report.plans import efficient_plans, spending
from sim.report.plans_steps import file_links, missing_sentences, step_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.engine.plan import Plan
    from sim.report.plans import PlanRecord, PlanSteps

__all__ = ["write_plans_page"]

_WIDTH, _HEIGHT = 9.0, 3.6  # inches
_COLUMNS = 3  # of the legend
_VERDICTS = {
    "holds": ("All targets hold", "all targets hold with"),
    "in doubt": ("It is in doubt whether all targets hold", "in doubt with"),
    "fails": ("Not all targets hold", "not all hold with"),
}
"""Of a single plan, and before the names of several."""


def write_plans_page(
    folder: Path,
    plan: Plan,
    manifest: Mapping[str, Any],
    plans: Sequence[PlanRecord],
    steps: Sequence[PlanSteps],
    notes: Sequence[str],
) -> Path:
    """Write ``report.html`` of plans in a folder, and return its path.

    Parameters
    ----------
    folder
        Where the folders of the steps are.
    plan
        Of the simulated scenario.
    manifest
        Of a simulation of one of the plans.
    plans
        At least one.
    steps
        Of these; those of a single one are shown, too.
    notes
        Sentences on them, such as which shrinkage they have.
    """
    only = next((each for each in steps if not each.name), None)
    missing = [sentence for each in steps for sentence in missing_sentences(each)]
    return write_page(
        folder,
        "plans.html.j2",
        plan,
        manifest,
        title=f"{manifest['scenario']}: plans",
        subtitle=f"{extent(plan, manifest['replications'], 'simulated')} of each plan, seed {manifest['seed']}",
        sentences=[_verdict(plans), *missing, *notes],
        frontier=_frontier(plans) if sum(each.service_level is not None for each in plans) > 1 else "",
        plans=list(_rows(plans)),
        several=len(plans) > 1,
        steps=step_figures(only, plan.pay.full_time, short=days_of(plan) <= LONGEST) if only else {},
        files=[link for each in steps for link in file_links(folder, each)],
    )


def _verdict(plans: Sequence[PlanRecord]) -> str:
    """Return with which plans all targets hold, with which that is in doubt, and with which they fail."""
    if len(plans) == 1:
        likely = f"the probability that all do in the long run is {probability_text(plans[0].likely)}"
        return f"{_VERDICTS[plans[0].verdict][0]}: {likely}."
    parts = [
        (text, [plan.name for plan in plans if plan.verdict == verdict]) for verdict, (_, text) in _VERDICTS.items()
    ]
    sentence = "; ".join(f"{text} {', '.join(names)}" for text, names in parts if names)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _frontier(plans: Sequence[PlanRecord]) -> str:
    """Draw each plan's service level over its cost, and a line through the efficient ones."""
    spent = spending(plans)
    shown = [
        (_point(each, cost), each, good)
        for each, cost, good in zip(plans, spent, efficient_plans(plans), strict=True)
        if each.service_level is not None
    ]
    best = sorted(point[:2] for point, _, good in shown if good)
    kinds = (True, COLOURS[0], "efficient plan"), (False, QUIET, "another costs no more and serves no worse")
    alt = "Service level of each plan over its cost, with a line through the efficient plans."
    with drawing("frontier", alt, _WIDTH, _HEIGHT) as chart:
        axes = chart.figure.subplots()
        if best:
            axes.plot(*zip(*best, strict=True), color=COLOURS[0], linewidth=1.4, label="efficient frontier")
        for good, colour, label in kinds:
            points = [point for point, _, efficient in shown if efficient is good]
            if points:
                cost, level, below, above = zip(*points, strict=True)
                axes.errorbar(cost, level, yerr=(below, above), fmt="o", color=colour, capsize=3, label=label)
        for point, each, _ in shown:
            axes.annotate(each.name, point[:2], (6, -10), textcoords="offset points", fontsize=8)
        axes.yaxis.set_major_formatter(lambda level, _: f"{100 * level:g} %")
        axes.xaxis.set_major_formatter(lambda cost, _: f"{cost:,.0f}")
        axes.margins(0.08, 0.12)
        axes.set_xlabel("cost of a run" if spent == [each.cost for each in plans] else "paid hours of a run")
        axes.set_title("Service level of all contacts, with its 95 % interval")
        legend_above(axes, _COLUMNS)
    return chart.svg


def _point(plan: PlanRecord, cost: float) -> tuple[float, float, float, float]:
    """Return the cost and the service level, and how far its interval reaches below and above it."""
    level = plan.service_level or 0.0
    low, high = (level if end is None else end for end in (plan.low, plan.high))
    return cost, level, level - low, high - level


def _rows(plans: Sequence[PlanRecord]) -> Iterator[dict[str, Any]]:
    for order, (each, good) in enumerate(zip(plans, efficient_plans(plans), strict=True)):
        yield {
            "order": order,
            "name": each.name,
            "folder": each.folder,
            "steps": [(_money(cost), cost or 0.0) for cost in (each.headcount_cost, each.roster_cost)],
            "numbers": [
                (_money(each.cost), each.cost),
                (quantity(each.paid_hours, "h"), each.paid_hours),
                (quantity(each.scheduled_hours, "h"), each.scheduled_hours),
                (quantity(each.staffed_hours, "h"), each.staffed_hours),
                (number(each.fte_net), each.fte_net),
                (number(each.fte_gross), each.fte_gross),
                (_level(each), each.service_level or 0.0),
                (probability_text(each.likely), each.likely),
            ],
            "verdict": each.verdict,
            "colour": "bad" if each.verdict == "fails" else "",
            "efficient": "yes" if good else "no",
        }


def _money(cost: float | None) -> str:
    return "-" if cost is None else f"{cost:,.0f}"


def _level(plan: PlanRecord) -> str:
    if plan.service_level is None:
        return "-"
    interval = "" if plan.low is None or plan.high is None else f" ({100 * plan.low:.1f} to {100 * plan.high:.1f})"
    return f"{100 * plan.service_level:.1f} %{interval}"
