"""Whether a contact settles the matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.cuts import BY_HANDLED
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.view import View

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


def measure(view: View) -> Iterator[Part]:
    """Look at what followed the handled contacts."""
    them, ever = view.contacts, view.ever
    rows = np.flatnonzero(ever.handled)
    who = ever.journey[rows]
    begins = np.zeros_like(ever.handled)
    begins[rows[np.r_[True, who[1:] != who[:-1]][: len(rows)]]] = True
    first = begins[view.counted]
    yield from them.table.ratio(FCR, first & ~them.followed, first)
    yield from them.table.ratio(REPEATS, them.handled & them.followed, them.handled)
