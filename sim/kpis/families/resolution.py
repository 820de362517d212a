"""First contact resolution and repeat contacts."""

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
    "First contact resolution: first handled contacts of journeys without a further contact of the journey within the"
    " repeat window / first handled contacts of journeys. A transfer is a further contact; contacts after the end of"
    " the run are unknown.",
    BY_HANDLED,
)
REPEATS = Kpi(
    "repeat_rate",
    "Repeat rate",
    "share",
    "lower",
    "Handled contacts with a further contact of the journey within the repeat window / handled contacts.",
    BY_HANDLED,
)

KPIS = (FCR, REPEATS)


def measure(view: View) -> Iterator[Ratio]:
    """Count the handled contacts that a further contact followed."""
    them = view.contacts
    yield them.cells.ratio(FCR, them.first_handled & ~them.followed, them.first_handled)
    yield them.cells.ratio(REPEATS, them.handled & them.followed, them.handled)
