"""Comparison of simulated KPIs with a baseline: exact, because they are deterministic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loadtests.verdict.model import Check, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtests.verdict.baseline import Place

__all__ = ["LISTED", "check_same"]

LISTED = 20  # differing rows that a regression lists
ROUNDING = 1e-12  # relative; all else is exact


def check_same(found: Mapping[Place, float | None], kept: Mapping[Place, float | None]) -> Check:
    """Compare simulated KPIs with the baseline: they are deterministic, so any difference is one of the model."""
    differing = [place for place in kept if place not in found or _differ(found[place], kept[place])]
    new = len(found.keys() - kept.keys())
    if not differing:
        message = f"all {len(kept)} values are those of the baseline" + (f"; {new} are new" if new else "")
    else:
        lines = [f"{_named(place)}: {_shown(found, place)}, was {kept[place]!r}" for place in differing[:LISTED]]
        more = f"\nand {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        message = f"{len(differing)} of {len(kept)} values differ from the baseline:\n" + "\n".join(lines) + more
    return Check(Stage.BASELINE, "simulated KPIs", not differing, len(differing), 0, message)


def _differ(found: float | None, kept: float | None) -> bool:
    """Tell whether two values differ by more than the order in which another processor adds numbers."""
    if found is None or kept is None:
        return found is not kept
    return not math.isclose(found, kept, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _named(place: Place) -> str:
    """Return the words of a row."""
    kpi, by, key, interval = place
    return " ".join(
        part
        for part in (kpi, f"by {by}" if by != "all" else "", key, "" if interval is None else f"#{interval}")
        if part
    )


def _shown(found: Mapping[Place, float | None], place: Place) -> str:
    """Return a value that was found, in full."""
    return repr(found[place]) if place in found else "missing"
