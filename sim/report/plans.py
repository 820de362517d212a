"""Plans side by side: what each costs, and the service that it gives; the efficient ones are the frontier."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from sim.core.files import write_text

if TYPE_CHECKING:
    from sim.experiment.staffing.staffing import Staffing
    from sim.roster import Roster

__all__ = ["PLANS", "PlanRecord", "PlanSteps", "efficient_plans", "spending", "write_plans"]

PLANS = "plans.csv"
"""A row for each plan."""
_SAME = 1e-9


@dataclass(frozen=True)
class PlanRecord:
    """A plan of shifts, as simulated.

    Parameters
    ----------
    name
        Of the plan.
    folder
        Of its steps, relative to that of the plans.
    headcount_cost, roster_cost
        Of the steps before, in prices of the scenario and of the contracts; None = a file took their place.
    cost
        Budget of a run, in prices of the scenario, overtime included.
    paid_hours, scheduled_hours, staffed_hours
        Of a run: paid; who should be on the queues; and of these who is there, without those who are absent.
    fte_net, fte_gross
        Full-time equivalents of the staffed and of the paid hours.
    service_level, low, high
        Of all contacts, and its 95 % interval; None = not known.
    likely
        Probability that all targets hold in the long run.
    verdict
        "holds", "in doubt" or "fails".
    """

    name: str
    folder: str
    headcount_cost: float | None
    roster_cost: float | None
    cost: float
    paid_hours: float
    scheduled_hours: float
    staffed_hours: float
    fte_net: float
    fte_gross: float
    service_level: float | None
    low: float | None
    high: float | None
    likely: float
    verdict: str


@dataclass(frozen=True, eq=False)
class PlanSteps:
    """Steps of a plan: its name ("" = the only one), its folder, headcounts and roster; None = nothing to show."""

    name: str
    folder: str
    staffing: Staffing | None
    roster: Roster | None


def spending(plans: Sequence[PlanRecord]) -> list[float]:
    """Return what each plan spends: its cost, or its paid hours where the scenario says no cost of any.

    Parameters
    ----------
    plans
        To compare.
    """
    return [plan.cost if any(each.cost for each in plans) else plan.paid_hours for plan in plans]


def efficient_plans(plans: Sequence[PlanRecord]) -> list[bool]:
    """Return whether each plan is efficient: no other spends no more, serves no worse, and is better in one of both.

    Parameters
    ----------
    plans
        To compare.
    """
    points = [(spent, plan.service_level) for spent, plan in zip(spending(plans), plans, strict=True)]
    return [
        level is not None and not any(_dominates(other, (spent, level)) for other in points) for spent, level in points
    ]


def _dominates(other: tuple[float, float | None], plan: tuple[float, float]) -> bool:
    if other[1] is None:
        return False
    saved, gained = plan[0] - other[0], other[1] - plan[1]
    return saved >= -_SAME and gained >= -_SAME and max(saved, gained) > _SAME


def write_plans(folder: Path, plans: Sequence[PlanRecord]) -> None:
    """Write plans as ``plans.csv`` and ``plans.json``.

    Parameters
    ----------
    folder
        Where the folders of the steps are.
    plans
        At least one.

    Raises
    ------
    CannotWrite
        An earlier file is still there.
    """
    rows = [
        {**asdict(plan), "efficient": efficient} for plan, efficient in zip(plans, efficient_plans(plans), strict=True)
    ]
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / PLANS, text.getvalue())
    write_text(folder / "plans.json", json.dumps(rows, indent=1, allow_nan=False) + "\n")
