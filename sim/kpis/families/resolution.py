"""Whether a contact settles the matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kpis.dimensions import BY_HANDLED
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio

__all__ = ["KPIS", "measure"]

FCR = Kpi(
    "fcr",
    "FCR",
    "share",
    "higher",
    "First contact resolution: first handled contacts of journeys that no further contact of the journey followed"
    " within the repeat window (a transfer is a further contact; what comes after the run is not seen)"
    " / first handled contacts of journeys.",
    BY_HANDLED,
)
REPEATS = Kpi(
    "repeat_rate",
    "Repeat rate",
    "share",
    "lower",
    "Handled contacts that a further contact of the journey followed within the repeat window / handled contacts.",
    BY_HANDLED,
)

KPIS = (FCR, REPEATS)


def measure(view: View) -> Iterator[Ratio]:
    """Look at what followed the handled contacts."""
    them = view.contacts
    yield them.cells.ratio(FCR, them.first_handled & ~them.followed, them.first_handled)
    yield them.cells.ratio(REPEATS, them.handled & them.followed, them.handled)
