"""Handling time: talk, hold, stay and after-call work; and interruptions.

Handling time is what agents did for a contact, whichever agent did it: from the answer to the end of the service, less
the time in which the work lay aside; then staying on with the customer; then after-call work. Ringing and breaks are
no part of it. [One agent's day](agent-day.md) shows the spans. By group, the work is that of the group's own agents:
where they began what another group finished, it is theirs, while the contact counts as handled by the other group.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio, agent_cells, agent_cube
from sim.kpis.dimensions import BY_HANDLED
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

AHT = Kpi(
    "aht",
    "AHT",
    "s",
    "lower",
    "Average handling time: mean talk + hold + stay + after-call work of the handled contacts. Time in which"
    " interrupted work lies aside is no handling time.",
    BY_HANDLED,
)
TALK = Kpi(
    "talk_time",
    "Talk",
    "s",
    None,
    "Mean talk time of the handled contacts, without hold and interruptions.",
    BY_HANDLED,
)
HOLD = Kpi("hold_time", "Hold", "s", "lower", "Mean time on hold of the handled contacts.", BY_HANDLED)
WRAP = Kpi(
    "wrap_time",
    "After-call work",
    "s",
    "lower",
    "Mean after-call work of the handled contacts.",
    BY_HANDLED,
)
STAY = Kpi(
    "stay_time",
    "Stay",
    "s",
    None,
    "Mean time that agents stay on with the customers of handled contacts, for a warm transfer or a conference, up to"
    " the end of the run.",
    BY_HANDLED,
)
INTERRUPTED = Kpi(
    "interrupted_time",
    "Interrupted",
    "s",
    "lower",
    "Mean time that handled contacts lay aside within their service, interrupted by more urgent ones.",
    BY_HANDLED,
)

KPIS = (AHT, TALK, HOLD, WRAP, STAY, INTERRUPTED)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Average the parts of the handling time."""
    contacts = completed.contacts
    if completed.tables.work_of_others.any():
        yield from _work_of_others(completed)
    for kpi, seconds in (
        (AHT, contacts.talk + contacts.hold + contacts.stay + contacts.wrap),
        (TALK, contacts.talk),
        (HOLD, contacts.hold),
        (WRAP, contacts.wrap),
        (STAY, contacts.stay),
        (INTERRUPTED, contacts.interrupted),
    ):
        yield contacts.cube.ratio(kpi, seconds, contacts.handled)


def _work_of_others(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Move work from the group that finished a contact to those whose agents did it."""
    plan = completed.plan
    cube = agent_cube(plan).only(("group", "group_interval", "group_day"))
    moved = agent_cells(plan, completed.tables.work_of_others)
    for kpi in (AHT, TALK):
        yield cube.ratio(kpi, moved, np.zeros(len(moved)))
