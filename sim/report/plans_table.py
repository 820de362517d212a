"""Plans on the terminal: cost, hours, FTE and service of each."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from sim.report.number_format import number, probability_text, quantity
from sim.report.plans import PlanRecord, efficient_plans

__all__ = ["plans_table"]


def plans_table(plans: Sequence[PlanRecord]) -> Table:
    """Return a table with a row for each plan.

    Parameters
    ----------
    plans
        At least one.
    """
    table = Table(title="Plans", title_justify="left")
    table.add_column("plan", min_width=10)
    for name in ("cost", "paid", "FTE net", "FTE gross", "level", "hold", "verdict", "efficient"):
        table.add_column(name, justify="right")
    for plan, efficient in zip(plans, efficient_plans(plans), strict=True):
        table.add_row(
            plan.name,
            f"{plan.cost:,.0f}",
            quantity(plan.paid_hours, "h"),
            number(plan.fte_net),
            number(plan.fte_gross),
            "-" if plan.service_level is None else quantity(plan.service_level, "share"),
            probability_text(plan.likely),
            plan.verdict,
            "yes" if efficient else "no",
        )
    return table
