"""First contact resolution and repeat contacts.

The first of two contacts must have come within the reporting intervals, the further one may come after them.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_HANDLED
from sim.kpis.model import Kpi

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


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Count the handled contacts that a further contact followed."""
    contacts = completed.contacts
    yield contacts.cube.ratio(FCR, contacts.first_handled & ~contacts.followed, contacts.first_handled)
    yield contacts.cube.ratio(REPEATS, contacts.handled & contacts.followed, contacts.handled)
