"""How much came, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kpis.cuts import BY_HANDLED
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.view import View

__all__ = ["KPIS", "measure"]

OFFERED = Kpi(
    "offered", "Offered", "contacts", None, "Contacts that came to a queue within the reporting intervals, open or not."
)
ANSWERED = Kpi("answered", "Answered", "contacts", None, "Contacts that an agent began to serve.", BY_HANDLED)
HANDLED = Kpi("handled", "Handled", "contacts", None, "Contacts that an agent finished with.", BY_HANDLED)
ABANDONED = Kpi("abandoned", "Abandoned", "contacts", "lower", "Contacts whose customer gave up waiting.")
SHORT = Kpi(
    "short_abandoned",
    "Abandoned at once",
    "contacts",
    None,
    "Abandoned contacts that waited less than the queue's short-abandon limit; no rate counts them.",
)
CLOSED = Kpi("closed", "Found closed", "contacts", "lower", "Contacts that came while the queue was closed.")
INSIDE = Kpi(
    "inside", "Still inside", "contacts", "lower", "Contacts that still waited or were in service when the run ended."
)
RATE = Kpi(
    "abandonment",
    "Abandonment rate",
    "share",
    "lower",
    "Abandoned / offered; contacts that found the queue closed and short abandonments are left out of both.",
)

KPIS = (OFFERED, ANSWERED, HANDLED, ABANDONED, SHORT, CLOSED, INSIDE, RATE)


def measure(view: View) -> Iterator[Part]:
    """Count contacts by what became of them."""
    them = view.contacts
    for kpi, which in (
        (OFFERED, them.queue >= 0),
        (ANSWERED, them.answered),
        (HANDLED, them.handled),
        (ABANDONED, them.abandoned),
        (SHORT, them.short),
        (CLOSED, them.closed),
        (INSIDE, them.inside),
    ):
        yield from them.table.ratio(kpi, which)
    yield from them.table.ratio(RATE, them.abandoned & ~them.short, ~them.closed & ~them.short)
