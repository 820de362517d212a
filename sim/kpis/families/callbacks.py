"""Callbacks (virtual hold): customers hang up, keep their place in the queue, and are called at their turn."""

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
    "Contacts to which a callback was offered, because the announced wait was long enough.",
    CUTS,
)
ACCEPTED = Kpi("callbacks_accepted", "Callbacks accepted", "contacts", None, "Contacts that accepted a callback.", CUTS)
REACHED = Kpi("callbacks_reached", "Callbacks reached", "contacts", None, "Callbacks that the customer answered.", CUTS)
ACCEPTANCE = Kpi(
    "callback_acceptance", "Callback acceptance", "share", None, "Callbacks accepted / callbacks offered.", CUTS
)
REACH = Kpi(
    "callback_reach",
    "Callback reach",
    "share",
    "higher",
    "Callbacks reached / callbacks attempted (reached or failed).",
    CUTS,
)
WAIT = Kpi(
    "callback_wait",
    "Wait for a callback",
    "s",
    "lower",
    "Mean time from entering the queue to the callback attempt.",
    CUTS,
)

KPIS = (OFFERED, ACCEPTED, REACHED, ACCEPTANCE, REACH, WAIT)


def measure(view: View) -> Iterator[Ratio]:
    """Count the callbacks that were offered, accepted and reached."""
    them = view.contacts
    reached = them.callback & them.answered
    tried = reached | (them.callback & them.failed)
    yield them.cells.ratio(OFFERED, them.offered_callback)
    yield them.cells.ratio(ACCEPTED, them.callback)
    yield them.cells.ratio(REACHED, reached)
    yield them.cells.ratio(ACCEPTANCE, them.callback, them.offered_callback)
    yield them.cells.ratio(REACH, reached, tried)
    yield them.cells.ratio(WAIT, np.where(tried, them.waited, 0.0), tried)
