"""Callbacks: customers who hang up, keep their place in the queue, and are called at their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.dimensions import BY_QUEUE, Cut
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio

__all__ = ["KPIS", "measure"]

CUTS: tuple[Cut, ...] = ("all", "interval", *BY_QUEUE)

OFFERED = Kpi(
    "callbacks_offered",
    "Callbacks offered",
    "contacts",
    None,
    "Contacts that came into the queue when the announced wait was long enough for a callback.",
    CUTS,
)
ACCEPTED = Kpi(
    "callbacks_accepted", "Callbacks accepted", "contacts", None, "Contacts that waited in virtual hold.", CUTS
)
REACHED = Kpi(
    "callbacks_reached", "Callbacks reached", "contacts", None, "Accepted callbacks that the customer answered.", CUTS
)
ACCEPTANCE = Kpi(
    "callback_acceptance", "Callback acceptance", "share", None, "Callbacks accepted / callbacks offered.", CUTS
)
REACH = Kpi(
    "callback_reach",
    "Callback reach",
    "share",
    "higher",
    "Callbacks reached / callbacks that were tried, that is reached or failed.",
    CUTS,
)
WAIT = Kpi("callback_wait", "Wait for a callback", "s", "lower", "Mean time until the callbacks that were tried.", CUTS)

KPIS = (OFFERED, ACCEPTED, REACHED, ACCEPTANCE, REACH, WAIT)


def measure(view: View) -> Iterator[Ratio]:
    """Follow those who were offered a callback."""
    them = view.contacts
    reached = them.callback & them.answered
    tried = reached | (them.callback & them.failed)
    yield them.cells.ratio(OFFERED, them.offered_callback)
    yield them.cells.ratio(ACCEPTED, them.callback)
    yield them.cells.ratio(REACHED, reached)
    yield them.cells.ratio(ACCEPTANCE, them.callback, them.offered_callback)
    yield them.cells.ratio(REACH, reached, tried)
    yield them.cells.ratio(WAIT, np.where(tried, them.waited, 0.0), tried)
