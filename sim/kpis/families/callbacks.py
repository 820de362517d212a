"""Callbacks (virtual hold): customers hang up, keep their place in the queue, and are called at their turn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_QUEUE, Dimension
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

BY: tuple[Dimension, ...] = ("all", "interval", *BY_QUEUE)

OFFERED = Kpi(
    "callbacks_offered",
    "Callbacks offered",
    "contacts",
    None,
    "Contacts to which a callback was offered, because the announced wait and the queue were long enough.",
    BY,
)
ACCEPTED = Kpi("callbacks_accepted", "Callbacks accepted", "contacts", None, "Contacts that accepted a callback.", BY)
REACHED = Kpi("callbacks_reached", "Callbacks reached", "contacts", None, "Callbacks that the customer answered.", BY)
ACCEPTANCE = Kpi(
    "callback_acceptance", "Callback acceptance", "share", None, "Callbacks accepted / callbacks offered.", BY
)
REACH = Kpi(
    "callback_reach",
    "Callback reach",
    "share",
    "higher",
    "Callbacks reached / callbacks attempted (reached or failed).",
    BY,
)
WAIT = Kpi(
    "callback_wait",
    "Wait for a callback",
    "s",
    "lower",
    "Mean time from entering the queue to the callback attempt.",
    BY,
)

KPIS = (OFFERED, ACCEPTED, REACHED, ACCEPTANCE, REACH, WAIT)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Count the callbacks that were offered, accepted and reached."""
    contacts = completed.contacts
    reached = contacts.callback & contacts.answered
    tried = reached | (contacts.callback & contacts.failed)
    yield contacts.cube.ratio(OFFERED, contacts.offered_callback)
    yield contacts.cube.ratio(ACCEPTED, contacts.callback)
    yield contacts.cube.ratio(REACHED, reached)
    yield contacts.cube.ratio(ACCEPTANCE, contacts.callback, contacts.offered_callback)
    yield contacts.cube.ratio(REACH, reached, tried)
    yield contacts.cube.ratio(WAIT, np.where(tried, contacts.waited, 0.0), tried)
