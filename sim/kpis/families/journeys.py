"""Journeys: number, outcomes, contacts, channel switches and time to resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.plan import Outcome
from sim.kpis.dimensions import BY_JOURNEY
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio, Sample

__all__ = ["KPIS", "measure"]

JOURNEYS = Kpi(
    "journeys", "Journeys", "journeys", None, "Journeys that customers began, counted when they arrived.", BY_JOURNEY
)
OUTCOMES = {
    Outcome.RESOLVED: Kpi(
        "resolved", "Resolved", "share", "higher", "Journeys that ended resolved / journeys.", BY_JOURNEY
    ),
    Outcome.UNRESOLVED: Kpi(
        "unresolved", "Unresolved", "share", "lower", "Journeys that ended unresolved / journeys.", BY_JOURNEY
    ),
    Outcome.GAVE_UP: Kpi(
        "gave_up", "Given up", "share", "lower", "Journeys that the customer gave up / journeys.", BY_JOURNEY
    ),
    Outcome.INSIDE: Kpi(
        "unfinished", "Unfinished", "share", None, "Journeys unfinished at the end of the run / journeys.", BY_JOURNEY
    ),
}
CONTACTS = Kpi("contacts_per_journey", "Contacts per journey", "contacts", "lower", "Contacts / journeys.", BY_JOURNEY)
SWITCHES = Kpi(
    "switches_per_journey",
    "Switches per journey",
    "switches",
    "lower",
    "Changes of channel from one touchpoint to the next (pauses do not count) / journeys.",
    BY_JOURNEY,
)
TIME = Kpi(
    "time_to_resolution",
    "Time to resolution",
    "s",
    "lower",
    "Mean time from arrival to resolution of the resolved journeys, pauses included.",
    BY_JOURNEY,
)
TIME_QUANTILES = {
    share: Kpi(
        f"time_to_resolution_p{share:.0%}".rstrip("%"),
        f"Time to resolution, P{share:.0%}".rstrip("%"),
        "s",
        "lower",
        f"The time to resolution that {share:.0%} of the resolved journeys do not exceed (order statistic)."
        " Over several days: the mean of the daily values.",
        ("all", "intent", "segment"),
    )
    for share in (0.5, 0.9)
}

KPIS = (JOURNEYS, *OUTCOMES.values(), CONTACTS, SWITCHES, TIME, *TIME_QUANTILES.values())


def measure(view: View) -> Iterator[Ratio | Sample]:
    """Count journeys, and average their contacts, switches and times."""
    them, cells = view.journeys, view.journeys.cells
    each = cells.every
    yield cells.ratio(JOURNEYS, each)
    for outcome, kpi in OUTCOMES.items():
        yield cells.ratio(kpi, them.outcome == outcome, each)
    yield cells.ratio(CONTACTS, them.contacts, each)
    yield cells.ratio(SWITCHES, them.switches, each)
    resolved = them.outcome == Outcome.RESOLVED
    yield cells.ratio(TIME, them.took, resolved)
    yield cells.sample(TIME_QUANTILES, them.durations, resolved, TIME_QUANTILES[0.5].cuts)
