"""Handling time: talk, hold and after-call work."""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_HANDLED
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

AHT = Kpi(
    "aht",
    "AHT",
    "s",
    "lower",
    "Average handling time: mean talk + hold + after-call work of the handled contacts.",
    BY_HANDLED,
)
TALK = Kpi("talk_time", "Talk", "s", None, "Mean talk time of the handled contacts, without hold.", BY_HANDLED)
HOLD = Kpi("hold_time", "Hold", "s", "lower", "Mean time on hold of the handled contacts.", BY_HANDLED)
WRAP = Kpi(
    "wrap_time",
    "After-call work",
    "s",
    "lower",
    "Mean after-call work of the handled contacts, up to the end of the run. Time that an agent stays on"
    " for a warm transfer or a conference is part of it.",
    BY_HANDLED,
)

KPIS = (AHT, TALK, HOLD, WRAP)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Average the parts of the handling time."""
    contacts = completed.contacts
    for kpi, seconds in (
        (AHT, contacts.talk + contacts.hold + contacts.wrap),
        (TALK, contacts.talk),
        (HOLD, contacts.hold),
        (WRAP, contacts.wrap),
    ):
        yield contacts.cube.ratio(kpi, seconds, contacts.handled)
