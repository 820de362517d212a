"""Journeys: number, outcomes, contacts, channel switches and time to resolution.

A journey counts if it began within the reporting intervals. It is followed to its end, or to the end of the run: what
it does after the last interval counts in KPIs of journeys, and in no KPI of contacts or visits.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.engine.plan import Outcome
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio, Sample
from sim.kpis.dimensions import BY_JOURNEY
from sim.kpis.model import OF_THE_RUN, Kpi

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
CONTACTS = Kpi(
    "contacts_per_journey",
    "Contacts per journey",
    "contacts",
    "lower",
    "Contacts of the journeys up to their end, also after the last reporting interval and outside opening hours /"
    " journeys.",
    BY_JOURNEY,
)
AFTER = Kpi(
    "contacts_after_reporting",
    "Contacts after the reporting time",
    "share",
    "lower",
    "Contacts of the journeys that came after the last reporting interval / contacts of the journeys. KPIs of contacts"
    " do not count them; a run of more days has fewer.",
    BY_JOURNEY,
)
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
        + OF_THE_RUN,
        ("all", "intent", "segment"),
    )
    for share in (0.5, 0.9)
}

KPIS = (JOURNEYS, *OUTCOMES.values(), CONTACTS, AFTER, SWITCHES, TIME, *TIME_QUANTILES.values())


def measure(completed: CompletedCustomers) -> Iterator[Ratio | Sample]:
    """Count journeys, and average their contacts, switches and times."""
    journeys, cube = completed.journeys, completed.journeys.cube
    each = cube.every
    yield cube.ratio(JOURNEYS, each)
    for outcome, kpi in OUTCOMES.items():
        yield cube.ratio(kpi, journeys.outcome == outcome, each)
    yield cube.ratio(CONTACTS, journeys.contacts, each)
    yield cube.ratio(AFTER, journeys.contacts_after, journeys.contacts)
    yield cube.ratio(SWITCHES, journeys.switches, each)
    resolved = journeys.outcome == Outcome.RESOLVED
    yield cube.ratio(TIME, journeys.took, resolved)
    yield cube.sample(TIME_QUANTILES, journeys.durations, resolved, TIME_QUANTILES[0.5].dimensions)
